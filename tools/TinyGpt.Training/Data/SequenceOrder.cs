namespace TinyGpt.Training;

/// <summary>
/// The order in which batches take sequences: each once an epoch, shuffled, and where they differ in length, similar ones together. It is
/// computed from the seed and the epoch alone. Used by one thread at a time.
/// </summary>
/// <param name="sequences">How many there are.</param>
/// <param name="seed">Decides the order.</param>
/// <param name="length">The length of a sequence, or null if all have the same.</param>
internal sealed class SequenceOrder(int sequences, ulong seed, Func<int, int>? length)
{
    private const int PooledBatches = 64; // that are sorted by length together

    private int[] _order = [];
    private (long Epoch, int BatchSize) _ordered = (-1, 0);

    /// <summary>The order of no sequences.</summary>
    public static SequenceOrder Empty { get; } = new(0, 0, null);

    /// <summary>The memory that it takes, in bytes.</summary>
    public long Bytes => _order.LongLength * sizeof(int);

    /// <summary>The sequence of an entry.</summary>
    public static int Index(int entry) => IsRepeat(entry) ? ~entry : entry;

    /// <summary>Whether an entry is a sequence that the epoch already had, taken again to fill up its last batch.</summary>
    public static bool IsRepeat(int entry) => entry < 0;

    /// <summary>How many batches an epoch has.</summary>
    public int BatchesPerEpoch(int batchSize) => (sequences + batchSize - 1) / batchSize;

    /// <summary>The entries of a batch.</summary>
    /// <param name="number">Which one, from 0 without end.</param>
    /// <param name="batchSize">How many sequences it has.</param>
    /// <param name="epoch">The epoch that it belongs to.</param>
    public ReadOnlySpan<int> Batch(long number, int batchSize, out long epoch)
    {
        (epoch, long index) = Math.DivRem(number, BatchesPerEpoch(batchSize));
        if (_ordered != (epoch, batchSize))
        {
            _order = Shuffled(RandomOrder.Bits(seed, epoch), batchSize);
            _ordered = (epoch, batchSize);
        }

        return _order.AsSpan((int)index * batchSize, batchSize);
    }

    private int[] Shuffled(ulong epochSeed, int batchSize)
    {
        int[] order = new int[BatchesPerEpoch(batchSize) * batchSize];
        Span<int> once = order.AsSpan(0, sequences);
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            once[sequence] = sequence;
        }

        RandomOrder.Shuffle(once, epochSeed);
        for (int index = sequences; index < order.Length; index++)
        {
            order[index] = ~Index(order[index - sequences]);
        }

        return length is null ? order : SortedByLength(order, length, epochSeed, batchSize);
    }

    /// <summary>
    /// Sorts a number of batches at a time by length, and shuffles those batches as wholes, so that lengths come in any order.
    /// </summary>
    private static int[] SortedByLength(int[] order, Func<int, int> length, ulong epochSeed, int batchSize)
    {
        int pool = PooledBatches * batchSize;
        int[] sorted = new int[order.Length];
        int[] batches = new int[PooledBatches];
        for (int start = 0; start < order.Length; start += pool)
        {
            Span<int> pooled = order.AsSpan(start, Math.Min(pool, order.Length - start));
            pooled.Sort((one, other) =>
            {
                int difference = length(Index(one)).CompareTo(length(Index(other)));
                return difference != 0 ? difference : Index(one).CompareTo(Index(other));
            });
            Span<int> shuffled = batches.AsSpan(0, pooled.Length / batchSize);
            for (int batch = 0; batch < shuffled.Length; batch++)
            {
                shuffled[batch] = batch;
            }

            RandomOrder.Shuffle(shuffled, RandomOrder.Bits(epochSeed, start));
            for (int batch = 0; batch < shuffled.Length; batch++)
            {
                pooled.Slice(shuffled[batch] * batchSize, batchSize).CopyTo(sorted.AsSpan(start + (batch * batchSize)));
            }
        }

        return sorted;
    }
}
