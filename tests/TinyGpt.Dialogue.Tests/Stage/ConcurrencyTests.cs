using System.Globalization;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>The contract of <see cref="DialogueStage"/>: anything from any thread, and no call waits for a tick but those that say so.</summary>
public sealed class ConcurrencyTests
{
    private const int Threads = 6;
    private const int CallsOfThread = 250;

    [Fact]
    public void Every_call_from_every_thread_leaves_a_stage_that_works()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { Layers = 1 });
        using DialogueStage stage = new(model, StageScript.Options(sequences: 7, pages: 20));
        Npc[] npcs = [.. Enumerable.Range(0, 4).Select(i => stage.Add(StageScript.Tom with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Select(npc => stage.Open(npc))];
        Exchange exchange = stage.OpenBetween(npcs[0], npcs[1]);
        talks[0].Listen(static (talk, _, _) => talk.Npc.GetFact("Trade"));
        BackgroundRun run = stage.RunInBackground();
        Exception?[] thrown = new Exception?[Threads];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(() => thrown[index] = Record.Exception(() =>
        {
            Random random = new(index);
            for (int i = 0; i < CallsOfThread; i++)
            {
                Call(random.Next(18), stage, npcs[random.Next(npcs.Length)], talks[random.Next(talks.Length)], exchange, i);
            }
        })))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(thrown, Assert.Null);
        Assert.Null(run.Failure);
        run.Dispose();
        exchange.IsHeard = false;
        foreach (Npc npc in npcs)
        {
            npc.Distance = 0;
        }

        byte[] buffer = new byte[4096];
        for (int tick = 0; stage.Tick(StepBudget.Passes(8)) != StepStatus.Idle; tick++)
        {
            Assert.True(tick < 5000, "a talk waits for ever");
            Array.ForEach(talks, talk => talk.TryRead(buffer, out _));
        }

        Assert.All(talks, talk => Assert.Equal(TalkState.Idle, talk.State));
        Assert.NotEqual("", StageScript.Ask(stage, talks[1], "And now?"));
    }

    [Fact]
    public void Calls_do_not_wait_for_a_tick()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(StageScript.Mira);
        Talk talk = stage.Open(mira);
        Talk other = stage.Open(mira);
        bool isDone = false;
        talk.Listen((_, _, _) =>
        {
            // The tick goes on only once another thread has called all of this.
            Thread caller = new(() =>
            {
                other.Say("Hello");
                other.Interrupt();
                other.TryRead(new byte[4], out _);
                mira.Mood = "calm";
                mira.Distance = 3;
                stage.Open(mira).Close();
                stage.OpenBetween(mira, stage.Add(StageScript.Tom)).Begin("Well?");
                other.Transcript();
                isDone = stage.Talks.Count > 1 && stage.Ticks > 0;
            });
            caller.Start();
            Assert.True(caller.Join(TimeSpan.FromSeconds(60)), "a call waits for the tick");
            talk.Listen(null);
        });
        talk.Say("Hello");
        StageScript.Finish(stage);
        Assert.True(isDone);
    }

    private static void Call(int what, DialogueStage stage, Npc npc, Talk talk, Exchange exchange, int number)
    {
        Span<byte> buffer = stackalloc byte[64];
        switch (what)
        {
            case 0:
                talk.Say("Good day. What news is there?");
                break;
            case 1:
                Assert.False(talk.TrySay("  "));
                break;
            case 2:
                talk.Ask("Well?", Saves.SavedScenes.Deed, remember: number % 2 == 0);
                break;
            case 3:
                talk.Choose("Which?", ["left", "right"], remember: number % 2 == 0);
                break;
            case 4:
                talk.Interrupt();
                break;
            case 5:
                talk.Interrupt(shownBytes: number % 7);
                break;
            case 6:
                talk.Cancel();
                break;
            case 7:
                npc.Mood = number % 2 == 0 ? "gruff" : "calm";
                break;
            case 8:
                npc.SetFact("Owes", number % 3 == 0 ? null : number.ToString(CultureInfo.InvariantCulture));
                break;
            case 9:
                npc.Distance = number % 4 * 15;
                break;
            case 10:
                talk.Summary = number % 2 == 0 ? "" : "They met.";
                break;
            case 11:
                stage.Save(Stream.Null, keysAndValues: number % 2 == 0);
                break;
            case 12:
                Assert.InRange(talk.Transcript().Count, 0, 256);
                break;
            case 13:
                Talk brief = stage.Open(npc, "Guest");
                brief.Say("Hello");
                brief.Close();
                break;
            case 14:
                exchange.Stop();
                break;
            case 15:
                _ = Record.Exception(() => exchange.Begin("How is business?", lines: 3)) is null or InvalidOperationException; // another thread was first
                break;
            case 16:
                exchange.IsHeard = number % 2 == 0;
                npc.Prepare();
                break;
            default:
                while (talk.TryRead(buffer, out _) || exchange.TryRead(buffer, out _, out _))
                {
                }

                break;
        }
    }
}
