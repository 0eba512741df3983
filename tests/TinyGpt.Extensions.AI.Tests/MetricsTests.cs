using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>What a listener hears of a client's answers.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly GptModel _model = DialogueModels.Bytes();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_listener_hears_of_tokens_times_the_queue_and_pages()
    {
        await using ServiceProvider provider = new ServiceCollection()
            .AddMetrics()
            .AddTinyGptChatClient(options =>
            {
                options.Model = _model;
                options.ModelId = "measured";
                options.Engine = new GptEngineOptions { MaxSequences = 1 };
            })
            .BuildServiceProvider();
        IMeterFactory factory = provider.GetRequiredService<IMeterFactory>();
        using Recording recording = new(meter => ReferenceEquals(meter.Scope, factory));
        IChatClient client = provider.GetRequiredService<IChatClient>();
        ChatResponse[] responses = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(seed => client.GetResponseAsync("hello", ChatModels.Wild(seed, 9))));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetResponseAsync("hello", new ChatOptions { TopP = 2 }));

        long input = responses.Sum(response => response.Usage!.InputTokenCount!.Value);
        Assert.Equal(input, recording.Sum("gen_ai.client.token.usage", "gen_ai.token.type", "input"));
        long output = responses.Sum(response => response.Usage!.OutputTokenCount!.Value);
        Assert.Equal(output, recording.Sum("gen_ai.client.token.usage", "gen_ai.token.type", "output"));
        Recording.Measurement[] durations = recording.Of("gen_ai.client.operation.duration");
        Assert.Equal(4, durations.Length);
        Recording.Measurement failed = Assert.Single(durations, duration => duration.Tags.ContainsKey("error.type"));
        Assert.Equal("System.ArgumentOutOfRangeException", failed.Tags["error.type"]);
        Assert.Equal(3, recording.Of("gen_ai.server.time_to_first_token").Length);
        Assert.All(recording.Of("gen_ai.server.time_to_first_token"), time => Assert.InRange(time.Value, 0, 600));
        Assert.Equal(0, recording.Sum("tinygpt.queue.length"));
        Assert.Equal(3, recording.Of("tinygpt.queue.length").Count(change => change.Value == 1));
        Assert.Equal(0, recording.Sum("tinygpt.kv.pages.used"));
        Assert.Contains(recording.Of("tinygpt.kv.pages.used"), change => change.Value > 0);
        Assert.All(recording.All, measurement =>
        {
            Assert.Equal("chat", measurement.Tags["gen_ai.operation.name"]);
            Assert.Equal("tinygpt", measurement.Tags["gen_ai.provider.name"]);
            Assert.Equal("measured", measurement.Tags["gen_ai.request.model"]);
        });
        Assert.Equal(
            ["gen_ai.client.operation.duration s", "gen_ai.client.token.usage {token}", "gen_ai.server.time_to_first_token s",
                "tinygpt.kv.pages.used {page}", "tinygpt.queue.length {request}"],
            recording.Instruments.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_goes_while_waiting_leaves_the_queue_and_disposal_empties_it_and_the_arena()
    {
        using TestLogger logger = new();
        ServiceProvider provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using (provider)
        {
            IMeterFactory factory = provider.GetRequiredService<IMeterFactory>();
            using Recording recording = new(meter => ReferenceEquals(meter.Scope, factory));
            TinyGptChatClientOptions options = new() { Model = _model, Engine = new GptEngineOptions { MaxSequences = 1 } };
            TinyGptChatClient client = new(options, logger, factory);
            logger.HoldStarts();
            Task<ChatResponse> underway = client.GetResponseAsync("first", ChatModels.Wild(1, 400));
            using CancellationTokenSource cancellation = new();
            Task<ChatResponse> gone = client.GetResponseAsync("second", ChatModels.Wild(1), cancellation.Token);
            Task<ChatResponse> waiting = client.GetResponseAsync("third", ChatModels.Wild(1));
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
            Assert.InRange(recording.Sum("tinygpt.queue.length"), 1, 2); // the first may not have been taken out yet
            logger.LetGo();
            client.Dispose();
            foreach (Task<ChatResponse> failed in new[] { underway, waiting })
            {
                // On a fast machine an answer can be ready before the disposal.
                await ((Task)failed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                Assert.True(failed.IsCompletedSuccessfully || failed.Exception!.InnerException is ObjectDisposedException);
            }

            Assert.Equal(0, recording.Sum("tinygpt.queue.length"));
            Assert.Equal(0, recording.Sum("tinygpt.kv.pages.used"));
            Assert.Contains(
                recording.Of("gen_ai.client.operation.duration"),
                duration => Equals(duration.Tags.GetValueOrDefault("error.type"), "System.OperationCanceledException"));
        }
    }

    /// <summary>Listens to the meters of one factory.</summary>
    private sealed class Recording : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<Measurement> _measurements = [];
        private readonly ConcurrentQueue<string> _instruments = [];

        public Recording(Func<Meter, bool> listensTo)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TinyGptChatClient.MeterName && listensTo(instrument.Meter))
                {
                    _instruments.Enqueue($"{instrument.Name} {instrument.Unit}");
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public IEnumerable<Measurement> All => _measurements;

        public IEnumerable<string> Instruments => _instruments;

        public Measurement[] Of(string name) => [.. _measurements.Where(measurement => measurement.Name == name)];

        public double Sum(string name) => Of(name).Sum(measurement => measurement.Value);

        public double Sum(string name, string tag, string value) =>
            Of(name).Where(measurement => Equals(measurement.Tags[tag], value)).Sum(measurement => measurement.Value);

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _measurements.Enqueue(new Measurement(instrument.Name, value, new Dictionary<string, object?>([.. tags])));

        internal sealed record Measurement(string Name, double Value, Dictionary<string, object?> Tags);
    }
}
