using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>Constraints are kept whatever the sampling is, and cut, copied and saved answers go on under them.</summary>
public sealed class ConstraintTests
{
    private static readonly ModelConfig Config = TestModels.Even with { Layers = 2 };

    private static readonly SamplingOptions[] Samplings =
    [
        SamplingOptions.Greedy,
        new() { Temperature = 1.5f },
        new() { Temperature = 1, TopK = 5 },
        new() { Temperature = 1, TopP = 0.4f },
        new() { Temperature = 2, MinP = 0.2f, RepetitionPenalty = 1.3f },
        new() { LogitBias = Enumerable.Range(0, 300).ToDictionary(id => id, _ => float.NegativeInfinity) },
        new() { Temperature = 1, LogitBias = Enumerable.Range(0, 300).ToDictionary(id => id, _ => float.NegativeInfinity) },
    ];

    [Fact]
    public void Every_token_is_one_that_the_constraint_allows()
    {
        using GptModel model = TestModels.Random(Config);
        foreach (SamplingOptions sampling in Samplings)
        {
            for (ulong seed = 0; seed < 3; seed++)
            {
                int[] answer = Run(model, sampling with { Seed = seed }, new Ascending(40));
                Assert.Equal(40, answer.Length);
                Assert.Equal(answer.Order().Distinct(), answer);
            }
        }
    }

    [Fact]
    public void The_likeliest_of_the_allowed_tokens_is_the_greedy_choice()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model);
        float[]? seen = null;
        engine.ObserveLogits = (_, logits) => seen = logits.ToArray();
        using GptSession session = engine.CreateSession(null, new SessionOptions { Constraint = new Ascending(10) });
        session.Append([5, 6, 7]);
        int last = -1;
        while (session.IsBusy)
        {
            engine.Step(StepBudget.OnePass);
            float best = seen.AsSpan(last + 1, 29).ToArray().Max();
            Assert.Equal(Array.IndexOf(seen!, best, last + 1), session.Tokens[^1]);
            last = session.Tokens[^1];
        }
    }

    [Fact]
    public void An_answer_ends_when_nothing_can_follow_and_when_nothing_is_allowed()
    {
        using GptModel model = TestModels.Random(Config);
        foreach (bool says in new[] { true, false })
        {
            using GptEngine engine = new(model);
            using GptSession session = engine.CreateSession(null, new SessionOptions { Constraint = new Ascending(3) { SaysComplete = says } });
            session.Append([1]);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(FinishReason.Complete, session.Finish);
            Assert.Equal(3, session.GeneratedTokens);
        }
    }

    [Fact]
    public void The_end_of_the_text_can_be_allowed_and_chosen()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            new SamplingOptions { LogitBias = new Dictionary<int, float> { [299] = 1000 } },
            new SessionOptions { Constraint = new Ascending(30) { EndOfText = 299 } });
        session.Append([1]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(FinishReason.EndOfText, session.Finish);
        Assert.Equal(10, session.GeneratedTokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Guesses_and_budgets_change_nothing(int lookup)
    {
        using GptModel model = TestModels.Random(Config with { VocabularySize = 12, EndOfTextToken = null });
        foreach (SamplingOptions sampling in Samplings[..5])
        {
            int[] expected = Run(model, sampling, new Alternating(60));
            Assert.Equal(expected, Run(model, sampling, new Alternating(60), lookup, StepBudget.Slices(1)));
            Assert.Equal(expected, Run(model, sampling, new Alternating(60), lookup, StepBudget.Passes(3)));
        }
    }

    [Fact]
    public void A_session_saved_at_any_token_goes_on_under_its_constraint()
    {
        using GptModel model = TestModels.Random(Config);
        SamplingOptions sampling = new() { Temperature = 1, Seed = 3 };
        SessionOptions options = new() { Constraint = new Ascending(25) };
        int[] expected = Run(model, sampling, options.Constraint);
        for (int passes = 1; passes < 25; passes += 4)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 3 });
            using GptSession session = engine.CreateSession(sampling, options);
            session.Append([9]);
            engine.Step(StepBudget.Passes(passes));
            using MemoryStream saved = new();
            session.Save(saved);
            saved.Position = 0;
            using GptSession restored = engine.Restore(saved, sampling, options);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(expected, restored.AnswerTokens.ToArray());
            saved.Position = 0;
            SnapshotException missing = Assert.Throws<SnapshotException>(() => engine.Restore(saved, sampling));
            Assert.Contains("constraint", missing.Reason, StringComparison.Ordinal);
            saved.Position = 0;
            Assert.Throws<SnapshotException>(() => engine.Restore(saved, sampling, options with { Constraint = new Alternating(0) }));
        }
    }

    [Fact]
    public void A_fork_and_a_rewound_session_begin_the_constraint_anew()
    {
        using GptModel model = TestModels.Random(Config);
        SessionOptions options = new() { Constraint = new Ascending(20) };
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using GptSession session = engine.CreateSession(null, options);
        session.Append([9]);
        engine.Step(StepBudget.Unlimited);
        int[] expected = session.AnswerTokens.ToArray();
        session.Rewind(1);
        session.Continue();
        engine.Step(StepBudget.Passes(7));
        using GptSession fork = session.Fork();
        fork.Rewind(1);
        fork.Continue();
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(expected, session.AnswerTokens.ToArray());
        Assert.Equal(expected, fork.AnswerTokens.ToArray());
    }

    [Fact]
    public void A_constraint_for_a_larger_vocabulary_is_refused()
    {
        using GptModel model = TestModels.Random(Config with { VocabularySize = 100, EndOfTextToken = null });
        using GptEngine engine = new(model);
        Assert.Throws<ArgumentException>(() => engine.CreateSession(options: new SessionOptions { Constraint = new Ascending(1) }));
    }

    private static int[] Run(GptModel model, SamplingOptions sampling, TokenConstraint constraint, int lookup = 0, StepBudget? budget = null)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = lookup });
        using GptSession session = engine.CreateSession(
            sampling, new SessionOptions { Constraint = constraint, LookupTokens = lookup, StopAtEndOfText = false });
        session.Append([9]);
        while (engine.Step(budget ?? StepBudget.Unlimited) != StepStatus.Idle)
        {
        }

        return session.AnswerTokens.ToArray();
    }

    /// <summary>Every token is greater than the one before, but not by more than 290 / count. The state is count passed × 512 + last + 1.</summary>
    private sealed class Ascending(int count) : TokenConstraint
    {
        private const int Shift = 512;

        public bool SaysComplete { get; init; } = true;

        public int EndOfText { get; init; } = -1;

        public override int TokenCount => 300;

        public override int Start => 0;

        public override void Allow(int state, Span<ulong> allowed)
        {
            (int passed, int first) = Math.DivRem(state, Shift);
            if (passed == count)
            {
                return;
            }

            if (passed == 10 && EndOfText >= 0)
            {
                allowed[EndOfText / 64] |= 1UL << (EndOfText % 64);
            }

            for (int token = first; token < first + Math.Max(1, 290 / count); token++)
            {
                allowed[token / 64] |= 1UL << (token % 64);
            }
        }

        public override int Advance(int state, int token) => ((state / Shift) + 1) * Shift + token + 1;

        public override bool IsComplete(int state) => SaysComplete && state / Shift == count;

        public override bool IsState(int state) => state >= 0 && state / Shift <= count && state % Shift <= 300;
    }

    /// <summary>Even and odd tokens in turn.</summary>
    private sealed class Alternating(int count) : TokenConstraint
    {
        public override int TokenCount => 12;

        public override int Start => 0;

        public override void Allow(int state, Span<ulong> allowed) => allowed[0] = state % 2 == 0 ? 0x555UL : 0xAAAUL;

        public override int Advance(int state, int token) => state + 1;

        public override bool IsComplete(int state) => state == count;

        public override bool IsState(int state) => state >= 0 && state <= count;
    }
}
