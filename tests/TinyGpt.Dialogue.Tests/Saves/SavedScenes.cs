using TinyGpt.Constraints;
using TinyGpt.Dialogue.Tests.Stage;

namespace TinyGpt.Dialogue.Tests.Saves;

/// <summary>Stages in the middle of something, the same ones in every run, to be saved.</summary>
internal static class SavedScenes
{
    public static readonly Grammar Deed = Grammar.JsonObject(
        ("action", Grammar.Choice("greet", "sell")),
        ("price", Grammar.Number(1, 20)),
        ("odds", Grammar.Number(0m, 1m, 2)),
        ("say", Grammar.Text(8)),
        ("many", Grammar.Repeat(Grammar.Sequence(Grammar.Literal("x"), Grammar.Boolean), 0, 2, "-")));

    /// <summary>A free answer after an interruption, a choice, a grammar, a summary and an exchange.</summary>
    public static DialogueStage Busy(GptModel model)
    {
        DialogueStage stage = new(model, StageScript.Options(sequences: 12));
        Npc[] npcs = [.. Enumerable.Range(0, 5).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Take(4).Select(npc => stage.Open(npc))];
        stage.OpenBetween(npcs[3], npcs[4]).Begin("How is business?");
        talks[0].Say("Hello");
        talks[1].Choose("Which door?", ["left", "right"]);
        talks[2].Ask("What do you do?", Deed);
        talks[3].Summary = "They met.";
        stage.Tick(StepBudget.Passes(9));
        talks[0].Say("Enough!");
        stage.Tick(StepBudget.Passes(5));
        return stage;
    }

    /// <summary>Answers within constraints of each kind, one of them an aside; actions, taken or not.</summary>
    public static DialogueStage Constrained(GptModel model)
    {
        DialogueStage stage = new(model, StageScript.Options(sequences: 12));
        Constraint schema = Constraint.FromJsonSchema("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""");
        Constraint[] constraints = [schema, Constraint.FromRegex("[a-z]+[.!]"), Constraint.FromGbnf("root ::= \"(\" root? \")\""), schema];
        for (int i = 0; i < 5; i++)
        {
            Npc actor = stage.Add(StageScript.Mira with { Name = $"Actor{i}", MaxAnswerTokens = 60 });
            actor.Actions = [new CharacterAction("give", ActionArgument.OneOf("item", "ale"), ActionArgument.Number("n", 1, 30), ActionArgument.Boolean("now"))];
            Talk talk = stage.Open(actor);
            for (int line = 0; line < 4; line++)
            {
                StageScript.Ask(stage, talk, "Well?");
            }

            talk.Say("Again!");
            stage.Tick(StepBudget.Passes(9));
        }

        for (int i = 0; i < 4; i++)
        {
            stage.Open(stage.Add(StageScript.Mira with { Name = $"Npc{i}" })).Ask("Well?", constraints[i], maxTokens: 40, remember: i < 2);
        }

        stage.Tick(StepBudget.Passes(12));
        return stage;
    }

    /// <summary>Few pages: answers under way, suspended and waited for, at several distances; an aside, and unread text.</summary>
    public static DialogueStage Crowded(GptModel model)
    {
        DialogueStage stage = new(model, StageScript.Options(sequences: 6, pages: 12));
        Npc[] npcs = [.. Enumerable.Range(0, 4).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}", MaxAnswerTokens = 100 }))];
        Talk[] talks = [.. npcs.Select(npc => stage.Open(npc, $"Guest {npc.Name}"))];
        for (int i = 0; i < talks.Length; i++)
        {
            npcs[i].Distance = 40 - (10 * i);
            talks[i].Say($"Good day, {npcs[i].Name}!");
            for (int tick = 0; tick < 12; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }
        }

        talks[3].Ask("And what do you do?", Deed, remember: false);
        stage.Tick(StepBudget.OnePass);
        return stage;
    }
}
