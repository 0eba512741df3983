using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TinyGpt.Text.Splitting;

namespace TinyGpt.Training;

/// <summary>How often each piece occurs that GPT-2's pattern splits a text into.</summary>
internal static class PieceCounts
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Counts the pieces of a text.</summary>
    /// <param name="source">The text.</param>
    /// <param name="sampleBytes">How much of the file is enough; parts are taken at equal distances. Zero: all of it.</param>
    /// <param name="threads">How many threads count. The result is the same for every number.</param>
    /// <param name="cancellation">Stops counting.</param>
    public static Dictionary<byte[], long> Of(TextSource source, long sampleBytes, int threads, CancellationToken cancellation)
    {
        List<int> parts = Sample(source, sampleBytes);
        Dictionary<byte[], long> total = new(ByteSequenceComparer.Instance);
        try
        {
            CountBlocks(source, parts, total, threads, cancellation);
            return total;
        }
        catch (AggregateException failures) when (TrainingDataException.FirstOf(failures) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    private static void CountBlocks(
        TextSource source, List<int> parts, Dictionary<byte[], long> total, int threads, CancellationToken cancellation)
    {
        Parallel.ForEach(
            Blocks(source, parts),
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => (Text: new SourceText(), Counts: new Dictionary<byte[], long>(ByteSequenceComparer.Instance)),
            (block, _, local) =>
            {
                for (int index = block.First; index < block.End; index++)
                {
                    source.Read(parts[index], local.Text);
                    Count(local.Text.Text, local.Counts);
                }

                return local;
            },
            local => Add(local.Counts, total));
    }

    private static List<int> Sample(TextSource source, long sampleBytes)
    {
        double share = sampleBytes > 0 ? Math.Min(1, (double)sampleBytes / source.Bytes) : 1;
        List<int> parts = [];
        for (int part = 0; part < source.PartCount; part++)
        {
            if (share >= 1 || (long)((part + 1) * share) > (long)(part * share) || part == 0)
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    private static List<(int First, int End)> Blocks(TextSource source, List<int> parts)
    {
        List<(int First, int End)> blocks = [];
        int first = 0;
        long bytes = 0;
        for (int index = 0; index < parts.Count; index++)
        {
            bytes += source.PartBytes(parts[index]);
            if (bytes >= BlockBytes || index == parts.Count - 1)
            {
                blocks.Add((first, index + 1));
                first = index + 1;
                bytes = 0;
            }
        }

        return blocks;
    }

    private static void Count(ReadOnlySpan<byte> text, Dictionary<byte[], long> counts)
    {
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> lookup = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        while (!text.IsEmpty)
        {
            int length = Gpt2PreSplitter.FirstPiece(text);
            CollectionsMarshal.GetValueRefOrAddDefault(lookup, text[..length], out _)++;
            text = text[length..];
        }
    }

    private static void Add(Dictionary<byte[], long> counts, Dictionary<byte[], long> total)
    {
        lock (total)
        {
            foreach ((byte[] piece, long count) in counts)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(total, piece, out _) += count;
            }
        }
    }
}
