using System.Diagnostics;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

public sealed class BackgroundTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Lines_that_are_said_while_the_stage_sleeps_wake_it()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        using BackgroundRun run = stage.RunInBackground();
        Assert.Throws<InvalidOperationException>(() => stage.Tick(StepBudget.OnePass));
        Assert.Throws<InvalidOperationException>(() => stage.RunInBackground());
        for (int i = 0; i < 5; i++)
        {
            talk.Say($"Line {i}.");
            WaitUntil(() => talk.State == TalkState.Idle);
            StageScript.Read(talk);
        }

        Assert.Null(run.Failure);
        run.Dispose();
        StageScript.Ask(stage, talk, "And now by ticks.");
        Assert.InRange(talk.Transcript().Count, 6, 12);
    }

    [Fact]
    public void An_exception_of_a_listener_ends_the_run_and_can_be_seen()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        talk.Listen(static (_, _, _) => throw new FormatException("listener"));
        using BackgroundRun run = stage.RunInBackground();
        talk.Say("Hello");
        WaitUntil(() => run.Failure is not null);
        Assert.IsType<FormatException>(run.Failure);
    }

    [Fact]
    public void A_listener_may_say_the_next_line()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        int heard = 0;
        talk.Listen((which, _, _) =>
        {
            if (++heard < 4)
            {
                which.Say("Go on.");
            }
        });
        talk.Say("Hello");
        StageScript.Finish(stage);
        Assert.Equal(4, talk.Transcript().Count(line => line.Speaker == "Player"));
    }

    [Fact]
    public void A_listener_that_ticks_saves_or_disposes_the_stage_which_calls_it_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        List<Exception?> refused = [];
        talk.Listen((_, _, _) =>
        {
            refused.Add(Record.Exception(() => stage.Tick(StepBudget.OnePass)));
            refused.Add(Record.Exception(() => stage.Save(Stream.Null)));
            refused.Add(Record.Exception(stage.Dispose));
        });
        talk.Say("Hello");
        StageScript.Finish(stage);
        Assert.NotEmpty(refused);
        Assert.All(refused, exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Equal(2, talk.Transcript().Count);
    }

    [Fact]
    public void A_run_whose_listener_failed_can_be_followed_by_ticks_or_another_run()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        talk.Listen(static (_, _, _) => throw new FormatException("listener"));
        using (BackgroundRun run = stage.RunInBackground())
        {
            talk.Say("Hello");
            WaitUntil(() => run.Failure is not null);
            Assert.Throws<InvalidOperationException>(() => stage.Tick(StepBudget.OnePass));
        }

        talk.Listen(null);
        StageScript.Finish(stage);
        using BackgroundRun second = stage.RunInBackground();
        talk.Say("And now?");
        WaitUntil(() => talk.State == TalkState.Idle);
        Assert.Null(second.Failure);
    }

    [Fact]
    public void A_stage_that_is_disposed_ends_its_run_and_refuses_everything()
    {
        using GptModel model = DialogueModels.Bytes();
        DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        Npc tom = stage.Add(StageScript.Tom);
        Exchange exchange = stage.OpenBetween(talk.Npc, tom);
        stage.RunInBackground();
        talk.Say("Hello");
        stage.Dispose();
        stage.Dispose();
        Assert.Throws<ObjectDisposedException>(() => talk.Say("Hello"));
        Assert.Throws<ObjectDisposedException>(() => stage.Tick(StepBudget.OnePass));
        Assert.Throws<ObjectDisposedException>(() => stage.Add(StageScript.Tom));
        Assert.Throws<ObjectDisposedException>(() => stage.Open(talk.Npc));
        Assert.Throws<ObjectDisposedException>(() => stage.OpenBetween(talk.Npc, tom));
        Assert.Throws<ObjectDisposedException>(() => stage.Prepare(Grammar.Boolean));
        Assert.Throws<ObjectDisposedException>(() => stage.RunInBackground());
        Assert.Throws<ObjectDisposedException>(() => stage.Save(Stream.Null));
        Assert.Throws<ObjectDisposedException>(() => talk.Ask("Well?", Grammar.Boolean));
        Assert.Throws<ObjectDisposedException>(() => talk.Choose("Well?", ["yes", "no"]));
        Assert.Throws<ObjectDisposedException>(() => talk.Interrupt());
        Assert.Throws<ObjectDisposedException>(() => talk.Cancel());
        Assert.Throws<ObjectDisposedException>(() => talk.Npc.Prepare());
        Assert.Throws<ObjectDisposedException>(() => exchange.Begin("How is business?"));
        Assert.Throws<ObjectDisposedException>(() => exchange.Stop());
        Assert.False(talk.TryRead(new byte[4], out _) && talk.Transcript().Count == 0);
        talk.Npc.Mood = "gone";
        Assert.Equal("gone", talk.Npc.Mood);
        talk.Close();
        exchange.Close();
    }

    [Fact]
    public void A_run_and_its_stage_can_be_disposed_at_the_same_time_and_nothing_fails()
    {
        using GptModel model = DialogueModels.Bytes();
        for (int i = 0; i < 60; i++)
        {
            DialogueStage stage = new(model, StageScript.Options());
            Talk talk = stage.Open(stage.Add(StageScript.Mira));
            BackgroundRun run = stage.RunInBackground();
            talk.Say("Hello");
            Exception?[] thrown = new Exception?[3];
            using Barrier together = new(thrown.Length);
            Thread[] threads = [.. thrown.Select((_, index) => new Thread(() =>
            {
                together.SignalAndWait();
                thrown[index] = Record.Exception(index == 0 ? stage.Dispose : run.Dispose);
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Assert.All(thrown, Assert.Null);
            Assert.Null(run.Failure);
        }
    }

    private static void WaitUntil(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, "nothing happens in the background");
            Thread.Sleep(1);
        }
    }
}
