using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>Engines whose plan or pages have room for less than the model's context.</summary>
public sealed class PlannedContextTests
{
    private static readonly ModelConfig Config = TestModels.Even with { Layers = 1, Width = 64, FeedForwardWidth = 64, EndOfTextToken = null };

    private static readonly SessionOptions Sliding = new() { MaxNewTokens = 300, ContextPolicy = ContextPolicy.SlidingWindow };

    [Theory]
    [InlineData(64, null, 64)]
    [InlineData(100, null, 100)]
    [InlineData(null, 1, 64)]
    [InlineData(200, 2, 128)]
    [InlineData(null, 100, 256)]
    [InlineData(1000, null, 256)]
    public void A_sequence_is_as_long_as_model_plan_and_pages_let_it(int? planned, int? pages, int expected)
    {
        using GptModel model = TestModels.Random(Config);
        using LogitsOracle oracle = new(model);
        using GptEngine engine = new(model, new GptEngineOptions { PlannedContext = planned, KvPages = pages });
        oracle.Watch(engine);
        Assert.Equal(expected, engine.ContextLength);

        using GptSession sliding = engine.CreateSession(options: Sliding);
        int[] persona = TestModels.Tokens(Config, 20);
        sliding.Append(persona, answer: false);
        sliding.Pin();
        sliding.Append([1, 2, 3]);
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal((FinishReason.Length, 300), (sliding.Finish, sliding.GeneratedTokens));
        Assert.Equal(persona, sliding.Tokens[..20].ToArray());
        sliding.Dispose();

        using GptSession stopping = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 300 });
        stopping.Append([1, 2, 3]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal((FinishReason.ContextFull, expected + 1), (stopping.Finish, stopping.Tokens.Length));
    }

    [Theory]
    [InlineData(ContextPolicy.Stop)]
    [InlineData(ContextPolicy.SlidingWindow)]
    public void A_text_that_does_not_fit_is_refused_with_both_numbers_and_never_cut(ContextPolicy policy)
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model, new GptEngineOptions { PlannedContext = 64 });
        using GptSession session = engine.CreateSession(options: Sliding with { ContextPolicy = policy });
        ContextOverflowException whole = Assert.Throws<ContextOverflowException>(() => session.Append(TestModels.Tokens(Config, 65)));
        Assert.Equal((65L, 64), (whole.Tokens, whole.ContextLength));
        session.Append(TestModels.Tokens(Config, 40), answer: false);
        session.Pin();
        ContextOverflowException rest = Assert.Throws<ContextOverflowException>(() => session.Append(TestModels.Tokens(Config, 25)));
        Assert.Equal((65L, 64), (rest.Tokens, rest.ContextLength));
        Assert.Equal(40, session.Tokens.Length);
    }

    [Fact]
    public void A_turn_that_makes_the_window_slide_stays_whole()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model, new GptEngineOptions { PlannedContext = 64 });
        using GptSession session = engine.CreateSession(options: Sliding);
        session.Append(TestModels.Tokens(Config, 10), answer: false);
        session.Pin();
        session.Append(TestModels.Tokens(Config, 30, seed: 3), answer: false);
        int[] turn = TestModels.Tokens(Config, 50, seed: 5);
        session.Append(turn, answer: false);
        Assert.Equal([.. TestModels.Tokens(Config, 10), .. turn], session.Tokens.ToArray());
    }

    [Fact]
    public void A_save_that_is_longer_than_the_plan_is_refused()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine whole = new(model);
        using GptSession session = whole.CreateSession();
        session.Append(TestModels.Tokens(Config, 100), answer: false);
        using MemoryStream saved = new();
        session.Save(saved);
        saved.Position = 0;
        using GptEngine planned = new(model, new GptEngineOptions { PlannedContext = 64 });
        Assert.Contains("100 tokens are not in 0 … 65", Assert.Throws<SnapshotException>(() => planned.Restore(saved)).Reason, StringComparison.Ordinal);
    }
}
