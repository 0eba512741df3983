using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// Draft tokens change no bit: tokens, logits of the chosen tokens, text and the reason of the end are the same without them.
/// The vocabularies are small, so that even random models repeat themselves and draft tokens are accepted now and then.
/// </summary>
public sealed class SpeculationTests
{
    private static readonly ModelConfig Few = TestModels.Even with { VocabularySize = 11, Layers = 2, EndOfTextToken = null };
    private static readonly ModelConfig FewAndOdd = TestModels.Odd with { VocabularySize = 6 };

    private static readonly StepBudget[] Budgets =
        [StepBudget.OnePass, StepBudget.Slices(1), StepBudget.Milliseconds(0.2), StepBudget.Unlimited];

    private static readonly SamplingOptions[] Samplings =
    [
        SamplingOptions.Greedy,
        new() { Temperature = 0.2f },
        new() { Temperature = 0.7f, TopK = 3 },
        new() { Temperature = 0.5f, TopP = 0.8f, RepetitionPenalty = 1.05f },
        new() { Temperature = 0.6f, MinP = 0.1f, FrequencyPenalty = 0.02f, PresencePenalty = 0.1f },
        new() { FrequencyPenalty = 0.05f, LogitBias = new Dictionary<int, float> { [1] = 0.5f, [3] = float.NegativeInfinity } },
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public void Tokens_and_logits_have_the_same_bits_with_guesses_and_without(int lookup)
    {
        int passes = 0;
        int tokens = 0;
        foreach (ModelConfig config in new[] { Few, FewAndOdd })
        {
            using GptModel model = TestModels.Random(config);
            foreach (SamplingOptions sampling in Samplings)
            {
                for (ulong seed = 0; seed < 6; seed++)
                {
                    SamplingOptions seeded = sampling with { Seed = seed };
                    SessionOptions options = new() { MaxNewTokens = 90 + (int)seed };
                    Answer expected = Run(model, seeded, options, StepBudget.OnePass);
                    Assert.Equal(expected.GeneratedTokens, expected.Passes);
                    foreach (StepBudget budget in Budgets)
                    {
                        Answer guessed = Run(model, seeded, options with { LookupTokens = lookup }, budget, threads: 1 + (int)(seed % 2));
                        Assert.Equal(expected with { Passes = guessed.Passes }, guessed);
                        if (budget == StepBudget.OnePass)
                        {
                            passes += guessed.Passes;
                            tokens += guessed.GeneratedTokens;
                        }
                    }
                }
            }
        }

        Assert.True(passes < 0.9 * tokens, $"{tokens} tokens took {passes} forward passes: hardly a draft token was accepted");
    }

    [Fact]
    public void An_answer_ends_at_the_same_token_whatever_ends_it()
    {
        using GptModel model = TestModels.Random(Few with { ContextLength = 70, EndOfTextToken = 4 });
        HashSet<FinishReason> ends = [];
        for (int most = 1; most < 100; most += most < 20 ? 1 : 7)
        {
            foreach (SamplingOptions sampling in Samplings)
            {
                foreach (ContextPolicy policy in Enum.GetValues<ContextPolicy>())
                {
                    SessionOptions options = new() { MaxNewTokens = most, ContextPolicy = policy, StopAtEndOfText = most % 3 == 0 };
                    Answer expected = Run(model, sampling, options, StepBudget.Unlimited);
                    Answer guessed = Run(model, sampling, options with { LookupTokens = 8 }, StepBudget.Unlimited);
                    Assert.Equal(expected, guessed);
                    ends.Add(guessed.Finish);
                }
            }
        }

        Assert.Equal([FinishReason.Length, FinishReason.EndOfText, FinishReason.ContextFull], ends.Order());
    }

    [Fact]
    public void Stop_strings_and_a_slow_reader_see_the_same_text()
    {
        using GptModel model = TestModels.Slm4096(); // one token a character
        foreach (string[] stops in new string[][] { [], ["paper plane", "airplane is"], ["Technically airborne.\nQ"] })
        {
            foreach (int capacity in new[] { 10, 13, 4096 })
            {
                SessionOptions options = new() { MaxNewTokens = 110, OutputCapacity = capacity, StopStrings = stops };
                Assert.Equal(Read(model, options), Read(model, options with { LookupTokens = 16 }));
            }
        }
    }

    [Fact]
    public void Sessions_with_guesses_and_without_join_and_leave_and_none_changes_another()
    {
        using GptModel model = TestModels.Random(Few);
        SessionOptions options = new() { MaxNewTokens = 70 };
        Answer[] expected = [.. Samplings.Select((sampling, i) => Run(model, sampling, options, StepBudget.Unlimited, promptSeed: (uint)i))];
        foreach (StepBudget budget in new[] { StepBudget.OnePass, StepBudget.Slices(1), StepBudget.Unlimited })
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 6, MaxLookupTokens = 8, MaxBatchTokens = 16, Threads = 2 });
            using Hashes hashes = new(engine);
            GptSession[] sessions = [.. Samplings.Select((sampling, i) =>
            {
                GptSession session = engine.CreateSession(sampling, options with { LookupTokens = (i % 3) * 4 });
                session.Append(Prompt(Few, (uint)i));
                engine.Step(StepBudget.Slices(11));
                return session;
            })];
            while (engine.Step(budget) != StepStatus.Idle)
            {
            }

            Answer[] together = [.. sessions.Select(session => hashes.AnswerOf(session, expected[0].Passes))];
            Assert.Equal(expected, together.Select((answer, i) => answer with { Passes = expected[i].Passes }));
            Assert.All(sessions, session => session.Dispose());
            Assert.Equal(engine.KvPages, engine.FreeKvPages);
        }
    }

    [Fact]
    public void At_every_slice_a_fork_a_save_and_a_rewind_find_a_sequence_like_any_other()
    {
        using GptModel model = TestModels.Random(Few);
        SamplingOptions sampling = Samplings[1];
        SessionOptions options = new() { MaxNewTokens = 60, LookupTokens = 6 };
        int[] expected = Run(model, sampling, options with { LookupTokens = 0 }, StepBudget.Unlimited).TokenArray;
        int prompt = Prompt(Few).Length;
        for (int slices = 1; slices < 400; slices += 7)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 3, MaxLookupTokens = 6 });
            using GptSession session = engine.CreateSession(sampling, options);
            session.Append(Prompt(Few));
            for (int i = 0; i < slices; i++)
            {
                engine.Step(StepBudget.Slices(1));
            }

            int[] soFar = session.Tokens.ToArray();
            Assert.Equal(expected[..soFar.Length], soFar);
            using MemoryStream saved = new();
            session.Save(saved, keysAndValues: slices % 2 == 0);
            saved.Position = 0;
            using GptSession restored = engine.Restore(saved, sampling, options);
            using GptSession fork = session.Fork(SamplingOptions.Greedy, options with { MaxNewTokens = 20 });
            fork.Continue();
            engine.Step(StepBudget.Slices(3));
            if (slices % 3 == 0)
            {
                session.Rewind(prompt - 2); // gives the pass up that the others take part in
                session.Append(Prompt(Few).AsSpan(prompt - 2), answer: false);
            }

            engine.Step(StepBudget.Unlimited);
            Assert.Equal(expected, restored.Tokens.ToArray());
            Assert.Equal(slices % 3 == 0 ? expected[..prompt] : expected, session.Tokens.ToArray());
            Assert.Equal(Continue(model, soFar, 20), fork.Tokens.ToArray());
        }
    }

    [Fact]
    public void Text_that_is_appended_a_stop_and_a_cancellation_at_any_slice_drop_the_guesses_left()
    {
        using GptModel model = TestModels.Random(Few);
        SessionOptions options = new() { MaxNewTokens = 60, LookupTokens = 6 };
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        for (int slices = 1; slices < 300; slices += 5)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = 6 });
            using GptSession session = engine.CreateSession(null, options);
            session.Append(Prompt(Few));
            for (int i = 0; i < slices; i++)
            {
                Assert.Throws<OperationCanceledException>(() => engine.Step(StepBudget.Unlimited, cancelled.Token));
                engine.Step(StepBudget.Slices(1));
            }

            if (slices % 2 == 0)
            {
                session.Stop();
                engine.Step(StepBudget.Slices(1));
            }

            int[] soFar = session.Tokens.ToArray();
            int[] added = slices % 4 < 2 ? [] : [1, 2];
            session.Append(added);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(Continue(model, [.. soFar, .. added], 60), session.Tokens.ToArray());
        }
    }

    [Fact]
    public void Guesses_take_no_row_from_a_prompt_and_no_page_from_a_sequence()
    {
        using GptModel model = TestModels.Random(Few);
        int[] prompt = TestModels.Tokens(Few, 150);
        int PassesOfPrompt(int lookup)
        {
            // 6 pages: 3 for each sequence, all full in the end.
            using GptEngine engine = new(
                model, new GptEngineOptions { MaxSequences = 2, MaxBatchTokens = 20, MaxLookupTokens = 16, KvPages = 6 });
            using GptSession speaking = engine.CreateSession(
                null, new SessionOptions { MaxNewTokens = 192 - prompt.Length - 1, LookupTokens = lookup });
            speaking.Append(prompt);
            while (speaking.GeneratedTokens == 0)
            {
                engine.Step(StepBudget.OnePass);
            }

            using GptSession reading = engine.CreateSession();
            reading.Append(TestModels.Tokens(Few, 192), answer: false);
            int passes = 0;
            while (reading.IsBusy)
            {
                engine.Step(StepBudget.OnePass);
                passes++;
            }

            engine.Step(StepBudget.Unlimited);
            Assert.Equal(FinishReason.Length, speaking.Finish);
            Assert.Equal(FinishReason.None, reading.Finish);
            Assert.Equal(0, engine.FreeKvPages);
            return passes;
        }

        Assert.Equal(PassesOfPrompt(0), PassesOfPrompt(16));
    }

    [Fact]
    public void Memory_grows_by_the_logits_of_the_guesses_and_only_if_the_engine_allows_any()
    {
        GptEngineOptions plain = new() { MaxSequences = 2 };
        MemoryPlan without = MemoryPlan.For(TestModels.Even, plain);
        Assert.Equal(without, MemoryPlan.For(TestModels.Even, plain with { MaxLookupTokens = 0 }));
        MemoryPlan with = MemoryPlan.For(TestModels.Even, plain with { MaxLookupTokens = 8 });
        Assert.Equal(without with { Scratch = with.Scratch }, with);
        Assert.InRange(with.Scratch - without.Scratch, 8 * 300 * sizeof(float), 8 * 700 * sizeof(float));
    }

    [Fact]
    public void More_guesses_than_the_engine_was_made_for_are_refused()
    {
        using GptModel model = TestModels.Random(Few);
        Assert.Throws<ArgumentOutOfRangeException>(() => new GptEngine(model, new GptEngineOptions { MaxLookupTokens = 17 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GptEngine(model, new GptEngineOptions { MaxLookupTokens = -1 }));
        using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = 4 });
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(options: new SessionOptions { LookupTokens = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(options: new SessionOptions { LookupTokens = 17 }));
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => engine.CreateSession(options: new SessionOptions { LookupTokens = 5 }));
        Assert.Contains("MaxLookupTokens", thrown.Message, StringComparison.Ordinal);
        using GptSession session = engine.CreateSession(options: new SessionOptions { LookupTokens = 4 });
    }

    private static int[] Prompt(ModelConfig config, uint seed = 7) => TestModels.Tokens(config, 25 + (int)seed, seed);

    /// <summary>The whole sequence after a greedy answer without draft tokens.</summary>
    private static int[] Continue(GptModel model, int[] tokens, int count)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(null, new SessionOptions { MaxNewTokens = count });
        session.Append(tokens);
        engine.Step(StepBudget.Unlimited);
        return session.Tokens.ToArray();
    }

    private static Answer Run(
        GptModel model, SamplingOptions sampling, SessionOptions options, StepBudget budget, int threads = 1, uint promptSeed = 7)
    {
        using GptEngine engine = new(model, new GptEngineOptions { Threads = threads, MaxLookupTokens = options.LookupTokens });
        using Hashes hashes = new(engine);
        using GptSession session = engine.CreateSession(sampling, options);
        session.Append(Prompt(model.Config, promptSeed));
        int passes = 1;
        while (engine.Step(budget) != StepStatus.Idle)
        {
            passes++;
        }

        return hashes.AnswerOf(session, budget == StepBudget.OnePass ? passes : 0);
    }

    private static string Read(GptModel model, SessionOptions options)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = options.LookupTokens });
        using GptSession session = engine.CreateSession(options: options);
        session.Append("The paper airplane is AGI.\nQ: Are you AGI?\n");
        StringBuilder text = new();
        byte[] buffer = new byte[4];
        while (engine.Step(StepBudget.OnePass) != StepStatus.Idle || session.IsBusy)
        {
            session.TryRead(buffer, out int written);
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        while (session.TryRead(buffer, out int written))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        return $"{text} {session.Finish} {session.GeneratedTokens} {string.Join(',', session.Tokens.ToArray())}";
    }

    private sealed record Answer(string Tokens, string LogitsHash, int GeneratedTokens, FinishReason Finish, int Passes)
    {
        public int[] TokenArray => [.. Tokens.Split(',').Select(int.Parse)];
    }

    /// <summary>Hashes the logits that each session chooses from.</summary>
    private sealed class Hashes : IDisposable
    {
        private readonly Dictionary<GptSession, IncrementalHash> _hashes = [];

        public Hashes(GptEngine engine)
        {
            engine.ObserveLogits = (session, logits) =>
            {
                ref IncrementalHash? hash = ref CollectionsMarshal.GetValueRefOrAddDefault(_hashes, session, out _);
                hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                hash.AppendData(MemoryMarshal.AsBytes(logits));
            };
        }

        public Answer AnswerOf(GptSession session, int passes) => new(
            string.Join(',', session.Tokens.ToArray()),
            Convert.ToHexString(_hashes[session].GetCurrentHash()),
            session.GeneratedTokens,
            session.Finish,
            passes);

        public void Dispose()
        {
            foreach (IncrementalHash hash in _hashes.Values)
            {
                hash.Dispose();
            }
        }
    }
}
