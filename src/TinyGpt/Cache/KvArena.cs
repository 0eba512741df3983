using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Cache;

/// <summary>
/// All keys and values of an engine: one allocation, cut into pages of 64 positions. Pages are counted by the sequences that hold them; a
/// page that two hold is never written. Not thread-safe.
/// </summary>
internal sealed unsafe class KvArena : IDisposable
{
    private readonly NativeArena _memory;
    private readonly byte* _pages;
    private readonly int[] _holders;
    private readonly int[] _free;
    private int _freeCount;

    public KvArena(ModelConfig config, int pages, int sequences, KvPrecision precision = KvPrecision.Float32)
    {
        Layout = KvLayout.Of(config, precision);
        PagesPerSequence = PagesFor(config.ContextLength);
        _memory = new NativeArena(Bytes(config, pages, sequences, precision));
        _pages = _memory.Take(checked(pages * Layout.PageBytes));
        _holders = new int[pages];
        _free = new int[pages];
        for (int i = 0; i < pages; i++)
        {
            _free[i] = pages - 1 - i;
        }

        _freeCount = pages;
        Sequences = new KvSequence[sequences];
        for (int i = 0; i < sequences; i++)
        {
            Sequences[i] = new KvSequence(this, (byte**)_memory.Take(PagesPerSequence * sizeof(byte*)));
        }
    }

    /// <summary>What a page holds.</summary>
    public KvLayout Layout { get; }

    public int Pages => _holders.Length;

    public int FreePages => _freeCount;

    /// <summary>The most pages that one sequence can hold.</summary>
    public int PagesPerSequence { get; }

    /// <summary>Every sequence that there can be. The engine decides which session uses which.</summary>
    public KvSequence[] Sequences { get; }

    /// <summary>The native memory that an arena takes, in bytes.</summary>
    public static long Bytes(ModelConfig config, int pages, int sequences, KvPrecision precision = KvPrecision.Float32)
    {
        long table = NativeArena.RoundUp((long)PagesFor(config.ContextLength) * sizeof(byte*));
        return checked((pages * KvLayout.Of(config, precision).PageBytes) + (sequences * table));
    }

    public static int PagesFor(int positions) =>
        (positions + AttentionHead.PositionsPerPage - 1) / AttentionHead.PositionsPerPage;

    public byte* Page(int page) => _pages + (page * Layout.PageBytes);

    public int Holders(int page) => _holders[page];

    public bool TryTake(out int page)
    {
        if (_freeCount == 0)
        {
            page = -1;
            return false;
        }

        page = _free[--_freeCount];
        _holders[page] = 1;
        return true;
    }

    public void Hold(int page) => _holders[page]++;

    public void Release(int page)
    {
        if (--_holders[page] == 0)
        {
            _free[_freeCount++] = page;
        }
    }

    /// <summary>Copies one layer of a page.</summary>
    public void CopyLayer(int from, int to, int layer)
    {
        long bytes = Layout.LayerBytes;
        Buffer.MemoryCopy(Page(from) + (layer * bytes), Page(to) + (layer * bytes), bytes, bytes);
    }

    public void Dispose() => _memory.Dispose();
}
