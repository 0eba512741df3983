using System.Text;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Barge-in: what was shown stays said, and nothing else.</summary>
public sealed class InterruptionTests
{
    private static readonly Persona Greedy = StageScript.Mira with { Sampling = new SamplingOptions { Temperature = 1 } };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void An_interrupted_answer_is_what_was_read_of_it(int bytes)
    {
        using GptModel model = DialogueModels.Bytes();
        foreach (int ticks in new[] { 3, 9, 40 })
        {
            using DialogueStage stage = new(model, StageScript.Options());
            Talk talk = stage.Open(stage.Add(Greedy));
            talk.Say("Tell me all.");
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }

            byte[] shown = new byte[bytes + 3];
            int length = 0;
            while (length < bytes && talk.TryRead(shown.AsSpan(length, Math.Min(4, shown.Length - length)), out int written))
            {
                length += written;
            }

            bool wasWhole = talk.State == TalkState.Idle && !talk.HasText;
            talk.Say("Enough!");
            Assert.False(talk.HasText);
            stage.Tick(StepBudget.OnePass);
            string text = Encoding.UTF8.GetString(shown, 0, length);
            string[] expected = length == 0 && !wasWhole ? ["Player: Tell me all.", "Player: Enough!"]
                : ["Player: Tell me all.", $"Mira: {text}", "Player: Enough!"];
            Assert.Equal(expected, StageScript.Lines(talk).Split('\n'));
            StageScript.Finish(stage);
            Assert.NotEmpty(StageScript.Read(talk));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_aside_that_nobody_read_to_its_end_takes_nothing_away_from_what_was_said_before(bool isSaved)
    {
        using GptModel model = DialogueModels.Bytes();
        DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        StageScript.Ask(stage, talk, "Hello");
        string before = StageScript.Lines(talk);
        talk.Ask("What do you do?", Saves.SavedScenes.Deed, remember: false);
        StageScript.Finish(stage);
        Assert.True(talk.HasText);
        if (isSaved)
        {
            MemoryStream save = new();
            stage.Save(save);
            stage.Dispose();
            save.Position = 0;
            stage = DialogueStage.Restore(save, model, StageScript.Options());
            talk = stage.Talks[0];
        }

        talk.Interrupt();
        stage.Tick(StepBudget.OnePass);
        Assert.Equal((before, TalkEnd.Interrupted), (StageScript.Lines(talk), talk.LastEnd));
        stage.Dispose();
    }

    [Fact]
    public void An_answer_can_be_cut_where_the_game_has_shown_it_to()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(Greedy));
        string answer = StageScript.Ask(stage, talk, "Tell me all.");
        talk.Interrupt(shownBytes: 1_000_000);
        stage.Tick(StepBudget.OnePass);
        Assert.Equal($"Player: Tell me all.\nMira: {answer}", StageScript.Lines(talk));
        int half = answer.Length / 2;
        talk.Interrupt(Encoding.UTF8.GetByteCount(answer.AsSpan(0, half)));
        stage.Tick(StepBudget.OnePass);
        Assert.Equal($"Player: Tell me all.\nMira: {answer[..half]}", StageScript.Lines(talk));
        Assert.Equal(TalkEnd.Interrupted, talk.LastEnd);
        Assert.Throws<ArgumentOutOfRangeException>(() => talk.Interrupt(-1));
    }

    [Fact]
    public void What_follows_an_interruption_is_what_follows_the_same_transcript()
    {
        using GptModel model = DialogueModels.Bytes();
        HashSet<string> words = [];
        foreach (StepBudget budget in new[] { StepBudget.OnePass, StepBudget.Milliseconds(0.1), StepBudget.Unlimited })
        {
            using DialogueStage stage = new(model, StageScript.Options());
            Talk talk = stage.Open(stage.Add(Greedy));
            talk.Say("Tell me all.");
            int length = 0;
            for (int tick = 0; length < 6; tick++)
            {
                Assert.InRange(tick, 0, 100_000);
                stage.Tick(budget);
                length += Encoding.UTF8.GetByteCount(StageScript.Read(talk));
            }

            talk.Interrupt(shownBytes: 6);
            talk.Say("Enough!");
            StageScript.Finish(stage, budget);
            words.Add(StageScript.Read(talk) + "\n" + StageScript.Lines(talk));
        }

        Assert.Single(words);
    }

    [Fact]
    public void A_cancelled_line_was_never_said()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(Greedy));
        StageScript.Ask(stage, talk, "Hello.");
        string before = StageScript.Lines(talk);
        for (int ticks = 0; ticks < 12; ticks++)
        {
            talk.Say("Give me your purse!");
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
            }

            talk.Cancel();
            Assert.Equal(StepStatus.Idle, stage.Tick(StepBudget.OnePass));
            Assert.Equal(before, StageScript.Lines(talk));
            Assert.Equal(TalkEnd.Cancelled, talk.LastEnd);
            Assert.False(talk.HasText);
        }

        talk.Cancel();
        talk.Interrupt();
        stage.Tick(StepBudget.OnePass);
        Assert.Equal(before, StageScript.Lines(talk));
    }

    [Fact]
    public void Several_lines_in_one_tick_are_all_heard_and_the_last_is_answered()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(Greedy));
        talk.Say("One.");
        talk.Say("Two.");
        talk.Say("Three.");
        StageScript.Finish(stage);
        Assert.StartsWith("Player: One.\nPlayer: Two.\nPlayer: Three.\nMira: ", StageScript.Lines(talk), StringComparison.Ordinal);
    }
}
