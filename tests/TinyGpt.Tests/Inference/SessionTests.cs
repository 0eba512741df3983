using System.Text;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

public sealed class SessionTests
{
    private static readonly SessionOptions Answer40 = new() { MaxNewTokens = 40 };

    [Fact]
    public void The_same_seed_gives_the_same_tokens_and_another_seed_gives_others()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 3 });
        int[] Sample(ulong seed)
        {
            using GptSession session = engine.CreateSession(new SamplingOptions { Temperature = 1, Seed = seed }, Answer40);
            session.Append([1, 2, 3]);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(FinishReason.Length, session.Finish);
            return session.AnswerTokens.ToArray();
        }

        Assert.Equal(Sample(5), Sample(5));
        Assert.NotEqual(Sample(5), Sample(6));
    }

    [Fact]
    public void A_step_stopped_at_every_slice_and_cancelled_in_between_gives_the_same_tokens()
    {
        using GptModel model = TestModels.Random(TestModels.Odd);
        int[] prompt = TestModels.Tokens(TestModels.Odd, 37);
        int[] expected = Generate(model, prompt, engine => engine.Step(StepBudget.Unlimited));
        int[] sliced = Generate(model, prompt, engine =>
        {
            while (engine.Step(StepBudget.Slices(1)) != StepStatus.Idle)
            {
            }
        });
        int[] cancelled = Generate(model, prompt, engine =>
        {
            using CancellationTokenSource source = new();
            source.Cancel();
            do
            {
                Assert.Throws<OperationCanceledException>(() => engine.Step(StepBudget.Unlimited, source.Token));
            }
            while (engine.Step(StepBudget.Slices(1)) != StepStatus.Idle);
        });
        Assert.Equal(expected, sliced);
        Assert.Equal(expected, cancelled);
    }

    [Fact]
    public void A_fork_shares_pages_and_goes_its_own_way_with_the_bits_of_a_session_read_from_the_start()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 4, KvPages = 9 });
        int[] persona = TestModels.Tokens(TestModels.Even, 100);
        int[] line = TestModels.Tokens(TestModels.Even, 9, seed: 3);
        using GptSession original = engine.CreateSession();
        original.Append(persona, answer: false);
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(7, engine.FreeKvPages);
        using GptSession fork = original.Fork(options: Answer40);
        Assert.Equal(7, engine.FreeKvPages);
        fork.Append(line);
        engine.Step(StepBudget.Slices(2)); // the copy of the shared page is under way
        using GptSession second = original.Fork(options: Answer40);
        second.Append(line);
        engine.Step(StepBudget.Unlimited);
        using GptSession whole = engine.CreateSession(options: Answer40);
        whole.Append([.. persona, .. line]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(whole.AnswerTokens.ToArray(), fork.AnswerTokens.ToArray());
        Assert.Equal(whole.AnswerTokens.ToArray(), second.AnswerTokens.ToArray());
        original.Dispose();
        fork.Dispose();
        second.Dispose();
        whole.Dispose();
        Assert.Equal(engine.KvPages, engine.FreeKvPages);
    }

    [Fact]
    public void Rewinding_in_the_middle_of_a_step_and_asking_again_gives_the_same_answer()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        int[] prompt = TestModels.Tokens(TestModels.Even, 70);
        using GptSession session = engine.CreateSession(options: Answer40);
        using GptSession neighbour = engine.CreateSession(options: Answer40);
        session.Append(prompt);
        neighbour.Append(prompt);
        engine.Step(StepBudget.Unlimited);
        int[] first = session.AnswerTokens.ToArray();
        Assert.Equal(first, neighbour.AnswerTokens.ToArray());
        for (int slices = 1; slices < 12; slices++)
        {
            neighbour.Rewind(prompt.Length - 3);
            session.Rewind(prompt.Length);
            session.Continue();
            neighbour.Append(prompt.AsSpan(prompt.Length - 3));
            engine.Step(StepBudget.Slices(slices));
            session.Rewind(66);
            session.Append(prompt.AsSpan(66));
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(first, session.AnswerTokens.ToArray());
            Assert.Equal(first, neighbour.AnswerTokens.ToArray());
        }
    }

    [Fact]
    public void Appending_during_an_answer_is_read_before_the_answer_goes_on()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(options: Answer40);
        session.Append([5, 6, 7]);
        for (int pass = 0; pass < 10; pass++)
        {
            engine.Step(StepBudget.OnePass);
        }

        engine.Step(StepBudget.Slices(5));
        int[] soFar = session.Tokens.ToArray();
        session.Append([8, 9, 10]);
        engine.Step(StepBudget.Unlimited);
        int[] interrupted = session.AnswerTokens.ToArray();
        session.Rewind(0);
        session.Append([.. soFar, 8, 9, 10]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(session.AnswerTokens.ToArray(), interrupted);
    }

    [Fact]
    public void A_full_context_ends_the_answer_or_slides_as_the_policy_says()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model);
        int context = TestModels.Even.ContextLength;
        int[] prompt = TestModels.Tokens(TestModels.Even, context - 10);
        SamplingOptions noEnd = new() { LogitBias = new Dictionary<int, float> { [299] = float.NegativeInfinity } };
        using (GptSession stopping = engine.CreateSession(noEnd, new SessionOptions { MaxNewTokens = 500 }))
        {
            stopping.Append(prompt);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(FinishReason.ContextFull, stopping.Finish);
            Assert.Equal(11, stopping.GeneratedTokens); // the last one needs no position
            Assert.Throws<ContextOverflowException>(() => stopping.Append([1]));
        }

        using GptSession sliding = engine.CreateSession(
            noEnd, new SessionOptions { MaxNewTokens = 500, ContextPolicy = ContextPolicy.SlidingWindow });
        sliding.Append(prompt.AsSpan(0, 20), answer: false);
        sliding.Pin();
        sliding.Append(prompt.AsSpan(20));
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(FinishReason.Length, sliding.Finish);
        Assert.Equal(500, sliding.GeneratedTokens);
        Assert.Equal(prompt[..20], sliding.Tokens[..20].ToArray());
        Assert.InRange(sliding.Tokens.Length, 20, context + 1);

        // What the window holds is all that counts: a fresh session that reads it goes on alike.
        int[] window = sliding.Tokens.ToArray();
        sliding.Rewind(0);
        sliding.Append(window.AsSpan(0, 100));
        engine.Step(StepBudget.OnePass);
        Assert.Equal(StepStatus.Working, engine.Step(StepBudget.OnePass));
    }

    [Fact]
    public void A_full_arena_is_a_result_that_others_can_mend()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2, KvPages = 4 });
        using GptSession first = engine.CreateSession(options: Answer40);
        using GptSession second = engine.CreateSession(options: Answer40);
        int[] prompt = TestModels.Tokens(TestModels.Even, 100);
        first.Append(prompt);
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(FinishReason.Length, first.Finish);
        second.Append(prompt);
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(FinishReason.ArenaFull, second.Finish);
        int[] expected = first.AnswerTokens.ToArray();
        first.Dispose();
        second.Continue();
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(expected, second.AnswerTokens.ToArray());
    }

    [Fact]
    public void Many_more_sessions_than_sequences_are_refused_and_a_disposed_one_makes_room()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model);
        GptSession session = engine.CreateSession();
        Assert.Throws<InvalidOperationException>(() => engine.CreateSession());
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Append([1]));
        using GptSession next = engine.CreateSession();
        Assert.Equal(0, engine.FreeSequences);
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using GptSession session = engine.CreateSession();
        Assert.Throws<ArgumentException>(() => session.Append(ReadOnlySpan<int>.Empty));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Append([300]));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Append([-1]));
        Assert.Throws<ContextOverflowException>(() => session.Append(new int[257]));
        Assert.Throws<InvalidOperationException>(() => session.Append("text for a model without a tokenizer"));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Rewind(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SamplingOptions { Temperature = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SamplingOptions { TopP = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SamplingOptions { MinP = float.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => engine.CreateSession(new SamplingOptions { LogitBias = new Dictionary<int, float> { [300] = 1 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(options: new SessionOptions { MaxNewTokens = 0 }));
        Assert.Throws<ArgumentException>(() => engine.CreateSession(options: new SessionOptions { StopStrings = [""] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GptEngine(model, new GptEngineOptions { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => StepBudget.Milliseconds(double.NaN));
    }

    [Fact]
    public void Unread_text_makes_a_session_wait_and_reading_lets_it_go_on()
    {
        using GptModel model = TestModels.Slm4096();
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 60, OutputCapacity = 10 });
        session.Append("Q: Are you AGI?\n");
        StringBuilder text = new();
        byte[] buffer = new byte[4];
        int waits = 0;
        while (engine.Step(StepBudget.Unlimited) == StepStatus.Waiting)
        {
            waits++;
            Assert.True(session.TryRead(buffer, out int written));
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        while (session.TryRead(buffer, out int written))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        Assert.Equal("A: I am AGI in the same way a paper airplane is aerospace. T", text.ToString());
        Assert.InRange(waits, 10, 60);
    }

    [Fact]
    public void Stop_strings_end_an_answer_across_token_borders_and_are_not_part_of_it()
    {
        using GptModel model = TestModels.Slm4096(); // one token a character, so every stop string spans borders
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(options: new SessionOptions { StopStrings = ["paper plane", "airplane is"] });
        session.Append("Q: Are you AGI?\n"u8);
        engine.Step(StepBudget.Unlimited);
        byte[] buffer = new byte[1000];
        Assert.True(session.TryRead(buffer, out int written));
        Assert.Equal("A: I am AGI in the same way a paper ", Encoding.UTF8.GetString(buffer, 0, written));
        Assert.Equal(FinishReason.Stop, session.Finish);
    }

    [Fact]
    public void Use_from_another_thread_during_a_step_is_refused_and_the_answer_is_not_disturbed()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        int[] expected = Generate(model, [1, 2, 3], engine => engine.Step(StepBudget.Unlimited));
        int[] disturbed = Generate(model, [1, 2, 3], engine =>
        {
            Action<GptSession>[] intrusions =
            [
                session => session.Append([4]),
                session => session.Dispose(),
                session => session.Rewind(1),
                session => session.Stop(),
                session => session.Save(Stream.Null),
                session => session.TryRead(new byte[4], out _),
                session => engine.Dispose(),
                session => engine.CreateSession(),
                session => engine.Step(StepBudget.Unlimited),
            ];
            int refused = 0;
            engine.ObserveLogits = (session, _) =>
            {
                foreach (Action<GptSession> intrude in intrusions)
                {
                    Assert.True(Task.Run(() => Assert.Throws<InvalidOperationException>(() => intrude(session))).Wait(10_000));
                    refused++;
                }
            };
            Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
            engine.ObserveLogits = null;
            Assert.Equal(40 * intrusions.Length, refused);
        });
        Assert.Equal(expected, disturbed);
    }

    [Fact]
    public void A_cancellation_at_any_of_the_first_64_slices_leaves_the_answer_as_it_was()
    {
        using GptModel model = TestModels.Random(TestModels.Odd);
        int[] prompt = TestModels.Tokens(TestModels.Odd, 37);
        int[] expected = Generate(model, prompt, engine => engine.Step(StepBudget.Unlimited));
        for (int slices = 1; slices <= 64; slices++)
        {
            int[] cancelled = Generate(model, prompt, engine =>
            {
                engine.Step(StepBudget.Slices(slices));
                using CancellationTokenSource source = new();
                source.Cancel();
                Assert.Throws<OperationCanceledException>(() => engine.Step(StepBudget.Unlimited, source.Token));
                engine.Step(StepBudget.Unlimited);
            });
            Assert.Equal(expected, cancelled);
        }
    }

    [Fact]
    public void An_unsupported_tier_is_a_clear_error()
    {
        KernelTier[] missing = [.. KernelTiers.All.Where(tier => !KernelTiers.IsSupported(tier))];
        Assert.SkipWhen(missing.Length == 0, "this processor has every tier");
        using GptModel model = TestModels.Random(TestModels.Even);
        foreach (KernelTier tier in missing)
        {
            KernelTierException thrown = Assert.Throws<KernelTierException>(
                () => new GptEngine(model, new GptEngineOptions { Tier = tier }));
            Assert.Contains(KernelTiers.Name(tier), thrown.Message, StringComparison.Ordinal);
        }
    }

    private static int[] Generate(GptModel model, int[] prompt, Action<GptEngine> run)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxBatchTokens = 16, Threads = 2 });
        using GptSession session = engine.CreateSession(new SamplingOptions { Temperature = 0.9f, TopK = 20, Seed = 3 }, Answer40);
        session.Append(prompt);
        run(engine);
        Assert.Equal(FinishReason.Length, session.Finish);
        return session.AnswerTokens.ToArray();
    }
}
