using System.Text;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>One session serves many talks, and each says what a separate session would have said.</summary>
public sealed class ReuseTests
{
    private static readonly ModelConfig Config = TestModels.Even with { Layers = 2 };

    [Fact]
    public void A_reconfigured_session_answers_like_a_new_one()
    {
        using GptModel model = TestModels.Slm4096();
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using GptSession session = engine.CreateSession(null, new SessionOptions { OutputCapacity = 8 });
        foreach ((float temperature, ulong seed, string[] stops, int count) in new (float, ulong, string[], int)[]
            { (0, 0, ["aerospace"], 80), (0.8f, 5, [], 40), (0.8f, 6, ["\n", "paper", "e"], 60), (0, 0, [" in the same way that nothing is"], 90) })
        {
            SamplingOptions sampling = new() { Temperature = temperature, Seed = seed };
            SessionOptions options = new() { StopStrings = stops, MaxNewTokens = count };
            using GptSession fresh = engine.CreateSession(sampling, options);
            session.Rewind(0);
            session.Configure(sampling, options);
            session.Reseed(seed);
            fresh.Append("Q: Are you AGI?\n");
            session.Append("Q: Are you AGI?\n");
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(Read(fresh), Read(session));
            Assert.Equal(fresh.Tokens.ToArray(), session.Tokens.ToArray());
            Assert.Equal(fresh.Finish, session.Finish);
        }
    }

    [Fact]
    public void Options_change_between_answers_only_and_are_checked()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession();
        session.Append([1]);
        Assert.Throws<InvalidOperationException>(() => session.Configure(SamplingOptions.Greedy, new SessionOptions()));
        session.Stop();
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Configure(new SamplingOptions { Temperature = -1 }, new SessionOptions()));
        Assert.Throws<ArgumentException>(() => session.Configure(SamplingOptions.Greedy, new SessionOptions { LookupTokens = 1 }));
        Assert.Throws<ArgumentException>(() => session.Configure(SamplingOptions.Greedy, new SessionOptions { StopStrings = ["a"] }));
    }

    [Theory]
    [InlineData(10, 200)]
    [InlineData(64, 200)]
    [InlineData(150, 150)]
    [InlineData(0, 50)]
    public void Shared_keys_and_values_save_their_computation_and_change_no_token(int common, int length)
    {
        using GptModel model = TestModels.Random(Config with { ContextLength = 300 });
        int[] first = TestModels.Tokens(Config, length);
        int[] second = [.. first[..common], .. TestModels.Tokens(Config, length - common, seed: 9)];
        int[] expected = Answer(model, second);
        for (int slices = 0; slices < 40; slices += 3)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
            using GptSession source = engine.CreateSession();
            source.Append(first, answer: false);
            engine.Step(StepBudget.Unlimited);
            source.Continue();
            using GptSession session = engine.CreateSession();
            session.Append(second);
            for (int i = 0; i < slices; i++)
            {
                engine.Step(StepBudget.Slices(1));
            }

            long before = engine.ComputedTokens;
            session.ShareKeysAndValues(source);
            Assert.InRange(session.ComputedTokens, Math.Min(common, length - 1), length);
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(expected, session.Tokens.ToArray());
            Assert.Equal(Answer(model, first), source.Tokens.ToArray());
            if (slices == 0)
            {
                Assert.InRange(engine.ComputedTokens - before - source.GeneratedTokens - session.GeneratedTokens, 0, length - common + 1);
            }
        }
    }

    [Fact]
    public void A_session_that_gave_its_pages_back_goes_on_with_the_same_tokens()
    {
        using GptModel model = TestModels.Random(Config);
        SamplingOptions sampling = new() { Temperature = 1, Seed = 8 };
        int[] prompt = TestModels.Tokens(Config, 90);
        int[] expected = Answer(model, prompt, sampling);
        for (int slices = 1; slices < 200; slices += 9)
        {
            using GptEngine engine = new(model);
            using GptSession session = engine.CreateSession(sampling, new SessionOptions { MaxNewTokens = 9 });
            session.Append(prompt);
            for (int i = 0; i < slices; i++)
            {
                engine.Step(StepBudget.Slices(1));
            }

            bool wasBusy = session.IsBusy;
            session.PassInterval = 0;
            session.ReleaseKeysAndValues();
            Assert.Equal(engine.KvPages, engine.FreeKvPages);
            Assert.Equal(wasBusy ? StepStatus.Waiting : StepStatus.Idle, engine.Step(StepBudget.Unlimited));
            Assert.Equal(engine.KvPages, engine.FreeKvPages);
            session.PassInterval = 1;
            engine.Step(StepBudget.Unlimited);
            Assert.Equal(expected, session.Tokens.ToArray());
        }
    }

    [Fact]
    public void Sessions_with_an_interval_take_part_in_every_nth_pass_and_say_the_same()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 4 });
        int[] intervals = [1, 2, 3, 7];
        GptSession[] sessions = [.. intervals.Select((interval, i) =>
        {
            GptSession session = engine.CreateSession(null, new SessionOptions { MaxNewTokens = 42 / interval });
            session.Append([10 + i]);
            session.PassInterval = interval;
            return session;
        })];
        Assert.Equal(StepStatus.Working, engine.Step(StepBudget.Passes(21)));
        Assert.Equal([21, 10, 7, 3], sessions.Select(session => session.GeneratedTokens));
        sessions[0].PassInterval = 0;
        Assert.Equal(StepStatus.Waiting, engine.Step(StepBudget.Unlimited));
        Assert.Equal([21, 21, 14, 6], sessions.Select(session => session.GeneratedTokens));
        sessions[0].PassInterval = 1;
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        for (int i = 0; i < sessions.Length; i++)
        {
            Assert.Equal(Answer(model, [10 + i], count: 42 / intervals[i]), sessions[i].Tokens.ToArray());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => sessions[0].PassInterval = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => sessions[0].PassInterval = GptSession.MostPassInterval + 1);
    }

    [Fact]
    public void Sessions_that_are_due_and_have_no_room_do_not_hold_up_those_that_are_not()
    {
        using GptModel model = TestModels.Random(Config with { ContextLength = 8 });
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using GptSession full = engine.CreateSession();
        full.Append([1, 2, 3, 4, 5, 6, 7, 8]);
        using GptSession slow = engine.CreateSession(null, new SessionOptions { MaxNewTokens = 4 });
        slow.Append([1]);
        slow.PassInterval = 5;
        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(FinishReason.ContextFull, full.Finish);
        Assert.Equal(FinishReason.Length, slow.Finish);
    }

    [Fact]
    public void A_budget_of_passes_gives_every_session_as_many_tokens_and_a_time_can_be_read_back()
    {
        using GptModel model = TestModels.Random(Config);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession();
        session.Append([1]);
        Assert.Equal(StepStatus.Working, engine.Step(StepBudget.Passes(5)));
        Assert.Equal(5, session.GeneratedTokens);
        engine.Step(StepBudget.Slices(1));
        engine.Step(StepBudget.Passes(1));
        Assert.Equal(6, session.GeneratedTokens);
        Assert.Equal(StepBudget.OnePass, StepBudget.Passes(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => StepBudget.Passes(0));
        Assert.Equal(1.5, StepBudget.Milliseconds(1.5).Duration!.Value.TotalMilliseconds, 1e-3);
        Assert.Null(StepBudget.Passes(2).Duration);
        Assert.Null(StepBudget.Unlimited.Duration);
    }

    [Fact]
    public void Options_with_the_same_stop_strings_are_equal()
    {
        Assert.Equal(new SessionOptions { StopStrings = ["a", "b"] }, new SessionOptions { StopStrings = ["a", "b"] });
        Assert.NotEqual(new SessionOptions { StopStrings = ["a", "b"] }, new SessionOptions { StopStrings = ["b", "a"] });
    }

    private static int[] Answer(GptModel model, int[] prompt, SamplingOptions? sampling = null, int? count = null)
    {
        using GptEngine engine = new(model);
        int tokens = count ?? (sampling is null ? 256 : 9);
        using GptSession session = engine.CreateSession(sampling, new SessionOptions { MaxNewTokens = tokens });
        session.Append(prompt);
        engine.Step(StepBudget.Unlimited);
        return session.Tokens.ToArray();
    }

    private static string Read(GptSession session)
    {
        byte[] buffer = new byte[16];
        StringBuilder text = new();
        while (session.TryRead(buffer, out int written))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        return text.ToString();
    }
}
