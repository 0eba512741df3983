using TinyGpt.Constraints;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>
/// Counts what the whole process allocates while a stage ticks. The test runner's own threads allocate now and then, so one of several
/// windows must show nothing at all: a tick that allocated would do so in each.
/// </summary>
[CollectionDefinition(nameof(StageAllocationTests), DisableParallelization = true)]
[Collection(nameof(StageAllocationTests))]
public sealed class StageAllocationTests
{
    private const int Characters = 32;
    private const int WarmUp = 1500;
    private const int Window = 1000;
    private const int MostWindows = 8;

    [Theory]
    [InlineData(70, null, 1, 0)]
    [InlineData(20, 90, 2, 4)]
    public void Thirty_two_characters_talk_for_a_thousand_ticks_without_an_allocation(int sequences, int? pages, int threads, int lookup)
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { Layers = 1, ContextLength = 256 });
        using DialogueStage stage = new(model, StageScript.Options(sequences, pages, threads: threads, lookup: lookup));
        Npc[] npcs = [.. Enumerable.Range(0, Characters).Select(i => stage.Add(StageScript.Tom with { Name = $"Npc{i}" }))];
        Exchange[] exchanges = [.. Enumerable.Range(0, Characters / 4).Select(i => stage.OpenBetween(npcs[2 * i], npcs[(2 * i) + 1]))];
        Talk[] talks = [.. npcs.Skip(Characters / 2).Select(npc => stage.Open(npc))];
        int heard = 0;
        talks[0].Listen(static (_, utf8, state) => ((int[])state!)[0] += utf8.Length, new int[1]);
        for (int tick = 0; tick < WarmUp; tick++)
        {
            heard += Tick(stage, exchanges, talks, tick);
        }

        long computed = stage.ComputedTokens;
        long allocated = long.MaxValue;
        for (int window = 0; allocated != 0 && window < MostWindows; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int tick = 0; tick < Window; tick++)
            {
                heard += Tick(stage, exchanges, talks, tick);
            }

            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Assert.Equal(0, allocated);
        Assert.True(heard > 20 * Window, $"{heard} bytes were heard: hardly any character spoke");
        Assert.True(stage.ComputedTokens > computed + (10 * Window));
    }

    [Fact]
    public void Characters_that_answer_within_a_constraint_allocate_nothing_once_its_caches_are_filled()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { Layers = 1, ContextLength = 256 });
        using DialogueStage stage = new(model, StageScript.Options(sequences: 9));
        Talk[] talks = [.. Enumerable.Range(0, 4).Select(i => stage.Open(stage.Add(StageScript.Tom with { Name = $"Npc{i}" })))];
        Constraint order = Constraint.FromJsonSchema(
            """{"type":"object","properties":{"item":{"enum":["ale","bread"]},"count":{"type":"integer","minimum":1,"maximum":99}},"required":["item","count"]}""",
            new JsonSchemaOptions { IsCompact = true });
        int heard = 0;
        long allocated = long.MaxValue;
        for (int window = 0; allocated != 0 && window < 2 * MostWindows; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int tick = 0; tick < Window; tick++)
            {
                heard += Ask(stage, talks, order);
            }

            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Assert.Equal(0, allocated);
        Assert.True(heard > 2 * Window, $"{heard} bytes were heard: hardly anybody spoke");
    }

    [Fact]
    public void Characters_that_may_act_allocate_only_for_the_actions_that_the_game_takes()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { Layers = 1, ContextLength = 256 });
        using DialogueStage stage = new(model, StageScript.Options(sequences: 9));
        Talk[] talks = [.. Enumerable.Range(0, 4).Select(i => stage.Open(stage.Add(StageScript.Tom with { Name = $"Npc{i}", MaxAnswerTokens = 60 })))];
        foreach (Talk talk in talks)
        {
            talk.Npc.Actions = [new CharacterAction("give", ActionArgument.OneOf("item", "ale", "bread"), ActionArgument.Number("count", 1, 99))];
        }

        Exchange[] exchanges = [];
        int heard = 0;
        int acted = 0;
        long allocated = long.MaxValue;
        for (int window = 0; allocated != 0 && window < 2 * MostWindows; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int tick = 0; tick < Window; tick++)
            {
                heard += Tick(stage, exchanges, talks, tick);
            }

            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            foreach (Talk talk in talks)
            {
                acted += talk.TryTakeAction(out _) ? 1 : 0;
            }
        }

        Assert.Equal(0, allocated);
        Assert.True(heard > 2 * Window && acted > 0, $"{heard} bytes were heard, {acted} actions taken");
    }

    private static int Ask(DialogueStage stage, Talk[] talks, Constraint order)
    {
        Span<byte> buffer = stackalloc byte[256];
        int heard = 0;
        foreach (Talk talk in talks)
        {
            if (talk.State == TalkState.Idle)
            {
                talk.Ask("What do you order?", order, maxTokens: 40);
            }

            while (talk.TryRead(buffer, out int written))
            {
                heard += written;
            }
        }

        stage.Tick(StepBudget.OnePass);
        return heard;
    }

    /// <summary>One frame of a game: a character is interrupted, exchanges that ended begin again, and what was said is read.</summary>
    private static int Tick(DialogueStage stage, Exchange[] exchanges, Talk[] talks, int tick)
    {
        Span<byte> buffer = stackalloc byte[256];
        int heard = 0;
        for (int i = 0; i < talks.Length; i++)
        {
            if (talks[i].State == TalkState.Idle || (tick + (37 * i)) % 400 == 0)
            {
                talks[i].Say("Good day. What news is there?");
            }

            while (talks[i].TryRead(buffer, out int written))
            {
                heard += written;
            }
        }

        foreach (Exchange exchange in exchanges)
        {
            if (!exchange.IsRunning)
            {
                exchange.Begin("How is business?", lines: 20);
            }

            while (exchange.TryRead(buffer, out int written, out _))
            {
                heard += written;
            }
        }

        stage.Tick(StepBudget.OnePass);
        return heard;
    }
}
