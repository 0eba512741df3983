using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Model;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>A model that computes no numbers says so, at the place where it happens.</summary>
public sealed class NonFiniteTests
{
    private const int Broken = 5;

    public static TheoryData<KernelTier, float> Cases()
    {
        TheoryData<KernelTier, float> cases = [];
        foreach (KernelTier tier in KernelTiers.All)
        {
            foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            {
                cases.Add(tier, value);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_that_are_no_numbers_are_an_error_with_their_position_and_disturb_nobody_else(KernelTier tier, float value)
    {
        TestModels.SkipUnlessSupported(tier);
        using GptModel model = Break(value);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 3, Tier = tier });
        SessionOptions two = new() { MaxNewTokens = 2, StopAtEndOfText = false };
        using GptSession before = engine.CreateSession(options: two);
        using GptSession session = engine.CreateSession(options: two with { MaxNewTokens = 10 });
        using GptSession after = engine.CreateSession(options: two);
        before.Append([1]);
        session.Append([1, 2, 3]);
        after.Append([1]);
        Assert.Equal(Broken, Assert.Throws<NonFiniteLogitsException>(() => engine.Step(StepBudget.Unlimited)).Position);
        Assert.Equal((FinishReason.NonFiniteLogits, 3), (session.Finish, session.GeneratedTokens));
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(before.AnswerTokens.ToArray(), after.AnswerTokens.ToArray());
        Assert.Equal((FinishReason.Length, FinishReason.Length), (before.Finish, after.Finish));

        after.Score([4, 5, 6, 7]);
        Assert.Throws<NonFiniteLogitsException>(() => engine.Step(StepBudget.Unlimited));
        Assert.False(after.IsBusy);
    }

    [Fact]
    public void An_evaluator_says_so_too()
    {
        using GptModel model = Break(float.NaN);
        using LogitsEvaluator evaluator = new(model, batchTokens: 4);
        Assert.Equal(300, evaluator.Evaluate([1, 2, 3, 4, 5]).Length);
        Assert.Equal(Broken, Assert.Throws<NonFiniteLogitsException>(() => evaluator.Evaluate([1, 2, 3, 4, 5, 6]).Length).Position);
        Assert.Equal(Broken, Assert.Throws<NonFiniteLogitsException>(() => evaluator.MeasurePerplexity([1, 2, 3, 4, 5, 6, 7])).Position);
    }

    [Fact]
    public void Every_place_of_a_row_is_looked_at()
    {
        for (int length = 0; length < 70; length++)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(i => i % 2 == 0 ? float.MaxValue : -float.Epsilon)];
            Assert.True(FiniteNumbers.Are(values));
            for (int i = 0; i < length; i++)
            {
                float kept = values[i];
                values[i] = i % 3 == 0 ? float.NaN : float.NegativeInfinity;
                Assert.False(FiniteNumbers.Are(values));
                values[i] = kept;
            }
        }
    }

    /// <summary>A model whose embedding of one position is no number, as no file can hold it.</summary>
    private static unsafe GptModel Break(float value)
    {
        GptModel model = TestModels.Random(TestModels.Even with { Layers = 1 });
        model.Weights.PositionEmbedding[Broken * PanelLayout.PaddedInputs(model.Config.Width)] = value;
        return model;
    }
}
