using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Actions in answers: the game gets values, the player sees words, and nothing changes which.</summary>
public sealed class ActionTests
{
    private const int Lines = 12;

    private static readonly CharacterAction[] Deeds =
    [
        new("give", ActionArgument.OneOf("item", "ale", "the \"red\" key", "größe"), ActionArgument.Number("count", -2, 12), ActionArgument.Boolean("now")),
        new("leave"),
    ];

    private static readonly Persona Mira = StageScript.Mira with { MaxAnswerTokens = 120, Sampling = new SamplingOptions { Temperature = 2 } };

    [Fact]
    public void TheSampleOfTheDocumentGivesItsAction()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(Mira);
        Talk talk = stage.Open(mira);
        List<string> deeds = [];
        void Hand(string item, long count) => deeds.Add($"{count} {item}");
        void Open(string door) => deeds.Add(door);
        // <sample>
        mira.Actions =
        [
            new CharacterAction("give", ActionArgument.OneOf("item", "ale", "bread"), ActionArgument.Number("count", 1, 3)),
            new CharacterAction("open", ActionArgument.OneOf("door", "the cellar", "the back door")),
        ];
        mira.SetFact("Can", string.Join(" ", mira.Actions.Select(action => action.Form)));
        talk.Say("Two ales, please.");
        // </sample>
        Assert.Contains("""{"action": "give", "item": "ale" or "bread", "count": 1 to 3}""", mira.GetFact("Can"), StringComparison.Ordinal);
        for (int i = 0; i < 20; i++)
        {
            StageScript.Finish(stage);
            StageScript.Read(talk);
            talk.Say("And then?");
            // <sample>
            while (talk.TryTakeAction(out ActionCall? call))
            {
                if (call.Name == "give")
                {
                    Hand(call.Text("item"), call.Number("count"));
                }
                else
                {
                    Open(call.Text("door"));
                }
            }
            // </sample>
        }

        Assert.NotEmpty(deeds);
        Assert.All(deeds, deed => Assert.Contains(deed, (string[])["1 ale", "2 ale", "3 ale", "1 bread", "2 bread", "3 bread", "the cellar", "the back door"]));
    }

    [Theory]
    [InlineData(9, null, 0, 1)]
    [InlineData(3, 14, 4, 2)]
    public void Words_and_actions_are_the_same_whatever_happens_meanwhile(int sequences, int? pages, int lookup, int threads)
    {
        using GptModel model = DialogueModels.Bytes();
        (string words, string deeds) = Play(model, StageScript.Options(sequences: 20), StepBudget.Unlimited, saves: false);
        Assert.Equal((words, deeds), Play(model, StageScript.Options(sequences, pages, threads: threads, lookup: lookup), StepBudget.OnePass, saves: true));
        Assert.DoesNotContain('{', words);
        Assert.DoesNotContain("action", words, StringComparison.Ordinal);
        string[] calls = deeds.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(calls.Length > 5, $"{calls.Length} actions were taken");
        Assert.Contains(calls, call => call.Contains("leave", StringComparison.Ordinal));
        Assert.All(calls, call => Assert.Matches("^Npc[0-3]: (leave|(ale|the \"red\" key|größe) (-[12]|[0-9]|1[0-2]) (True|False))$", call));
    }

    [Fact]
    public void An_interrupted_answer_does_nothing_and_what_it_said_stays()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(Mira);
        mira.Actions = Deeds;
        Talk talk = stage.Open(mira);
        for (int ticks = 4; ticks < 40; ticks += 3)
        {
            talk.Say("Give me something!");
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }

            bool ended = talk.State == TalkState.Idle;
            string shown = StageScript.Read(talk);
            talk.Interrupt();
            StageScript.Finish(stage);
            Assert.EndsWith(shown.Length > 0 ? $"Mira: {shown}" : "Give me something!", StageScript.Lines(talk), StringComparison.Ordinal);
            Assert.True(ended || !talk.TryTakeAction(out _));
            while (talk.TryTakeAction(out _))
            {
            }
        }
    }

    [Fact]
    public void The_oldest_of_too_many_actions_is_dropped_and_changed_actions_leave_taken_ones_alone()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(Mira);
        Talk talk = stage.Open(mira);
        int waiting = 0;
        for (int i = 0; i < 80; i++)
        {
            mira.Actions = i < 40 ? Deeds : [new CharacterAction("attack", ActionArgument.OneOf("whom", $"wolf {i}"))];
            StageScript.Ask(stage, talk, "Well?");
        }

        while (talk.TryTakeAction(out ActionCall? call))
        {
            waiting++;
            if (call.Name == "attack")
            {
                Assert.StartsWith("wolf ", call.Text("whom"), StringComparison.Ordinal);
                Assert.Throws<ArgumentException>(() => call.Number("whom"));
                Assert.Throws<ArgumentException>(() => call.Text("who"));
            }
        }

        Assert.Equal(16, waiting);
        mira.Actions = [];
        Assert.Empty(mira.Actions);
    }

    [Fact]
    public void What_is_no_action_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new CharacterAction(""));
        Assert.Throws<ArgumentException>(() => new CharacterAction("go away"));
        Assert.Throws<ArgumentException>(() => new CharacterAction("go", ActionArgument.Boolean("action")));
        Assert.Throws<ArgumentException>(() => new CharacterAction("go", ActionArgument.Boolean("a"), ActionArgument.Number("a", 0, 1)));
        Assert.Throws<ArgumentException>(() => new CharacterAction("go", [.. Enumerable.Range(0, 9).Select(i => ActionArgument.Boolean($"a{i}"))]));
        Assert.Throws<ArgumentException>(() => ActionArgument.OneOf("a"));
        Assert.Throws<ArgumentException>(() => ActionArgument.OneOf("a", "b", "b"));
        Assert.Throws<ArgumentException>(() => ActionArgument.OneOf("a", "b\nc"));
        Assert.Throws<ArgumentException>(() => ActionArgument.OneOf("a", "\ud800"));
        Assert.Throws<ArgumentOutOfRangeException>(() => ActionArgument.Number("a", 2, 1));
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(Mira);
        Assert.Throws<ArgumentException>(() => mira.Actions = [Deeds[0], Deeds[0]]);
        Assert.Throws<ArgumentException>(() => mira.Actions = [null!]);
        Assert.Throws<ArgumentNullException>(() => mira.Actions = null!);
    }

    /// <summary>Four characters that act, in a stage that is saved and restored now and then, with actions that wait to be taken.</summary>
    private static (string Words, string Deeds) Play(GptModel model, StageOptions options, StepBudget budget, bool saves)
    {
        DialogueStage stage = new(model, options);
        try
        {
            List<string> deeds = [];
            for (int i = 0; i < 4; i++)
            {
                Npc npc = stage.Add(Mira with { Name = $"Npc{i}" });
                npc.Actions = Deeds;
                stage.Open(npc);
            }

            for (int line = 0; line < Lines; line++)
            {
                foreach (Talk talk in stage.Talks)
                {
                    talk.Say("What do you do?");
                }

                for (int tick = 1; stage.Tick(budget) == StepStatus.Working; tick++)
                {
                    if (saves && tick % 29 == 0)
                    {
                        using MemoryStream save = new();
                        stage.Save(save, keysAndValues: tick % 58 == 0);
                        stage.Dispose();
                        save.Position = 0;
                        stage = DialogueStage.Restore(save, model, options);
                        Assert.All(stage.Npcs, npc => Assert.Equal(Deeds.Select(deed => deed.Form), npc.Actions.Select(action => action.Form)));
                    }
                }

                foreach (Talk talk in line % 3 == 2 ? stage.Talks : [])
                {
                    while (talk.TryTakeAction(out ActionCall? call))
                    {
                        deeds.Add($"{talk.Npc.Name}: {(call.Name == "leave" ? "leave" : $"{call.Text("item")} {call.Number("count")} {call.Boolean("now")}")}");
                    }
                }
            }

            return (string.Join('\n', stage.Talks.Select(StageScript.Lines)), string.Join('\n', deeds));
        }
        finally
        {
            stage.Dispose();
        }
    }
}
