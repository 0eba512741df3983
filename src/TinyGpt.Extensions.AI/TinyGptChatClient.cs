using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TinyGpt.Extensions.AI.Batching;
using TinyGpt.Extensions.AI.Configuration;
using TinyGpt.Extensions.AI.Diagnostics;

namespace TinyGpt.Extensions.AI;

/// <summary>
/// A model of this runtime as an <see cref="IChatClient"/>. One thread of the client steps one engine for all callers. So
/// concurrent answers are computed together, in the same forward passes. Callers in excess of the engine's sequences wait in
/// the order of their calls. An answer depends only on its own request: it has the same bits alone and among others.
/// Thread-safe. It allocates, for each request and each part of a text; a game that must not allocate uses <see cref="GptSession"/> itself, or the
/// stage of TinyGpt.Dialogue.
/// </summary>
/// <remarks>
/// <para>
/// Of <see cref="ChatOptions"/> it follows <c>Temperature</c> (0 … 100, 0 for greedy), <c>TopK</c> (0 or more, 0 for all), <c>TopP</c> (above
/// 0 and at most 1), <c>FrequencyPenalty</c> and <c>PresencePenalty</c> (-100 … 100, over all tokens of the prompt and the answer),
/// <c>Seed</c>, <c>StopSequences</c>, <c>MaxOutputTokens</c> (1 or more), <c>Instructions</c> (a system message before the others) and
/// <c>ResponseFormat</c>, <c>Tools</c>, <c>ToolMode</c> and <c>AllowMultipleToolCalls</c>, and <c>enable_thinking</c> (a truth value) and
/// <c>thinking_budget</c> (tokens, an integer) among the additional properties. A conversation's id, another model's id, and tools beside a
/// response format in JSON are refused with <see cref="UnsupportedChatOptionException"/>; the rest is ignored. Messages may hold text, calls and results.
/// </para>
/// <para>
/// A function's name and arguments are constrained: the arguments always keep the function's JSON schema. In the mode auto the answer is free
/// until the model begins a call in the form of its template; required and a function by name begin with the call. Arguments
/// end in time for <c>MaxOutputTokens</c> where that is enough for the shortest ones. Otherwise the call is left out, and the answer's end says
/// <see cref="ChatFinishReason.Length"/>. Thoughts of models that think come as
/// <see cref="TextReasoningContent"/>.
/// </para>
/// <para>
/// A response format with a JSON schema keeps the answer to the schema, token by token. Schemas of a finite number of answers are written
/// compactly; all others are kept by TinyGpt.Constraints, whose limits are those of its documentation. The finite subset: objects with <c>properties</c> (all are
/// written, in the schema's order), <c>required</c> and a boolean <c>additionalProperties</c>; arrays with <c>items</c>, <c>maxItems</c> (1 …
/// 4,096) and <c>minItems</c>; strings with <c>enum</c>, <c>const</c> or <c>maxLength</c> (1 … 4,096; one line without quotation marks and
/// backslashes); integers with <c>minimum</c> and <c>maximum</c> (up to 15 digits); booleans. What cannot be kept is refused with
/// <see cref="ResponseFormatException"/>, which names the place. JSON without a schema is an object of up to six members, with names of up to
/// 16 characters and values that are texts of up to 24 characters, integers of up to six digits or booleans; a name can be in it twice. A
/// schema is compiled when it is first met, on the thread pool; the last 64 are kept. Where a schema sets no bounds, integers are those of
/// <see cref="int"/>, and other numbers, dates, times and addresses those that .NET reads. Where tokens run out, the answer is completed in time and
/// ends with <see cref="ChatFinishReason.Length"/>; only a stop sequence of the request, the end of
/// the context, or fewer tokens than the shortest answer has, cut it.
/// </para>
/// <para>
/// White space at the start of an answer is dropped. Unread text of a stream is kept until it is read, at most
/// <c>MaxOutputTokens</c> of it.
/// </para>
/// <para>
/// The meter <see cref="MeterName"/> has <c>gen_ai.client.token.usage</c> (tokens, tagged as input or output),
/// <c>gen_ai.client.operation.duration</c> (s), <c>gen_ai.server.time_to_first_token</c> (s, waiting included), <c>tinygpt.queue.length</c>
/// (calls that wait) and <c>tinygpt.kv.pages.used</c> (pages of 64 positions). The tags are those of the OpenTelemetry conventions for
/// generative AI, <c>error.type</c> among them for calls that fail.
/// </para>
/// </remarks>
public sealed class TinyGptChatClient : IChatClient
{
    /// <summary>The name of the meter that the client's metrics belong to, for listeners and exporters.</summary>
    public const string MeterName = "TinyGpt.Extensions.AI";

    /// <summary>The provider's name in <see cref="ChatClientMetadata"/> and metrics.</summary>
    public const string ProviderName = "tinygpt";

    /// <summary>The additional property of a response, and of a stream's last part, that has the engine's <see cref="FinishReason"/>.</summary>
    public const string FinishProperty = "tinygpt.finish";

    private readonly GptModel _model;
    private readonly GptModel? _ownModel;
    private readonly GptEngineOptions _engineOptions;
    private readonly ChatClientMetadata _metadata;
    private readonly string _modelId;
    private readonly ILogger _logger;
    private readonly ChatMetrics _metrics;
    private readonly ChatRequestComposer _composer;
    private readonly ChatBatch _batch;

    /// <summary>Loads the model where it is given by its path, makes the engine with all its memory, and starts the thread.</summary>
    /// <param name="options">The model and the sizes; not null. Later changes have no effect.</param>
    /// <param name="logger">Told of the start, of answers (debug) and of failures; never what anybody says. Null for none.</param>
    /// <param name="meterFactory">Makes the meter, and owns it. Null for a meter that the client makes and disposes.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="OptionsValidationException">Options are wrong, or the model has no tokenizer; names each of them.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="ModelFormatException">The file is damaged or not supported.</exception>
    /// <exception cref="Kernels.KernelTierException">The processor has not the tier that was asked for.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public TinyGptChatClient(TinyGptChatClientOptions options, ILogger<TinyGptChatClient>? logger = null, IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        TinyGptChatClientOptionsValidator.Require(options, options.Model);
        _ownModel = options.ModelPath is { } path ? GptModel.Load(path) : null;
        _model = _ownModel ?? options.Model!;
        GptEngine? engine = null;
        try
        {
            TinyGptChatClientOptionsValidator.Require(options, _model);
            engine = new GptEngine(_model, options.Engine);
            _engineOptions = options.Engine;
            _modelId = options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath) ?? ProviderName;
            _metadata = new ChatClientMetadata(ProviderName, defaultModelId: _modelId);
            _logger = logger ?? NullLogger<TinyGptChatClient>.Instance;
            _metrics = new ChatMetrics(meterFactory, _modelId);
            _composer = new ChatRequestComposer(_model, _modelId, options, engine);
            ChatLog.ClientStarted(_logger, _modelId, engine.FreeSequences, engine.KvPages, engine.Threads);
            _batch = new ChatBatch(engine, _metrics, _logger);
        }
        catch
        {
            engine?.Dispose();
            _ownModel?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Answers messages. Allocates. Can be called from any thread and while other answers are under way; waits its turn where all sequences
    /// are in use.
    /// </summary>
    /// <param name="messages">The talk so far, the newest message last; at least one, with text only. Read at once, on the caller's thread.</param>
    /// <param name="options">See the remarks of the class; null for the client's defaults. Read before the answer begins, and not kept.</param>
    /// <param name="cancellationToken">Cancels the answer, waiting or under way. Its session is freed at the end of the forward pass.</param>
    /// <returns>
    /// One message of the assistant, why it ended (<see cref="ChatFinishReason.Stop"/> by itself or at a stop sequence,
    /// <see cref="ChatFinishReason.Length"/> for want of tokens or context), and the tokens of the prompt and of the answer. Under
    /// <see cref="FinishProperty"/> the additional properties have the engine's <see cref="FinishReason"/>, which tells want of tokens from
    /// want of context.
    /// </returns>
    /// <exception cref="ArgumentNullException">The messages are null.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed, or was while the answer was under way.</exception>
    /// <exception cref="UnsupportedChatOptionException">An option or a message's content cannot be served.</exception>
    /// <exception cref="ResponseFormatException">The response format is outside the subset.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or the format made an id that the model has not.</exception>
    /// <exception cref="ArgumentException">
    /// There are no messages, a stop sequence is empty or no valid Unicode, or the format does not know a role or made no tokens.
    /// </exception>
    /// <exception cref="TinyGpt.TokenizationException">A message cannot be written with the model's vocabulary.</exception>
    /// <exception cref="ContextOverflowException">The prompt is longer than the model's context.</exception>
    /// <exception cref="InvalidOperationException">
    /// The prompt needs more pages than the engine has, the format's function returned null, or the engine has failed.
    /// </exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatRequest request = await StartAsync(messages, options, cancellationToken).ConfigureAwait(false);
        List<AIContent> contents = [];
        StringBuilder text = new();
        StringBuilder reasoning = new();
        await foreach (AIContent part in ReadAsync(request, cancellationToken).ConfigureAwait(false))
        {
            switch (part)
            {
                case TextContent said:
                    text.Append(said.Text);
                    break;
                case TextReasoningContent thought:
                    reasoning.Append(thought.Text);
                    break;
                default:
                    contents.Add(part);
                    break;
            }
        }

        if (text.Length > 0 || contents.Count == 0)
        {
            contents.Insert(0, new TextContent(text.ToString()));
        }

        if (reasoning.Length > 0)
        {
            contents.Insert(0, new TextReasoningContent(reasoning.ToString()));
        }

        string id = NewId();
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents) { MessageId = id })
        {
            ResponseId = id,
            ModelId = _modelId,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = FinishOf(request),
            Usage = UsageOf(request),
            AdditionalProperties = PropertiesOf(request),
        };
    }

    /// <summary>
    /// Answers messages in parts, as they are generated; put together they are what <see cref="GetResponseAsync"/> gives. Allocates. Nothing
    /// happens before the parts are read. A caller that stops early disposes the enumerator, as <c>await foreach</c> does, and so cancels the
    /// answer. Can be called from any thread; one stream belongs to one reader at a time. Beside the errors that are named here, which come at
    /// the call, those of <see cref="GetResponseAsync"/> come while the parts are read.
    /// </summary>
    /// <param name="messages">The talk so far, the newest message last; at least one, with text only.</param>
    /// <param name="options">See the remarks of the class; null for the client's defaults.</param>
    /// <param name="cancellationToken">Gives the answer up.</param>
    /// <returns>Parts of the text in whole characters; the last part has no text but the reason of the end and the usage in tokens.</returns>
    /// <exception cref="ArgumentNullException">The messages are null.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    /// <exception cref="InvalidOperationException">The engine has failed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        _batch.ThrowIfClosed();
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <summary>Gives what the client consists of. Thread-safe, also once the client is disposed.</summary>
    /// <param name="serviceType">
    /// <see cref="ChatClientMetadata"/> (provider <see cref="ProviderName"/>, the model's id), <see cref="GptModel"/>,
    /// <see cref="GptEngineOptions"/>, or a type that the client itself has.
    /// </param>
    /// <param name="serviceKey">Null; there is nothing under a key.</param>
    /// <returns>The object, or null where there is none of that type. The model is not the receiver's to dispose.</returns>
    /// <exception cref="ArgumentNullException">The type is null.</exception>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(GptModel) ? _model
            : serviceType == typeof(GptEngineOptions) ? _engineOptions
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>
    /// Ends the thread, frees the engine, and the model where the client has loaded it. Answers under way and calls that wait fail with
    /// <see cref="ObjectDisposedException"/>. Returns when all is freed, in some tenths of a millisecond of computing; can be called from
    /// any thread and more than once.
    /// </summary>
    public void Dispose()
    {
        _batch.Dispose();
        _metrics.Dispose();
        _ownModel?.Dispose();
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static ChatFinishReason FinishOf(ChatRequest request) => request.Finish switch
    {
        _ when request.Answer is { Calls: > 0 } => ChatFinishReason.ToolCalls,
        _ when request.Answer is { IsCut: true } => ChatFinishReason.Length,
        FinishReason.Length or FinishReason.Shortened or FinishReason.ContextFull or FinishReason.ArenaFull => ChatFinishReason.Length,
        _ => ChatFinishReason.Stop,
    };

    private static AdditionalPropertiesDictionary PropertiesOf(ChatRequest request) => new() { [FinishProperty] = request.Finish };

    private static UsageDetails UsageOf(ChatRequest request) => new()
    {
        InputTokenCount = request.Prompt.Length,
        OutputTokenCount = request.OutputTokens,
        TotalTokenCount = request.Prompt.Length + request.OutputTokens,
    };

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ChatRequest request = await StartAsync(messages, options, cancellation).ConfigureAwait(false);
        string id = NewId();
        await foreach (AIContent part in ReadAsync(request, cancellation).ConfigureAwait(false))
        {
            yield return Update(id, part);
        }

        ChatResponseUpdate last = Update(id, new UsageContent(UsageOf(request)));
        last.FinishReason = FinishOf(request);
        last.AdditionalProperties = PropertiesOf(request);
        yield return last;
    }

    private ChatResponseUpdate Update(string id, AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _modelId,
        CreatedAt = DateTimeOffset.UtcNow,
    };

    /// <summary>Makes a request and puts it into the queue.</summary>
    private async ValueTask<ChatRequest> StartAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            _batch.ThrowIfClosed();
            ChatRequest request = await _composer.ComposeAsync(messages, options ?? new ChatOptions(), started, cancellation)
                .ConfigureAwait(false);
            _batch.Enqueue(request);
            return request;
        }
        catch (Exception exception)
        {
            Report(Stopwatch.GetElapsedTime(started), exception);
            throw;
        }
    }

    /// <summary>Reads an answer to its end. However reading ends, the request is no longer in the batch then.</summary>
    private async IAsyncEnumerable<AIContent> ReadAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        bool isWhole = false;
        try
        {
            bool hasBegun = false;
            while (await request.Contents.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                while (request.Contents.TryRead(out AIContent? content))
                {
                    if (content is TextContent text && !hasBegun)
                    {
                        text.Text = text.Text.TrimStart();
                        if (text.Text.Length == 0)
                        {
                            continue;
                        }

                        hasBegun = true;
                    }

                    yield return content;
                }
            }

            isWhole = true;
        }
        finally
        {
            if (isWhole)
            {
                ChatLog.AnswerFinished(
                    _logger, request.Finish, request.Prompt.Length, request.OutputTokens, request.Elapsed.TotalMilliseconds);
                _metrics.Finished(request.Elapsed, request.Prompt.Length, request.OutputTokens);
            }
            else
            {
                _batch.Abandon(request);
                Report(request.Elapsed, request.Error);
            }
        }
    }

    /// <summary>Notes a call without a whole answer; no error, or a cancellation, means that the caller gave it up.</summary>
    private void Report(TimeSpan elapsed, Exception? error)
    {
        if (error is null or OperationCanceledException)
        {
            ChatLog.AnswerAbandoned(_logger, elapsed.TotalMilliseconds);
        }
        else
        {
            ChatLog.CallFailed(_logger, elapsed.TotalMilliseconds, error);
        }

        _metrics.Failed(elapsed, error?.GetType() ?? typeof(OperationCanceledException));
    }
}
