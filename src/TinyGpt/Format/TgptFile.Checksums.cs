using TinyGpt.Format;

namespace TinyGpt;

/// <content>The chunks' checksums.</content>
public sealed unsafe partial class TgptFile
{
    /// <summary>The digests of the wanted chunks in memory. The largest is first, so that no thread starts it last.</summary>
    /// <param name="threads">How many threads compute.</param>
    /// <param name="isWanted">By chunk; the others stay null.</param>
    private byte[]?[] HashChunks(int threads, Func<int, bool> isWanted)
    {
        byte[]?[] digests = new byte[_chunks.Length][];
        (nint Start, long Length)[] contents = [.. Info.Chunks.Select((chunk, index) => (_chunks[index], chunk.Length))];
        int[] order = [.. Enumerable.Range(0, _chunks.Length).Where(isWanted).OrderByDescending(index => contents[index].Length)];
        int taken = -1;
        int Next()
        {
            int index = Interlocked.Increment(ref taken);
            return index < order.Length ? order[index] : -1;
        }

        Parallel.For(0, Math.Min(threads, order.Length), new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            if (Sha256Lanes.IsSupported)
            {
                Sha256Lanes.Hash(contents, Next, digests);
                return;
            }

            while (Next() is >= 0 and int index)
            {
                Sha256 hash = new();
                hash.Append((byte*)contents[index].Start, contents[index].Length);
                digests[index] = hash.Finish();
            }
        });
        return digests;
    }

    private void RequireHash(int index, byte[] digest)
    {
        TgptChunk chunk = Info.Chunks[index];
        if (!chunk.Sha256.Span.SequenceEqual(digest))
        {
            throw new ModelFormatException(Info.File, $"chunk '{chunk.Name}' is damaged: its SHA-256 is not the metadata's", chunk.Offset);
        }
    }
}
