using System.Text.Json;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Answers that a game can act on.</summary>
public sealed class ChoiceTests
{
    private static readonly string[] Doors = ["the left door", "the right door", "the left", "no door at all, never"];

    private static readonly Grammar Deed = Grammar.JsonObject(("action", Grammar.Choice("greet", "sell")), ("price", Grammar.Number(1, 20)));

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Probabilities_are_the_softmax_of_the_options_log_probabilities(int lookup)
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options(lookup: lookup));
        Talk talk = stage.Open(stage.Add(StageScript.Tom with { Sampling = SamplingOptions.Greedy }));
        Choice choice = talk.Choose("Which door?", Doors);
        Assert.False(choice.IsMade);
        Assert.Throws<InvalidOperationException>(() => choice.Probabilities.Length);
        StageScript.Finish(stage);
        Assert.True(choice.IsMade);
        string prompt = "Name: Tom\nTrade: smith\nMood: gruff\nHome: the forge\n\nPlayer: Which door?\nTom:";
        double[] scores = [.. Doors.Select(door => Score(model, prompt, $" {door}\n"))];
        double[] weights = [.. scores.Select(Math.Exp)];
        for (int i = 0; i < Doors.Length; i++)
        {
            Assert.Equal(scores[i], choice.LogProbabilities[i], 1e-3);
            Assert.Equal(weights[i] / weights.Sum(), choice.Probabilities[i], 1e-3);
        }

        Assert.Equal(Array.IndexOf(scores, scores.Max()), choice.Index);
        Assert.Equal(Doors[choice.Index], choice.Text);
        Assert.Equal(choice.Text, StageScript.Read(talk));
        Assert.Equal($"Player: Which door?\nTom: {choice.Text}", StageScript.Lines(talk));
    }

    [Fact]
    public void Every_option_is_drawn_about_as_often_as_it_is_likely()
    {
        using GptModel model = DialogueModels.Bytes();
        int[] counts = new int[2];
        double expected = 0;
        for (ulong seed = 0; seed < 150; seed++)
        {
            using DialogueStage stage = new(model, StageScript.Options(seed: seed));
            Talk talk = stage.Open(stage.Add(StageScript.Tom with { Sampling = new SamplingOptions { Temperature = 1 } }));
            Choice choice = talk.Choose("Ready?", ["yes", "aye"]);
            StageScript.Finish(stage);
            counts[choice.Index]++;
            expected += choice.Probabilities[0];
        }

        Assert.InRange(counts[0], expected - 20, expected + 20);
        Assert.NotEqual(0, counts[1]);
    }

    [Fact]
    public void An_aside_is_forgotten_and_changes_nothing_that_follows()
    {
        using GptModel model = DialogueModels.Bytes();
        string Talk(bool asks)
        {
            using DialogueStage stage = new(model, StageScript.Options());
            Talk talk = stage.Open(stage.Add(StageScript.Mira with { Sampling = SamplingOptions.Greedy }));
            StageScript.Ask(stage, talk, "Hello.");
            if (asks)
            {
                Choice mood = talk.Choose("How do you feel?", ["happy", "sad"], remember: false);
                StageScript.Finish(stage);
                Assert.True(mood.IsMade);
                Assert.False(talk.HasText);
                talk.Ask("What do you do?", Deed, remember: false);
                StageScript.Finish(stage);
                Assert.NotEmpty(StageScript.Read(talk));
            }

            StageScript.Ask(stage, talk, "A room, please.");
            return StageScript.Lines(talk);
        }

        Assert.Equal(Talk(asks: false), Talk(asks: true));
    }

    [Fact]
    public void An_answer_under_a_grammar_is_of_the_grammar_and_part_of_the_talk()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        stage.Prepare(Deed);
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        HashSet<string> actions = [];
        for (int i = 0; i < 25; i++)
        {
            talk.Ask($"What do you do now, for the {i}th time?", Deed);
            StageScript.Finish(stage, i % 2 == 0 ? StepBudget.OnePass : StepBudget.Unlimited);
            string answer = StageScript.Read(talk);
            using JsonDocument document = JsonDocument.Parse(answer);
            actions.Add(document.RootElement.GetProperty("action").GetString()!);
            Assert.InRange(document.RootElement.GetProperty("price").GetInt32(), 1, 20);
            Assert.EndsWith($"Mira: {answer}", StageScript.Lines(talk), StringComparison.Ordinal);
            Assert.Equal(TalkEnd.Finished, talk.LastEnd);
        }

        Assert.Equal(2, actions.Count);
        StageScript.Ask(stage, talk, "Thank you.");
    }

    [Fact]
    public void A_choice_that_the_talk_went_on_without_is_cancelled()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        for (int ticks = 0; ticks < 14; ticks++)
        {
            Choice choice = talk.Choose("Which door?", Doors);
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }

            Assert.False(choice.IsMade);
            Assert.Equal(ticks == 0 ? null : choice, talk.PendingChoice);
            talk.Say("Never mind.");
            StageScript.Finish(stage);
            Assert.True(choice.IsCancelled);
            Assert.True(talk.LastEnd is TalkEnd.Finished or TalkEnd.Length);
            StageScript.Read(talk);
        }

        Assert.DoesNotContain("door at all", StageScript.Lines(talk), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_chosen_or_said_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        Assert.Throws<ArgumentException>(() => talk.Choose("Well?", ["one"]));
        Assert.Throws<ArgumentException>(() => talk.Choose("Well?", ["one", " "]));
        Assert.Throws<ArgumentException>(() => talk.Choose("Well?", ["one", "a\nb"]));
        Assert.Throws<ArgumentException>(() => talk.Choose("", ["one", "two"]));
        Assert.Throws<ArgumentException>(() => talk.Choose("Well?", ["one", new string('x', 500)]));
        Assert.Throws<GrammarException>(() => stage.Prepare(Grammar.Sequence(Grammar.Literal("a\n"), Grammar.Boolean)));
        Assert.Throws<ArgumentException>(() => talk.Ask("Well?", Grammar.Text(400)));
        stage.Prepare(Grammar.JsonObject(("a", Grammar.Literal("line\nbreak"))));
    }

    [Fact]
    public void A_grammar_whose_texts_would_be_cut_by_the_layouts_own_end_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        DialogueStage Stage(string end) => new(model, StageScript.Options() with { Layout = PromptLayout.Tavern with { AnswerEnd = end } });
        using (DialogueStage stage = Stage("."))
        {
            foreach (Grammar cut in new[]
            {
                Grammar.Text(5), Grammar.Number(0m, 1m, 1), Grammar.Json(Grammar.Literal("a.")), Grammar.JsonObject(("a.b", Grammar.Boolean)),
                Grammar.Repeat(Grammar.Boolean, 0, 2, "."), Grammar.Choice("yes", "no."),
            })
            {
                Assert.Contains("cut short", Assert.Throws<GrammarException>(() => stage.Prepare(cut)).Message, StringComparison.Ordinal);
            }

            Talk talk = stage.Open(stage.Add(StageScript.Mira));
            talk.Ask("Well?", Grammar.Choice("yes", "yes and no", "no"));
            StageScript.Finish(stage);
            Assert.Contains(StageScript.Read(talk), new[] { "yes", "yes and no", "no" });
        }

        // The end would be found one character too early: in "ab" and then "aba", "aba" begins at once.
        using DialogueStage overlapping = Stage("aba");
        Assert.Throws<GrammarException>(() => overlapping.Prepare(Grammar.Choice("ab", "ab or no")));
        overlapping.Prepare(Grammar.Choice("ba", "ba or no"));
    }

    private static double Score(GptModel model, string prompt, string option)
    {
        using LogitsEvaluator evaluator = new(model);
        int[] before = model.Tokenizer!.Encode(prompt);
        int[] tokens = [.. model.Tokenizer.Encode(option[..^1]), .. model.Tokenizer.Encode("\n")];
        double score = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            double[] logits = [.. evaluator.Evaluate([.. before, .. tokens[..i]]).ToArray().Select(logit => (double)logit)];
            score += logits[tokens[i]] - Math.Log(logits.Sum(Math.Exp));
        }

        return score;
    }
}
