using System.Text;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>What a character hears and says in one talk.</summary>
public sealed class TalkTests
{
    [Fact]
    public void What_a_player_writes_can_be_tried_whatever_it_is()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        foreach (string line in new[] { "", " \t\r\n", new string('x', 600) })
        {
            Assert.False(talk.TrySay(line));
            Assert.Throws<ArgumentException>(() => talk.Say(line));
            Assert.Equal(TalkState.Idle, talk.State);
        }

        Assert.True(talk.TrySay("Hello"));
        Assert.Equal(TalkState.Waiting, talk.State);
        Assert.False(talk.TrySay(""));
        StageScript.Finish(stage);
        Assert.Equal(["Hello"], talk.Transcript().Where(line => line.Speaker == "Player").Select(line => line.Text));
        talk.Close();
        Assert.Throws<InvalidOperationException>(() => talk.TrySay("Hello"));
    }

    [Fact]
    public void An_answer_is_that_of_an_engine_that_was_given_the_tavern_prompt()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira with { Sampling = SamplingOptions.Greedy }));
        string first = StageScript.Ask(stage, talk, "What does the ale cost?");
        string second = StageScript.Ask(stage, talk, "  And\nthe stew? ");
        string card = "Name: Mira\nTrade: innkeeper\nMood: cheerful\nHome: the Gilded Goose\nSells: ale 2, stew 5\n"
            + "Rumour: wolves prowl near the mill\n";
        Assert.Equal(Direct(model, card + "\nPlayer: What does the ale cost?\nMira:", out string raw), first);
        string rest = card + $"\nPlayer: What does the ale cost?\nMira:{raw}\nPlayer: And the stew?\nMira:";
        Assert.Equal(Direct(model, rest, out _), second);
        Assert.Equal($"Player: What does the ale cost?\nMira: {first}\nPlayer: And the stew?\nMira: {second}", StageScript.Lines(talk));
    }

    [Fact]
    public void A_world_examples_style_and_a_summary_stand_where_the_layout_says()
    {
        using GptModel model = DialogueModels.Bytes();
        Persona persona = StageScript.Mira with
        {
            Sampling = SamplingOptions.Greedy,
            Facts = [new("Age", "40")],
            Style = ["Mira speaks softly.", "Mira never lies."],
            Examples = [new("A room?", "Twelve coins."), new("Hm.", "Cheaper there is none.")],
        };
        using DialogueStage stage = new(model, StageScript.Options(world: "A village in the hills.") with { Layout = PromptLayout.Plain });
        Talk talk = stage.Open(stage.Add(persona), "Ranger");
        talk.Summary = "The ranger paid\nfor a week.";
        string answer = StageScript.Ask(stage, talk, "Good morning.");
        string prompt = "A village in the hills.\n\nThis is a talk with Mira.\nMira speaks softly.\nMira never lies.\nMira is cheerful today.\nAge: 40"
            + "\n\nPlayer: A room?\nMira: Twelve coins.\nPlayer: Hm.\nMira: Cheaper there is none."
            + "\nThe ranger paid for a week.\nRanger: Good morning.\nMira:";
        Assert.Equal(Direct(model, prompt, out _), answer);
    }

    [Fact]
    public void A_changed_fact_costs_the_reading_of_what_stands_behind_it_only()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        string home = $"the Gilded Goose{new string('!', 150)}";
        Npc npc = stage.Add(StageScript.Mira with
        {
            Sampling = SamplingOptions.Greedy,
            Facts = [.. StageScript.Mira.Facts.Select(fact => fact.Key == "Home" ? fact with { Value = home } : fact)],
        });
        Talk talk = stage.Open(npc);
        StageScript.Ask(stage, talk, "Hello");
        string before = StageScript.Lines(talk);
        int prompt = model.Tokenizer!.Encode($"Name: Mira\nTrade: innkeeper\nMood: cheerful\nHome: {home}\nSells: ale 2").Length;
        npc.SetFact("Sells", "ale 3, stew 5");
        Assert.Equal("ale 3, stew 5", npc.GetFact("Sells"));
        long computed = stage.ComputedTokens;
        string answer = StageScript.Ask(stage, talk, "What does the ale cost?");
        string full = $"Name: Mira\nTrade: innkeeper\nMood: cheerful\nHome: {home}\nSells: ale 3, stew 5\nRumour: wolves prowl near the mill\n\n"
            + $"{before}\nPlayer: What does the ale cost?\nMira:";
        Assert.Equal(Direct(model, full, out _), answer);
        int all = model.Tokenizer.Encode(full).Length;
        int card = model.Tokenizer.Encode(", stew 5\nRumour: wolves prowl near the mill").Length;
        Assert.InRange(stage.ComputedTokens - computed, 1, all - prompt + card + 24 + 8);
        Assert.True(all - prompt + card + 24 + 8 < all, "the test shows nothing");
    }

    [Fact]
    public void Moods_and_facts_come_and_go()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc npc = stage.Add(StageScript.Mira with { Sampling = SamplingOptions.Greedy });
        npc.Mood = "sad";
        npc.SetFact("Rumour", null);
        npc.SetFact("Quest", "find the ring");
        Assert.Null(npc.GetFact("Rumour"));
        Assert.Equal(["Trade", "Home", "Sells", "Quest"], npc.Facts.Select(fact => fact.Key));
        string prompt = "Name: Mira\nTrade: innkeeper\nMood: sad\nHome: the Gilded Goose\nSells: ale 2, stew 5\nQuest: find the ring\n\nPlayer: Hello\nMira:";
        Assert.Equal(Direct(model, prompt, out _), StageScript.Ask(stage, stage.Open(npc), "Hello"));
        npc.Mood = "";
        Assert.Equal(
            Direct(model, prompt.Replace("Mood: sad\n", "", StringComparison.Ordinal), out _), StageScript.Ask(stage, stage.Open(npc), "Hello"));
        Assert.Throws<PersonaException>(() => npc.Mood = "two\nlines");
        Assert.Throws<PersonaException>(() => npc.SetFact("Rumour", ""));
        Assert.Throws<ArgumentException>(() => npc.SetFact("Rumour", new string('x', 900)));
        Assert.Null(npc.GetFact("Rumour"));
    }

    [Fact]
    public void Older_turns_leave_the_prompt_at_their_borders_and_the_card_stays()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 220 });
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Tom with { Sampling = SamplingOptions.Greedy }));
        string card = "Name: Tom\nTrade: smith\nMood: gruff\nHome: the forge\n";
        for (int turn = 0; turn < 30; turn++)
        {
            string answer = StageScript.Ask(stage, talk, $"Question {turn}, good man?");
            IReadOnlyList<TranscriptLine> lines = talk.Transcript();
            string remembered = string.Concat(lines.Where(line => line.IsRemembered).SkipLast(1).Select(line => $"\n{line.Speaker}: {line.Text}"));
            Assert.Equal(Direct(model, $"{card}{remembered}\nTom:", out _), answer);
        }

        Assert.Contains(talk.Transcript(), line => !line.IsRemembered);
        Assert.InRange(talk.Transcript().Count(line => line.IsRemembered), 2, 12);
    }

    [Fact]
    public void Lines_that_do_not_fit_or_are_empty_are_refused_and_talks_that_are_closed_stay_closed()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc npc = stage.Add(StageScript.Mira);
        Talk talk = stage.Open(npc);
        Assert.Throws<ArgumentException>(() => talk.Say(" \n\t"));
        Assert.Contains("room", Assert.Throws<ArgumentException>(() => talk.Say(new string('x', 450))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => talk.Say(new string('x', 10_000)));
        Assert.Equal(StepStatus.Idle, stage.Tick(StepBudget.Unlimited));
        Assert.Equal(TalkState.Idle, talk.State);
        talk.Summary = "They met.";
        Assert.Contains(
            "room", Assert.Throws<ArgumentException>(() => talk.Summary = new string('x', 450)).Message, StringComparison.Ordinal);
        Assert.Equal("They met.", talk.Summary);
        Assert.Throws<ArgumentException>(() => stage.Add(StageScript.Mira with { MaxAnswerTokens = 400 }));
        Assert.Throws<PersonaException>(() => stage.Add(StageScript.Mira with { Name = "" }));
        Assert.NotEmpty(StageScript.Ask(stage, talk, "Hello"));
        talk.Close();
        Assert.Throws<InvalidOperationException>(() => talk.Say("Hello"));
        stage.Tick(StepBudget.Unlimited);
        Assert.Empty(stage.Talks);
        Assert.Equal(2, talk.Transcript().Count);
        using DialogueStage other = new(model, StageScript.Options());
        Assert.Throws<ArgumentException>(() => other.Open(npc));
    }

    [Fact]
    public void Partners_have_names_of_one_line()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc npc = stage.Add(StageScript.Mira);
        foreach (string name in new[] { "", " ", "a\nb", new string('x', Persona.MaxNameLength + 1), "\uD83D" })
        {
            Assert.Throws<ArgumentException>(() => stage.Open(npc, name));
        }

        Assert.Throws<ArgumentNullException>(() => stage.Open(npc, null!));
        Assert.Throws<ArgumentNullException>(() => stage.Open(null!));
        Assert.Empty(stage.Talks);
        string longest = new('x', Persona.MaxNameLength);
        Assert.Equal(longest, stage.Open(npc, longest).Partner);
    }

    [Fact]
    public void What_must_be_there_or_in_a_range_is_refused_without_any_effect()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc npc = stage.Add(StageScript.Mira);
        Talk talk = stage.Open(npc);
        Exchange exchange = stage.OpenBetween(npc, stage.Add(StageScript.Tom));
        Assert.Throws<ArgumentNullException>(() => stage.Add(null!));
        Assert.Throws<ArgumentNullException>(() => stage.OpenBetween(npc, null!));
        Assert.Throws<ArgumentNullException>(() => stage.Prepare((Grammar)null!));
        Assert.Throws<ArgumentNullException>(() => stage.Save(null!));
        Assert.Throws<NotSupportedException>(() => stage.Save(new MemoryStream([], writable: false)));
        Assert.Throws<ArgumentNullException>(() => DialogueStage.Restore(null!, model));
        Assert.Throws<ArgumentNullException>(() => DialogueStage.Restore(Stream.Null, null!));
        Assert.Throws<ArgumentNullException>(() => npc.GetFact(null!));
        Assert.Throws<ArgumentNullException>(() => npc.SetFact(null!, "x"));
        Assert.Throws<PersonaException>(() => npc.SetFact("", "x"));
        Assert.Throws<PersonaException>(() => npc.Mood = null!);
        Assert.Throws<ArgumentNullException>(() => talk.Summary = null!);
        Assert.Throws<ArgumentNullException>(() => talk.Ask("Well?", (Grammar)null!));
        Assert.Throws<ArgumentNullException>(() => talk.Choose(null!, ["yes", "no"]));
        Assert.Throws<ArgumentNullException>(() => talk.Choose("Well?", null!));
        Assert.Throws<ArgumentException>(() => talk.Choose("Well?", ["yes", null!]));
        Assert.Throws<ArgumentOutOfRangeException>(() => talk.Interrupt(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => exchange.Begin("Well?", lines: 0));
        Assert.Throws<ArgumentException>(() => exchange.Begin(" "));
        Assert.Equal(StepStatus.Idle, stage.Tick(StepBudget.Unlimited));
        Assert.Equal(("cheerful", 4, 0), (npc.Mood, npc.Facts.Count, talk.Transcript().Count));
    }

    [Fact]
    public void States_and_ends_say_what_a_talk_is_doing()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        Assert.Equal((TalkState.Idle, TalkEnd.None), (talk.State, talk.LastEnd));
        talk.Say("Hello");
        Assert.Equal((TalkState.Waiting, TalkEnd.None), (talk.State, talk.LastEnd));
        HashSet<TalkState> states = [];
        while (stage.Tick(StepBudget.OnePass) != StepStatus.Idle)
        {
            states.Add(talk.State);
        }

        Assert.Contains(TalkState.Answering, states);
        Assert.Equal(TalkState.Idle, talk.State);
        Assert.True(talk.LastEnd is TalkEnd.Length or TalkEnd.Finished);
        Assert.True(talk.HasText);
    }

    [Fact]
    public void A_listener_is_handed_the_text_that_polling_would_read()
    {
        using GptModel model = DialogueModels.Bytes();
        string expected;
        using (DialogueStage polled = new(model, StageScript.Options()))
        {
            expected = StageScript.Ask(polled, polled.Open(polled.Add(StageScript.Mira)), "Hello");
        }

        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        StringBuilder heard = new();
        talk.Listen(static (_, utf8, state) => ((StringBuilder)state!).Append(Encoding.UTF8.GetString(utf8)), heard);
        talk.Say("Hello");
        StageScript.Finish(stage, StepBudget.OnePass);
        Assert.Equal(expected, heard.ToString());
        Assert.False(talk.HasText);
    }

    /// <summary>What an engine says greedily after a prompt.</summary>
    private static string Direct(GptModel model, string prompt, out string raw)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(null, new SessionOptions { MaxNewTokens = 24, StopStrings = ["\n"] });
        session.Append(prompt);
        engine.Step(StepBudget.Unlimited);
        byte[] text = new byte[1024];
        session.TryRead(text, out int written);
        raw = Encoding.UTF8.GetString(text, 0, written);
        return raw.TrimStart(' ', '\t', '\r', '\n');
    }
}
