using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Shared prefixes, eviction, and who goes first.</summary>
public sealed class MemoryTests
{
    [Fact]
    public void A_planned_context_is_what_prompts_and_answers_keep_to()
    {
        using GptModel model = DialogueModels.Bytes();
        StageOptions options = StageScript.Options();
        using DialogueStage stage = new(model, options with { Engine = options.Engine with { PlannedContext = 256 } });
        Talk talk = stage.Open(stage.Add(StageScript.Tom));
        for (int i = 0; i < 20; i++)
        {
            StageScript.Ask(stage, talk, $"Good day {i}. What news is there?");
            Assert.NotEqual(TalkEnd.NoRoom, talk.LastEnd);
        }

        Assert.False(talk.Transcript()[0].IsRemembered);
        Assert.False(talk.TrySay(new string('x', 256)));
    }

    [Fact]
    public void The_world_and_each_card_are_computed_once()
    {
        using GptModel model = DialogueModels.Bytes();
        string world = $"A village in the hills.{new string('.', 150)}";
        int worldTokens = model.Tokenizer!.Encode(world + "\n").Length;
        using DialogueStage stage = new(model, StageScript.Options(sequences: 30, world: world));
        Npc[] npcs = [.. Enumerable.Range(0, 6).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}", MaxAnswerTokens = 1 }))];
        foreach (Npc npc in npcs)
        {
            npc.Prepare();
        }

        StageScript.Finish(stage);
        int card = model.Tokenizer.Encode(
            "\nName: Npc1\nTrade: innkeeper\nMood: cheerful\nHome: the Gilded Goose\nSells: ale 2, stew 5\nRumour: wolves prowl near the mill").Length;
        Assert.Equal(worldTokens + (npcs.Length * card), stage.ComputedTokens);
        long before = stage.ComputedTokens;
        foreach (Npc npc in npcs)
        {
            stage.Open(npc).Say("Hello");
            stage.Open(npc).Say("Hello");
        }

        StageScript.Finish(stage);
        int line = model.Tokenizer.Encode("\n\nPlayer: Hello\nNpc1:").Length;
        Assert.Equal(npcs.Length * 2 * line, stage.ComputedTokens - before);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(3, null)]
    [InlineData(5, 12)]
    [InlineData(40, 13)]
    public void Talks_that_were_evicted_come_back_and_say_what_they_would_have_said(int sequences, int? pages)
    {
        using GptModel model = DialogueModels.Bytes();
        string Play(StageOptions options)
        {
            using DialogueStage stage = new(model, options);
            Talk[] talks = [.. Enumerable.Range(0, 6).Select(i => stage.Open(stage.Add(StageScript.Mira with { Name = $"Npc{i}" })))];
            for (int round = 0; round < 4; round++)
            {
                foreach (Talk talk in talks)
                {
                    talk.Say($"Line {round}, good folk!");
                }

                StageScript.Finish(stage);
                foreach (Talk talk in talks)
                {
                    StageScript.Read(talk);
                }
            }

            return string.Join('\n', talks.Select(StageScript.Lines));
        }

        Assert.Equal(Play(StageScript.Options(sequences: 40)), Play(StageScript.Options(sequences, pages)));
    }

    [Fact]
    public void The_talk_that_was_not_used_for_the_longest_time_is_the_one_that_is_read_again()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options(sequences: 3)); // the card and two talks
        Npc npc = stage.Add(StageScript.Mira with { MaxAnswerTokens = 4, Sampling = SamplingOptions.Greedy });
        Talk[] talks = [stage.Open(npc), stage.Open(npc), stage.Open(npc)];
        long Computed(int talk)
        {
            long before = stage.ComputedTokens;
            StageScript.Ask(stage, talks[talk], "A line of some length, so that reading it again shows.");
            return stage.ComputedTokens - before;
        }

        Computed(0);
        Computed(1);
        long kept = Computed(0); // so the second is the one that was not used
        Computed(2);
        Assert.Equal(kept, Computed(0));
        Assert.True(Computed(1) > kept * 3 / 2, "the talk that was used last gave its memory up");
    }

    [Fact]
    public void Nearer_characters_answer_first_and_those_at_infinity_not_at_all()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options(sequences: 20));
        float[] distances = [0, 25, 500, float.PositiveInfinity];
        Talk[] talks = [.. distances.Select((distance, i) =>
        {
            Npc npc = stage.Add(StageScript.Mira with { Name = $"Npc{i}", MaxAnswerTokens = 16, Sampling = SamplingOptions.Greedy });
            npc.Distance = distance;
            return stage.Open(npc);
        })];
        foreach (Talk talk in talks)
        {
            talk.Say("Hello");
        }

        long[] ended = new long[talks.Length];
        for (int tick = 0; tick < 400; tick++)
        {
            stage.Tick(StepBudget.OnePass);
            for (int i = 0; i < talks.Length; i++)
            {
                ended[i] = ended[i] == 0 && talks[i].State == TalkState.Idle ? tick : ended[i];
            }
        }

        Assert.True(ended[0] < ended[1] && ended[1] < ended[2], string.Join(", ", ended));
        Assert.Equal(0, ended[3]);
        Assert.Equal(StepStatus.Waiting, stage.Tick(StepBudget.Unlimited));
        talks[3].Npc.Distance = 1;
        StageScript.Finish(stage);
        Assert.Equal(TalkState.Idle, talks[3].State);
        Assert.Throws<ArgumentOutOfRangeException>(() => talks[0].Npc.Distance = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => talks[0].Npc.Distance = float.NaN);
    }

    [Fact]
    public void A_near_character_takes_memory_from_a_far_one_that_goes_on_later_with_the_same_words()
    {
        using GptModel model = DialogueModels.Bytes();
        Persona far = StageScript.Mira with { MaxAnswerTokens = 200 };
        Persona near = StageScript.Tom with { MaxAnswerTokens = 200 };
        string expectedFar = Alone(model, far, 0, out _);
        string expectedNear = Alone(model, near, 1, out int second);
        Assert.Equal(1, second);
        int suspended = 0;
        for (int ticks = 1; ticks < 60; ticks += 6)
        {
            // Pages for one long talk and little more.
            using DialogueStage stage = new(model, StageScript.Options(sequences: 6, pages: 10));
            Talk farTalk = stage.Open(stage.Add(far));
            Talk nearTalk = stage.Open(stage.Add(near));
            farTalk.Npc.Distance = 8;
            farTalk.Say("Hello, tell me everything.");
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }

            nearTalk.Say("Hello, tell me everything.");
            while (stage.Tick(StepBudget.OnePass) == StepStatus.Working)
            {
                suspended += farTalk.State == TalkState.Suspended ? 1 : 0;
            }

            Assert.Equal(expectedFar, StageScript.Read(farTalk));
            Assert.Equal(expectedNear, StageScript.Read(nearTalk));
        }

        Assert.NotEqual(0, suspended);
    }

    [Fact]
    public void An_arena_that_cannot_hold_a_talk_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        Assert.Contains(
            "KvPages", Assert.Throws<ArgumentException>(() => new DialogueStage(model, StageScript.Options(pages: 9))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DialogueStage(model, StageScript.Options(sequences: 1)));
        Assert.Throws<ArgumentException>(() => new DialogueStage(
            model, StageScript.Options() with { Layout = PromptLayout.Plain with { Heard = "\nPlayer:" } }));
        Assert.Throws<ArgumentException>(() => new DialogueStage(
            model, StageScript.Options() with { Layout = PromptLayout.Plain with { Card = "Facts: {facts}" } }));
        Assert.Throws<ArgumentException>(() => new DialogueStage(
            model, StageScript.Options() with { Layout = PromptLayout.Plain with { Card = "Name: {name" } }));
    }

    [Fact]
    public void What_a_stage_cannot_be_made_of_is_refused_by_name()
    {
        using GptModel model = DialogueModels.Bytes();
        StageOptions options = StageScript.Options();
        Assert.Throws<ArgumentNullException>(() => new DialogueStage(null!));
        foreach (float distance in new[] { 0, -1, float.NaN })
        {
            Assert.Equal(
                nameof(StageOptions.FullRateDistance),
                Assert.Throws<ArgumentOutOfRangeException>(() => new DialogueStage(model, options with { FullRateDistance = distance })).ParamName);
        }

        foreach ((string name, StageOptions missing) in new (string, StageOptions)[]
        {
            ("Engine", options with { Engine = null! }), ("Layout", options with { Layout = null! }), ("World", options with { World = null! }),
            ("Card", options with { Layout = new() { Card = null! } }),
            ("TalkStart", options with { Layout = PromptLayout.Plain with { TalkStart = null! } }),
            ("AfterWorld", options with { Layout = PromptLayout.Plain with { AfterWorld = null! } }),
            ("AnswerLead", options with { Layout = PromptLayout.Plain with { AnswerLead = null! } }),
            ("AnswerStart", options with { Layout = PromptLayout.Plain with { AnswerStart = null! } }),
        })
        {
            Assert.Equal(name, Assert.Throws<ArgumentNullException>(() => new DialogueStage(model, missing)).ParamName);
        }

        Assert.Throws<ArgumentException>(() => new DialogueStage(model, options with { Layout = PromptLayout.Plain with { AnswerEnd = "" } }));
        using GptModel mute = new(TinyGpt.Import.SyntheticModel.Open(DialogueModels.Config));
        Assert.Throws<ArgumentException>(() => new DialogueStage(mute, options));
    }

    [Fact]
    public void A_stage_has_room_for_as_many_characters_and_talks_as_it_says()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 128, Layers = 1 });
        using DialogueStage stage = new(model, StageScript.Options(sequences: 2));
        Persona persona = new() { Name = "Mira" };
        Npc[] npcs = [.. Enumerable.Range(0, DialogueStage.MaxNpcs).Select(_ => stage.Add(persona))];
        Assert.Throws<InvalidOperationException>(() => stage.Add(persona));
        Talk[] talks = [.. npcs.Skip(1).Select(npc => stage.Open(npc))];
        Assert.Throws<InvalidOperationException>(() => stage.OpenBetween(npcs[0], npcs[1]));
        stage.Open(npcs[0]);
        Assert.Throws<InvalidOperationException>(() => stage.Open(npcs[0]));
        talks[0].Close();
        stage.Tick(StepBudget.OnePass);
        stage.Open(npcs[0]);
    }

    private static string Alone(GptModel model, Persona persona, int number, out int opened)
    {
        using DialogueStage stage = new(model, StageScript.Options());
        Npc npc = stage.Add(persona);
        for (opened = 0; opened < number; opened++)
        {
            stage.Open(npc).Close();
        }

        return StageScript.Ask(stage, stage.Open(npc), "Hello, tell me everything.");
    }
}
