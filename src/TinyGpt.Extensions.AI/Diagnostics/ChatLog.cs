using Microsoft.Extensions.Logging;

namespace TinyGpt.Extensions.AI.Diagnostics;

/// <summary>What the client logs. Never what users or the model say.</summary>
internal static partial class ChatLog
{
    [LoggerMessage(1, LogLevel.Information, "Chat client for {ModelId} started: {Sequences} sequences, {KvPages} KV pages, {Threads} threads.")]
    public static partial void ClientStarted(ILogger logger, string modelId, int sequences, int kvPages, int threads);

    [LoggerMessage(2, LogLevel.Debug, "Answer started: {InputTokens} prompt tokens after {WaitedMilliseconds:F1} ms.")]
    public static partial void AnswerStarted(ILogger logger, int inputTokens, double waitedMilliseconds);

    [LoggerMessage(3, LogLevel.Debug, "Answer finished ({Finish}): {InputTokens} prompt tokens, {OutputTokens} generated, {Milliseconds:F1} ms.")]
    public static partial void AnswerFinished(ILogger logger, FinishReason finish, int inputTokens, int outputTokens, double milliseconds);

    [LoggerMessage(4, LogLevel.Debug, "Answer given up by its caller after {Milliseconds:F1} ms.")]
    public static partial void AnswerAbandoned(ILogger logger, double milliseconds);

    [LoggerMessage(5, LogLevel.Warning, "A call failed after {Milliseconds:F1} ms.")]
    public static partial void CallFailed(ILogger logger, double milliseconds, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "The engine failed; the client answers no more.")]
    public static partial void EngineFailed(ILogger logger, Exception exception);
}
