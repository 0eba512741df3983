using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// Counts what the whole process allocates, on all threads. The test runner's own threads allocate now and then, so one of several
/// windows must show nothing at all: decoding that allocated would do so in each. (The command line's tests count a separate process.)
/// </summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int WarmUpTokens = 100;
    private const int WindowTokens = 256;
    private const int MostWindows = 8;

    [Theory]
    [InlineData(1, 1, false, 0, KvPrecision.Float32)]
    [InlineData(2, 1, true, 0, KvPrecision.Float32)]
    [InlineData(2, 32, true, 0, KvPrecision.Float32)]
    [InlineData(2, 3, true, 0, KvPrecision.Int8)]
    [InlineData(1, 1, false, 8, KvPrecision.Float32)]
    [InlineData(2, 4, true, 16, KvPrecision.Int8)]
    public void Decoding_256_tokens_allocates_nothing_on_any_thread(
        int threads, int sequences, bool sampled, int lookup, KvPrecision precision)
    {
        using GptModel model = TestModels.Random(TestModels.Even with { ContextLength = WarmUpTokens + (MostWindows * WindowTokens) });
        GptEngineOptions options = new()
        {
            Threads = threads,
            MaxSequences = sequences,
            MaxLookupTokens = lookup,
            KvPrecision = precision,
        };
        CountAllocations(model, options, sampled);
    }

    [Fact]
    public void Decoding_256_tokens_with_4_bit_weights_allocates_nothing()
    {
        ModelConfig config = TestModels.Even with { ContextLength = WarmUpTokens + (MostWindows * WindowTokens) };
        using GptModel model = TestModels.Random(config, precision: WeightPrecision.Int4);
        CountAllocations(model, new GptEngineOptions { Threads = 2, MaxSequences = 3 }, sampled: true);
    }

    [Theory]
    [InlineData("gpt1")]
    [InlineData("gpt-neo")]
    [InlineData("gpt-neox")]
    [InlineData("qwen3")]
    public void Decoding_256_tokens_of_another_architecture_allocates_nothing(string shape)
    {
        ModelConfig config = TestModels.Family[shape] with { ContextLength = WarmUpTokens + (MostWindows * WindowTokens), EndOfTextToken = 0 };
        using GptModel model = TestModels.Random(config);
        CountAllocations(model, new GptEngineOptions { Threads = 2, MaxSequences = 3 }, sampled: true);
    }

    private static void CountAllocations(GptModel model, GptEngineOptions options, bool sampled)
    {
        (int sequences, int lookup) = (options.MaxSequences, options.MaxLookupTokens);
        int windowPasses = Math.Max(WindowTokens / 4, WindowTokens / sequences); // short: the runner allocates every few seconds
        using GptEngine engine = new(model, options);
        SessionOptions answer = new() { MaxNewTokens = int.MaxValue, LookupTokens = lookup, ContextPolicy = ContextPolicy.SlidingWindow };
        byte[] buffer = new byte[64];
        SamplingOptions sampling = new()
        {
            Temperature = sampled ? 1 : 0,
            TopP = 0.9f,
            RepetitionPenalty = 1.1f,
            LogitBias = new Dictionary<int, float> { [model.Config.EndOfTextToken!.Value] = float.NegativeInfinity },
        };
        List<GptSession> sessions = [];
        for (int i = 0; i < sequences; i++)
        {
            GptSession session = engine.CreateSession(sampling with { Seed = (ulong)i }, answer);
            session.Append([1 + i]);
            sessions.Add(session);
        }

        for (int warmUp = 0; warmUp < WarmUpTokens; warmUp++)
        {
            Decode(engine, sessions, buffer);
        }

        long allocated = long.MaxValue;
        int windows = 0;
        while (allocated != 0 && windows < MostWindows)
        {
            int collections = GC.CollectionCount(0);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int pass = 0; pass < windowPasses; pass++)
            {
                Decode(engine, sessions, buffer);
            }

            allocated = GC.GetTotalAllocatedBytes(precise: true) - before + GC.CollectionCount(0) - collections;
            windows++;
        }

        Assert.Equal(0, allocated);
        int passes = WarmUpTokens + (windows * windowPasses);
        Assert.All(sessions, session => Assert.InRange(session.GeneratedTokens, passes, passes * (1 + lookup)));
    }

    private static void Decode(GptEngine engine, List<GptSession> sessions, byte[] buffer)
    {
        engine.Step(StepBudget.OnePass);
        foreach (GptSession session in sessions)
        {
            session.TryRead(buffer, out _);
        }
    }
}
