using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TinyGpt.Extensions.AI.Diagnostics;

/// <summary>
/// What the client measures. Names, units, tags and bucket borders are those of the OpenTelemetry semantic conventions for generative AI;
/// what these have no name for begins with "tinygpt." Thread-safe.
/// </summary>
internal sealed class ChatMetrics : IDisposable
{
    private static readonly double[] SecondsOfCalls =
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    private static readonly double[] SecondsToFirstTokens =
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly int[] TokenCounts =
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    private readonly Meter? _ownMeter;
    private readonly TagList _tags;
    private readonly Histogram<int> _tokenUsage;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly UpDownCounter<int> _queueLength;
    private readonly UpDownCounter<int> _usedPages;

    /// <summary>Makes the instruments; with a factory the meter is the factory's, else its own.</summary>
    public ChatMetrics(IMeterFactory? factory, string modelId)
    {
        string version = typeof(ChatMetrics).Assembly.GetName().Version?.ToString(3) ?? "";
        MeterOptions options = new(TinyGptChatClient.MeterName) { Version = version };
        Meter meter = factory?.Create(options) ?? (_ownMeter = new Meter(options));
        _tags = new TagList
        {
            { "gen_ai.operation.name", "chat" },
            { "gen_ai.provider.name", TinyGptChatClient.ProviderName },
            { "gen_ai.request.model", modelId },
            { "gen_ai.response.model", modelId },
        };
        _tokenUsage = meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Tokens read and generated for an answer.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = TokenCounts });
        _duration = meter.CreateHistogram(
            "gen_ai.client.operation.duration", "s", "Time from the call to the end of its answer.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = SecondsOfCalls });
        _timeToFirstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "Time from the call to its first token, waiting included.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = SecondsToFirstTokens });
        _queueLength = meter.CreateUpDownCounter<int>("tinygpt.queue.length", "{request}", "Calls that wait for a sequence and pages.");
        _usedPages = meter.CreateUpDownCounter<int>("tinygpt.kv.pages.used", "{page}", "Pages of the KV arena that answers under way hold.");
    }

    public void Finished(TimeSpan duration, int inputTokens, int outputTokens)
    {
        _duration.Record(duration.TotalSeconds, _tags);
        _tokenUsage.Record(inputTokens, With("gen_ai.token.type", "input"));
        _tokenUsage.Record(outputTokens, With("gen_ai.token.type", "output"));
    }

    public void Failed(TimeSpan duration, Type error) => _duration.Record(duration.TotalSeconds, With("error.type", error.FullName));

    public void FirstToken(TimeSpan time) => _timeToFirstToken.Record(time.TotalSeconds, _tags);

    public void QueueChanged(int difference) => _queueLength.Add(difference, _tags);

    public void PagesChanged(int difference) => _usedPages.Add(difference, _tags);

    public void Dispose() => _ownMeter?.Dispose();

    private TagList With(string name, string? value)
    {
        TagList tags = _tags;
        tags.Add(name, value);
        return tags;
    }
}
