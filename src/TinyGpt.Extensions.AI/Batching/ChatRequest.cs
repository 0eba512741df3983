using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using TinyGpt.Extensions.AI.Tools;

namespace TinyGpt.Extensions.AI.Batching;

/// <summary>
/// One answer that a caller waits for. The caller makes it and reads <see cref="Contents"/>; everything else is the batch's thread's until the
/// contents have ended.
/// </summary>
/// <param name="Prompt">The tokens to continue.</param>
/// <param name="Sampling">How tokens are chosen.</param>
/// <param name="Options">How the session answers.</param>
/// <param name="Pages">The maximum number of pages of the KV arena that it holds.</param>
/// <param name="Started">The time of the call, of <see cref="Stopwatch"/>.</param>
internal sealed record ChatRequest(int[] Prompt, SamplingOptions Sampling, SessionOptions Options, int Pages, long Started)
{
    private readonly Channel<AIContent> _contents = Channel.CreateUnbounded<AIContent>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private volatile bool _isAbandoned;

    /// <summary>The answer in parts. Ends with the error, where there is one.</summary>
    public ChannelReader<AIContent> Contents => _contents.Reader;

    /// <summary>What makes thoughts, text and calls of the answer; null where all of it is text.</summary>
    public TemplateAnswer? Answer { get; init; }

    /// <summary>What ended the request if no answer did.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Why the answer ended.</summary>
    public FinishReason Finish { get; private set; }

    /// <summary>Tokens that were generated.</summary>
    public int OutputTokens { get; private set; }

    /// <summary>Since the call.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Started);

    /// <summary>Whether the caller has gone. Set by the caller, once.</summary>
    public bool IsAbandoned
    {
        get => _isAbandoned;
        set => _isAbandoned = value;
    }

    /// <summary>The session that answers, while there is one.</summary>
    public GptSession? Session { get; set; }

    /// <summary>Whether the first token is there.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Takes text of the session.</summary>
    public void Write(string text)
    {
        if (Answer is null)
        {
            _contents.Writer.TryWrite(new TextContent(text));
            return;
        }

        Write(Answer.Read(text));
    }

    public void Write(IEnumerable<AIContent> contents)
    {
        foreach (AIContent content in contents)
        {
            _contents.Writer.TryWrite(content);
        }
    }

    /// <summary>Goes on where the session has ended a part of the answer.</summary>
    /// <returns>Whether the session continues.</returns>
    public bool Continue(GptSession session)
    {
        if (Answer is null)
        {
            return false;
        }

        int generated = session.GeneratedTokens;
        List<AIContent> contents = [];
        bool goesOn = Answer.Continue(session, contents);
        Write(contents);
        OutputTokens += goesOn ? generated : 0;
        return goesOn;
    }

    /// <summary>Ends the answer as the session did.</summary>
    public void Complete(FinishReason finish, int outputTokens)
    {
        Finish = finish;
        OutputTokens += outputTokens;
        _contents.Writer.TryComplete();
    }

    /// <summary>Ends the request without an answer.</summary>
    public void Fail(Exception error)
    {
        Error = error;
        _contents.Writer.TryComplete(error);
    }
}
