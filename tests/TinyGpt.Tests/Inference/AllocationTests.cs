using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// Counts what the whole process allocates, on all threads. The test runner's own threads allocate now and then, so one of several
/// windows must show nothing at all: decoding that allocated would do so in each. (The command line's tests count a process of its own.)
/// </summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int WarmUpTokens = 100;
    private const int WindowTokens = 256;
    private const int MostWindows = 8;

    [Theory]
    [InlineData(1, 1, false, KvPrecision.Float32)]
    [InlineData(2, 1, true, KvPrecision.Float32)]
    [InlineData(2, 32, true, KvPrecision.Float32)]
    [InlineData(2, 3, true, KvPrecision.Int8)]
    public void Decoding_256_tokens_allocates_nothing_on_any_thread(int threads, int sequences, bool sampled, KvPrecision precision)
    {
        using GptModel model = TestModels.Random(TestModels.Even with { ContextLength = WarmUpTokens + (MostWindows * WindowTokens) });
        CountAllocations(model, threads, sequences, sampled, precision);
    }

    private static void CountAllocations(GptModel model, int threads, int sequences, bool sampled, KvPrecision precision)
    {
        GptEngineOptions options = new() { Threads = threads, MaxSequences = sequences, KvPrecision = precision };
        using GptEngine engine = new(model, options);
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
            GptSession session = engine.CreateSession(sampling with { Seed = (ulong)i }, new SessionOptions { MaxNewTokens = int.MaxValue });
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
            for (int token = 0; token < WindowTokens; token++)
            {
                Decode(engine, sessions, buffer);
            }

            allocated = GC.GetTotalAllocatedBytes(precise: true) - before + GC.CollectionCount(0) - collections;
            windows++;
        }

        Assert.Equal(0, allocated);
        Assert.All(sessions, session => Assert.Equal(WarmUpTokens + (windows * WindowTokens), session.GeneratedTokens));
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
