using TinyGpt.Import;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>Runs alone: it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, true)]
    [InlineData(2, 32, true)]
    public void Decoding_256_tokens_allocates_nothing_on_any_thread(int threads, int sequences, bool sampled)
    {
        using GptModel model = TestModels.Random(TestModels.Even with { ContextLength = 400 });
        CountAllocations(model, threads, sequences, sampled, tokens: 256);
    }

    [Fact]
    public void Gpt2_of_124_million_parameters_decodes_256_tokens_without_an_allocation_or_a_collection()
    {
        using GptModel model = TestModels.Random(SyntheticModel.ConfigOf("gpt2-124m"));
        CountAllocations(model, threads: 2, sequences: 1, sampled: false, tokens: 256);
    }

    private static void CountAllocations(GptModel model, int threads, int sequences, bool sampled, int tokens)
    {
        using GptEngine engine = new(model, new GptEngineOptions { Threads = threads, MaxSequences = sequences });
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
            GptSession session = engine.CreateSession(sampling with { Seed = (ulong)i }, new SessionOptions { MaxNewTokens = tokens + 60 });
            session.Append([1 + i, 2, 3]);
            sessions.Add(session);
        }

        for (int warmUp = 0; warmUp < 50; warmUp++)
        {
            Decode(engine, sessions, buffer);
        }

        int collections = GC.CollectionCount(0);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int token = 0; token < tokens; token++)
        {
            Decode(engine, sessions, buffer);
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(0, allocated);
        Assert.Equal(0, GC.CollectionCount(0) - collections);
        Assert.All(sessions, session => Assert.Equal(tokens + 50, session.GeneratedTokens));
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
