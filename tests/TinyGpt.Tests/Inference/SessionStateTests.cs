using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// Whatever is done to a session, in whatever order and between whatever slices of a forward pass: it comes to an end, and chooses from
/// the logits that a fresh session with the same tokens would have.
/// </summary>
public sealed class SessionStateTests
{
    private const int NewTokens = 3;

    private static readonly ModelConfig Config = TestModels.Even with
    {
        VocabularySize = 61,
        ContextLength = 150,
        Width = 32,
        Layers = 2,
        Heads = 2,
        FeedForwardWidth = 64,
        EndOfTextToken = null,
    };

    private static readonly SessionOptions Options = new() { MaxNewTokens = NewTokens, LookupTokens = 4 };

    public static TheoryData<string> Beginnings => [.. SessionRun.Beginnings.Keys];

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void Every_pair_of_operations_at_every_slice_leaves_a_session_right(string beginning)
    {
        using GptModel model = TestModels.Random(Config);
        using LogitsOracle oracle = new(model);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 4, MaxLookupTokens = 4, MaxBatchTokens = 12 });
        oracle.Watch(engine);
        foreach (SessionOperation first in Enum.GetValues<SessionOperation>())
        {
            foreach (SessionOperation second in Enum.GetValues<SessionOperation>())
            {
                bool isUnderWay = true;
                for (int slices = 0; isUnderWay; slices++)
                {
                    using SessionRun run = new(engine, oracle, Options, $"{beginning}, {slices} slices, {first}, {second}");
                    SessionRun.Beginnings[beginning](run);
                    isUnderWay = run.Step(slices);
                    run.Do(first);
                    run.Step(slices % 3);
                    run.Do(second);
                    run.Finish();
                }
            }
        }

        Assert.InRange(oracle.Compared, 1000, int.MaxValue);
        Assert.Equal(engine.KvPages, engine.FreeKvPages);
    }

    [Theory]
    [InlineData(KvPrecision.Float32, 12, ContextPolicy.Stop)]
    [InlineData(KvPrecision.Float32, 5, ContextPolicy.SlidingWindow)]
    [InlineData(KvPrecision.Int8, 5, ContextPolicy.SlidingWindow)]
    public void A_random_walk_through_the_operations_of_several_sessions_leaves_them_right(KvPrecision precision, int pages, ContextPolicy policy)
    {
        using GptModel model = TestModels.Random(Config);
        using LogitsOracle oracle = new(model, precision);
        for (int seed = 0; seed < 40; seed++)
        {
            GptEngineOptions options = new()
            {
                MaxSequences = 4,
                KvPages = pages,
                MaxLookupTokens = 4,
                MaxBatchTokens = 24,
                PlannedContext = 140,
                KvPrecision = precision,
            };
            using GptEngine engine = new(model, options);
            oracle.Watch(engine);
            using SessionRun run = new(engine, oracle, Options with { ContextPolicy = policy }, $"walk {seed}");
            run.Walk(new Random(seed), steps: 150);
            run.Finish();
            run.Dispose();
            Assert.Equal(engine.KvPages, engine.FreeKvPages);
        }

        Assert.InRange(oracle.Compared, 1000, int.MaxValue);
    }
}
