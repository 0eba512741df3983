using System.Text;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Words depend on what was said and on the seed, and on nothing else; ticks of passes are the same on every machine.</summary>
public sealed class DeterminismTests
{
    private static readonly StepBudget[] Budgets =
        [StepBudget.OnePass, StepBudget.Passes(7), StepBudget.Milliseconds(0.05), StepBudget.Milliseconds(1), StepBudget.Unlimited];

    [Fact]
    public void Budgets_threads_memory_guesses_and_distances_change_no_word()
    {
        using GptModel model = DialogueModels.Bytes();
        string expected = Play(model, StageScript.Options(sequences: 30), StepBudget.Unlimited);
        Assert.NotEqual(expected, Play(model, StageScript.Options(sequences: 30, seed: 6), StepBudget.Unlimited));
        uint state = 1;
        foreach (StepBudget budget in Budgets)
        {
            foreach ((int sequences, int? pages, int threads, int lookup) in
                new[] { (30, (int?)null, 2, 0), (4, 12, 1, 4), (12, 14, 1, 0) })
            {
                StageOptions options = StageScript.Options(sequences, pages, threads: threads, lookup: lookup);
                Assert.Equal(expected, Play(model, options, budget, npc =>
                {
                    state = (state * 1664525) + 1013904223;
                    npc.Distance = (state >> 16) % 90;
                }));
            }
        }
    }

    [Fact]
    public void A_stage_in_the_background_says_what_a_stage_that_is_ticked_says()
    {
        using GptModel model = DialogueModels.Bytes();
        string expected = Play(model, StageScript.Options(sequences: 30), StepBudget.Unlimited);
        for (int run = 0; run < 3; run++)
        {
            Assert.Equal(expected, Play(model, StageScript.Options(sequences: 5, threads: 1 + (run % 2)), budget: null));
        }
    }

    [Fact]
    public void A_tick_that_is_cancelled_loses_nothing()
    {
        using GptModel model = DialogueModels.Bytes();
        string Play(bool isCancelled)
        {
            using DialogueStage stage = new(model, StageScript.Options());
            Talk talk = stage.Open(stage.Add(StageScript.Mira));
            talk.Say("Hello");
            long ticks = 0;
            while (talk.State != TalkState.Idle)
            {
                if (isCancelled)
                {
                    Assert.ThrowsAny<OperationCanceledException>(() => stage.Tick(StepBudget.Unlimited, new CancellationToken(canceled: true)));
                    ticks++;
                }

                stage.Tick(StepBudget.OnePass);
                Assert.Equal(++ticks, stage.Ticks);
            }

            return StageScript.Read(talk);
        }

        Assert.Equal(Play(isCancelled: false), Play(isCancelled: true));
    }

    [Fact]
    public void The_same_inputs_in_the_same_ticks_give_the_same_text_in_the_same_ticks()
    {
        using GptModel model = DialogueModels.Bytes();
        HashSet<string> logs = [];
        foreach (KernelTier tier in KernelTiers.All.Where(KernelTiers.IsSupported))
        {
            foreach (int threads in new[] { 1, 2 })
            {
                StageOptions options = StageScript.Options(sequences: 5, pages: 14);
                logs.Add(LogTicks(model, options with { Engine = options.Engine with { Tier = tier, Threads = threads } }));
            }
        }

        Assert.Single(logs);
    }

    /// <summary>Four talks and two exchanges; each talk goes on as soon as its answer was read.</summary>
    private static string Play(GptModel model, StageOptions options, StepBudget? budget, Action<Npc>? everyTick = null)
    {
        using DialogueStage stage = new(model, options);
        Npc[] npcs = [.. Enumerable.Range(0, 6).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}", MaxAnswerTokens = 10 + (3 * i) }))];
        Talk[] talks = [.. npcs.Take(4).Select(npc => stage.Open(npc))];
        Exchange[] exchanges = [stage.OpenBetween(npcs[4], npcs[5]), stage.OpenBetween(npcs[5], npcs[4])];
        Array.ForEach(exchanges, exchange => exchange.Begin("How is business?", lines: 4));
        int[] said = new int[talks.Length];
        using BackgroundRun? run = budget is null ? stage.RunInBackground() : null;
        while (said.Min() < 5 || exchanges.Any(exchange => exchange.IsRunning) || talks.Any(talk => talk.State != TalkState.Idle))
        {
            Assert.Null(run?.Failure);
            for (int i = 0; i < talks.Length; i++)
            {
                StageScript.Read(talks[i]);
                if (said[i] < 5 && talks[i].State == TalkState.Idle && !talks[i].HasText)
                {
                    if (said[i] == 3)
                    {
                        npcs[i].SetFact("Sells", $"ale {i + 2}");
                    }

                    talks[i].Say($"Line {said[i]++}, good folk!");
                }
            }

            byte[] buffer = new byte[64];
            Array.ForEach(exchanges, exchange => exchange.TryRead(buffer, out _, out _));
            Array.ForEach(npcs, npc => everyTick?.Invoke(npc));
            if (budget is { } given)
            {
                stage.Tick(given);
            }
        }

        return string.Join('\n', talks.Concat(exchanges.Select(exchange => exchange.FirstSide)).Select(StageScript.Lines));
    }

    private static string LogTicks(GptModel model, StageOptions options)
    {
        using DialogueStage stage = new(model, options);
        Npc[] npcs = [.. Enumerable.Range(0, 5).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Take(3).Select(npc => stage.Open(npc))];
        Exchange exchange = stage.OpenBetween(npcs[3], npcs[4]);
        StringBuilder log = new();
        byte[] buffer = new byte[24];
        for (int tick = 0; tick < 250; tick++)
        {
            if (tick % 40 == 3)
            {
                talks[tick / 40 % 3].Say($"I say this in tick {tick}.");
                talks[(tick / 40 + 1) % 3].Choose("Yes or no?", ["yes", "no"]);
            }

            if (tick is 5 or 120 && !exchange.IsRunning)
            {
                exchange.Begin("Well?", lines: 3);
            }

            npcs[tick % 5].Distance = tick * 7 % 60;
            stage.Tick(StepBudget.Passes(2));
            foreach (Talk talk in talks)
            {
                if (talk.TryRead(buffer, out int written))
                {
                    log.Append(tick).Append(talk.Npc.Name).AppendLine(Convert.ToHexString(buffer, 0, written));
                }
            }

            if (exchange.TryRead(buffer, out int heard, out Npc? speaker))
            {
                log.Append(tick).Append(speaker!.Name).AppendLine(Convert.ToHexString(buffer, 0, heard));
            }
        }

        return log.ToString();
    }
}
