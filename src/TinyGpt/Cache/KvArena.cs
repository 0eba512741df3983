using TinyGpt.Kernels;

namespace TinyGpt.Cache;

/// <summary>
/// All keys and values of an engine: one allocation, cut into pages of 64 positions. In a page lie, for each layer, the keys of every
/// head and then the values of every head, 64 × head stride floats each. Pages are counted by the sequences that hold them; a page that
/// two hold is never written. Not thread-safe.
/// </summary>
internal sealed unsafe class KvArena : IDisposable
{
    private readonly NativeArena _memory;
    private readonly byte* _pages;
    private readonly int[] _holders;
    private readonly int[] _free;
    private int _freeCount;

    public KvArena(ModelConfig config, int pages, int sequences)
    {
        HeadBytes = (long)AttentionHead.PositionsPerPage * config.HeadStride * sizeof(float);
        LayerBytes = 2 * config.Heads * HeadBytes;
        Layers = config.Layers;
        PageBytes = Layers * LayerBytes;
        PagesPerSequence = PagesFor(config.ContextLength);
        _memory = new NativeArena(Bytes(config, pages, sequences));
        _pages = _memory.Take(checked(pages * PageBytes));
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

    /// <summary>Bytes of one head's keys (or values) in one page.</summary>
    public long HeadBytes { get; }

    /// <summary>Bytes of one layer in one page.</summary>
    public long LayerBytes { get; }

    /// <summary>Bytes of one page.</summary>
    public long PageBytes { get; }

    public int Layers { get; }

    public int Pages => _holders.Length;

    public int FreePages => _freeCount;

    /// <summary>The most pages that one sequence can hold.</summary>
    public int PagesPerSequence { get; }

    /// <summary>Every sequence that there can be; who uses which is the engine's affair.</summary>
    public KvSequence[] Sequences { get; }

    /// <summary>The native memory that an arena takes, in bytes.</summary>
    public static long Bytes(ModelConfig config, int pages, int sequences)
    {
        long layer = 2L * config.Heads * AttentionHead.PositionsPerPage * config.HeadStride * sizeof(float);
        long table = NativeArena.RoundUp((long)PagesFor(config.ContextLength) * sizeof(byte*));
        return checked((pages * config.Layers * layer) + (sequences * table));
    }

    public static int PagesFor(int positions) =>
        (positions + AttentionHead.PositionsPerPage - 1) / AttentionHead.PositionsPerPage;

    /// <summary>Bytes from a page's start to the keys of a layer's head.</summary>
    public nint KeyOffset(int layer, int head) => (nint)((layer * LayerBytes) + (head * HeadBytes));

    /// <summary>Bytes from a page's start to the values of a layer's head.</summary>
    public nint ValueOffset(int layer, int head) => (nint)((layer * LayerBytes) + (LayerBytes / 2) + (head * HeadBytes));

    public byte* Page(int page) => _pages + (page * PageBytes);

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
    public void CopyLayer(int from, int to, int layer) =>
        Buffer.MemoryCopy(Page(from) + (layer * LayerBytes), Page(to) + (layer * LayerBytes), LayerBytes, LayerBytes);

    public void Dispose() => _memory.Dispose();
}
