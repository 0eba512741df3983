using TinyGpt.Cache;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Cache;

public sealed class KvSequenceTests
{
    private static readonly ModelConfig Config = new()
    {
        Architecture = "gpt2",
        VocabularySize = 10,
        ContextLength = 300,
        Width = 24,
        Layers = 2,
        Heads = 2,
        FeedForwardWidth = 40,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
    };

    [Fact]
    public void Reserving_takes_a_page_for_every_64_positions_and_truncating_gives_them_back()
    {
        using KvArena arena = new(Config, pages: 5, sequences: 1);
        KvSequence sequence = arena.Sequences[0];
        Assert.True(sequence.TryReserve(1, out _, out bool copies));
        Assert.False(copies);
        Assert.Equal(1, sequence.PageCount);
        sequence.Advance(1);
        Assert.True(sequence.TryReserve(64, out _, out _));
        sequence.Advance(64);
        Assert.Equal(2, sequence.PageCount);
        Assert.Equal(3, arena.FreePages);
        sequence.Truncate(64);
        Assert.Equal(1, sequence.PageCount);
        sequence.Truncate(0);
        Assert.Equal(5, arena.FreePages);
    }

    [Fact]
    public void A_reservation_that_does_not_fit_changes_nothing()
    {
        using KvArena arena = new(Config, pages: 2, sequences: 1);
        KvSequence sequence = arena.Sequences[0];
        Assert.False(sequence.TryReserve(129, out _, out _));
        Assert.Equal(0, sequence.PageCount);
        Assert.Equal(2, arena.FreePages);
        Assert.True(sequence.TryReserve(128, out _, out _));
    }

    [Fact]
    public unsafe void Appending_to_a_shared_page_asks_for_a_copy_and_leaves_the_other_holder_its_page()
    {
        using KvArena arena = new(Config, pages: 4, sequences: 2);
        KvSequence first = arena.Sequences[0];
        KvSequence second = arena.Sequences[1];
        first.TryReserve(70, out _, out _);
        first.Advance(70);
        second.Share(first, 70);
        Assert.Equal(2, arena.FreePages);
        Assert.True(second.TryReserve(1, out PageCopy copy, out bool copies));
        Assert.True(copies);
        Assert.True(second.Table[0] == first.Table[0]);
        Assert.True(second.Table[1] == arena.Page(copy.To));
        Assert.True(first.Table[1] == arena.Page(copy.From));
        arena.Release(copy.From);
        Assert.True(first.TryReserve(1, out _, out copies));
        Assert.False(copies, "the page is this sequence's own again");
        first.Truncate(0);
        second.Truncate(0);
        Assert.Equal(4, arena.FreePages);
    }

    [Fact]
    public void A_copy_that_has_no_page_to_go_to_is_refused()
    {
        using KvArena arena = new(Config, pages: 1, sequences: 2);
        arena.Sequences[0].TryReserve(10, out _, out _);
        arena.Sequences[0].Advance(10);
        arena.Sequences[1].Share(arena.Sequences[0], 10);
        Assert.False(arena.Sequences[1].TryReserve(1, out _, out _));
    }

    [Fact]
    public void The_arena_takes_the_memory_that_was_planned()
    {
        // 2 layers × (keys + values) × 2 heads × 64 positions × 16 floats (12 padded) × 4 bytes a page, and 5 page addresses a sequence
        Assert.Equal((3 * 2 * 2 * 2 * 64 * 16 * 4) + (2 * 64), KvArena.Bytes(Config, pages: 3, sequences: 2));
    }
}
