using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

public sealed class ScoreTests
{
    private static readonly ModelConfig Config = TestModels.Even with { Layers = 2 };

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(16)]
    public void A_score_is_the_sum_of_the_logarithms_of_the_tokens_probabilities(int lookup)
    {
        using GptModel model = TestModels.Random(Config);
        using LogitsEvaluator evaluator = new(model);
        int[] prompt = TestModels.Tokens(Config, 20);
        foreach (int length in new[] { 1, 2, 9 })
        {
            int[] continuation = TestModels.Tokens(Config, length, seed: 3);
            using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = lookup });
            using GptSession session = engine.CreateSession(new SamplingOptions { Temperature = 1, RepetitionPenalty = 2 });
            session.Append(prompt, answer: false);
            session.Score(continuation);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(FinishReason.Complete, session.Finish);
            Assert.Equal(Reference(evaluator, prompt, continuation), session.LogProbability, 1e-5 * length);
            Assert.Equal([.. prompt, .. continuation], session.Tokens.ToArray());
        }
    }

    [Fact]
    public void Budgets_tiers_threads_guesses_and_other_sessions_change_no_bit_of_a_score()
    {
        using GptModel model = TestModels.Random(Config);
        int[] prompt = TestModels.Tokens(Config, 20);
        int[] continuation = TestModels.Tokens(Config, 6, seed: 3);
        HashSet<double> scores = [];
        foreach (KernelTier tier in TestModels.SupportedTiers)
        {
            foreach ((int lookup, int threads, StepBudget budget) in
                new[] { (0, 1, StepBudget.Unlimited), (4, 2, StepBudget.Slices(1)), (8, 1, StepBudget.OnePass) })
            {
                using GptEngine engine = new(
                    model, new GptEngineOptions { MaxSequences = 2, MaxLookupTokens = lookup, Threads = threads, Tier = tier });
                using GptSession other = engine.CreateSession();
                other.Append([4, 5]);
                using GptSession session = engine.CreateSession();
                session.Append(prompt, answer: false);
                session.Score(continuation);
                while (engine.Step(budget) != StepStatus.Idle)
                {
                }

                scores.Add(session.LogProbability);
            }
        }

        Assert.Single(scores);
    }

    [Fact]
    public void After_a_score_the_session_can_be_rewound_and_says_what_it_would_have_said()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2, MaxLookupTokens = 4 });
        using GptSession expected = engine.CreateSession();
        using GptSession session = engine.CreateSession();
        expected.Append([7, 8, 9]);
        session.Append([7, 8, 9], answer: false);
        for (int option = 0; option < 3; option++)
        {
            session.Score([option, 20, 30]);
            engine.Step(StepBudget.Unlimited);
            session.Rewind(3);
        }

        session.Continue();
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(expected.Tokens.ToArray(), session.Tokens.ToArray());
    }

    [Fact]
    public void What_ends_a_score_early_leaves_a_session_like_any_other()
    {
        using GptModel model = TestModels.Random(Config);
        for (int way = 0; way < 4; way++)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 3, MaxLookupTokens = 2 });
            using GptSession session = engine.CreateSession();
            session.Append([7, 8, 9], answer: false);
            session.Score([1, 2, 3, 4, 5, 6]);
            engine.Step(StepBudget.Slices(way == 3 ? 1 : 30));
            switch (way)
            {
                case 0:
                    session.Stop();
                    Assert.Equal(FinishReason.Stopped, session.Finish);
                    break;
                case 1:
                    session.Rewind(2);
                    break;
                case 2:
                    using (MemoryStream saved = new())
                    {
                        session.Save(saved);
                        saved.Position = 0;
                        using GptSession restored = engine.Restore(saved);
                        Assert.Equal(session.Tokens.ToArray(), restored.Tokens.ToArray());
                        engine.Step(StepBudget.Unlimited);
                        Assert.Equal(FinishReason.None, restored.Finish);
                        Assert.Equal(FinishReason.Complete, session.Finish);
                    }

                    break;
            }

            int[] before = session.Tokens.ToArray();
            session.Append([11]);
            engine.Step(StepBudget.Unlimited);
            using GptSession fresh = engine.CreateSession();
            fresh.Append([.. before, 11]);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(fresh.Tokens.ToArray(), session.Tokens.ToArray());
        }
    }

    [Fact]
    public void What_cannot_be_scored_is_refused()
    {
        using GptModel model = TestModels.Random(Config with { ContextLength = 8 });
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession();
        Assert.Throws<ArgumentException>(() => session.Score([1]));
        session.Append([1, 2, 3], answer: false);
        Assert.Throws<ArgumentException>(() => session.Score([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Score([300]));
        Assert.Throws<ContextOverflowException>(() => session.Score([1, 2, 3, 4, 5, 6]));
        session.Score([1, 2, 3, 4, 5]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(FinishReason.Complete, session.Finish);
    }

    private static double Reference(LogitsEvaluator evaluator, int[] prompt, int[] continuation)
    {
        double sum = 0;
        for (int i = 0; i < continuation.Length; i++)
        {
            double[] logits = [.. evaluator.Evaluate([.. prompt, .. continuation[..i]]).ToArray().Select(logit => (double)logit)];
            sum += logits[continuation[i]] - Math.Log(logits.Sum(Math.Exp));
        }

        return sum;
    }
}
