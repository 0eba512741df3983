using System.Diagnostics.CodeAnalysis;
using TinyGpt.Format;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt;

/// <content>How the chunks come into memory and are checked.</content>
public sealed unsafe partial class TgptFile
{
    // Spans and streams count in int.
    private const int LargestPiece = 1 << 26;

    // Beside twice the file's length, so that the vectors of very small models, which compress well, have room.
    private const long SpareMemory = 8 << 20;

    /// <summary>Opens a file that is wholly in memory.</summary>
    /// <param name="image">The first byte of <paramref name="length"/> readable bytes.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="name">A name for error messages.</param>
    /// <param name="owner">Keeps the memory; disposed with the file, or at once if opening fails.</param>
    /// <param name="isPrivate">Whether the image counts as allocated rather than mapped.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the file that is returned, or disposed where opening fails.")]
    private static TgptFile OpenImage(byte* image, long length, string name, IDisposable owner, bool isPrivate, TgptReadOptions? options)
    {
        NativeArena? arena = null;
        try
        {
            options ??= new TgptReadOptions();
            TgptHeader header = TgptHeader.Read(new ReadOnlySpan<byte>(image, (int)Math.Min(length, TgptHeader.Length)), name);
            header.RequireFileLength(length, name);
            byte[] metadata = new ReadOnlySpan<byte>(image + TgptHeader.Length, (int)header.MetadataLength).ToArray();
            header.RequireHashOf(metadata, name);
            TgptInfo info = TgptMetadata.Read(metadata, header, name);

            nint[] chunks = new nint[info.Chunks.Count];
            bool[] inPlace = new bool[chunks.Length];
            long mapped = 0;
            long allocated = 0;
            for (int i = 0; i < chunks.Length; i++)
            {
                TgptChunk chunk = info.Chunks[i];
                chunks[i] = (nint)(image + chunk.Offset);
                inPlace[i] = chunk.Codec == TgptCodec.Raw && chunks[i] % PanelLayout.Alignment == 0;
                mapped += inPlace[i] ? chunk.Length : 0;
                allocated += inPlace[i] ? 0 : NativeArena.RoundUp(chunk.Length);
            }

            if (allocated > 0)
            {
                arena = Allocate(allocated, header.FileLength, options, name);
            }

            nint[] stored = (nint[])chunks.Clone();
            for (int i = 0; i < chunks.Length; i++)
            {
                chunks[i] = inPlace[i] ? chunks[i] : (nint)arena!.Take(info.Chunks[i].Length);
            }

            TgptFile file = isPrivate
                ? new TgptFile(info, chunks, arena, owner, 0, length + allocated)
                : new TgptFile(info, chunks, arena, owner, mapped, allocated);
            file.ForEachChunk(options.Threads, i =>
            {
                if (!inPlace[i])
                {
                    Unpack((byte*)stored[i], (byte*)chunks[i], info.Chunks[i], name);
                }
            });
            byte[]?[] digests = file.HashChunks(options.Threads, i => options.VerifyChecksums ?? !inPlace[i]);
            file.ForEachChunk(options.Threads, i => file.CheckChunk(i, digests[i]));
            return file;
        }
        catch
        {
            arena?.Dispose();
            owner.Dispose();
            throw;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the file that is returned, or disposed where opening fails.")]
    private static TgptFile OpenStream(Stream stream, TgptInfo info, TgptReadOptions options)
    {
        long allocated = info.Chunks.Sum(chunk => NativeArena.RoundUp(chunk.Length));
        NativeArena arena = Allocate(allocated, info.FileLength, options, info.File);
        try
        {
            nint[] chunks = new nint[info.Chunks.Count];
            long position = TgptHeader.Length + info.MetadataLength;
            for (int i = 0; i < chunks.Length; i++)
            {
                TgptChunk chunk = info.Chunks[i];
                byte* target = arena.Take(chunk.Length);
                chunks[i] = (nint)target;
                SkipGap(stream, (int)(chunk.Offset - position), info.File);
                position = chunk.Offset + chunk.StoredLength;
                if (chunk.Codec == TgptCodec.Raw)
                {
                    ReadExactly(stream, target, chunk.Length, chunk, info.File);
                }
                else
                {
                    using NativeArena block = Allocate(chunk.StoredLength, info.FileLength, options, info.File);
                    byte* stored = block.Take(chunk.StoredLength);
                    ReadExactly(stream, stored, chunk.StoredLength, chunk, info.File);
                    Unpack(stored, target, chunk, info.File);
                }
            }

            TgptFile file = new(info, chunks, arena, image: null, mappedBytes: 0, allocated);
            byte[]?[] digests = file.HashChunks(options.Threads, _ => options.VerifyChecksums ?? true);
            file.ForEachChunk(options.Threads, i => file.CheckChunk(i, digests[i]));
            return file;
        }
        catch
        {
            arena.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Allocates memory for chunks, all of which is written before anybody reads it. Its pages are not touched here: a stream that
    /// declares more than it has costs only what comes.
    /// </summary>
    private static NativeArena Allocate(long bytes, long fileLength, TgptReadOptions options, string name)
    {
        long limit = options.MemoryLimit ?? Math.Min((2 * fileLength) + SpareMemory, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (bytes > limit)
        {
            throw new ModelFormatException(
                name, $"the weights need {bytes} bytes of memory, and {limit} are allowed; {nameof(TgptReadOptions.MemoryLimit)} allows more");
        }

        try
        {
            return new NativeArena(bytes, zeroed: false);
        }
        catch (OutOfMemoryException exception)
        {
            throw new ModelFormatException(name, $"the weights need {bytes} bytes of memory, which the system does not have", null, exception);
        }
    }

    private static void Unpack(byte* stored, byte* target, TgptChunk chunk, string name)
    {
        if (chunk.Codec == TgptCodec.Raw)
        {
            Buffer.MemoryCopy(stored, target, chunk.Length, chunk.Length);
            return;
        }

        if (!Lz4Block.TryDecode(new ReadOnlySpan<byte>(stored, (int)chunk.StoredLength), new Span<byte>(target, (int)chunk.Length)))
        {
            throw new ModelFormatException(name, $"chunk '{chunk.Name}' is damaged: its LZ4 block does not decompress to {chunk.Length} bytes", chunk.Offset);
        }
    }

    private static void ReadExactly(Stream stream, byte* target, long length, TgptChunk chunk, string name)
    {
        for (long done = 0; done < length;)
        {
            int piece = (int)Math.Min(length - done, LargestPiece);
            if (stream.ReadAtLeast(new Span<byte>(target + done, piece), piece, throwOnEndOfStream: false) < piece)
            {
                throw new ModelFormatException(name, $"cut short in chunk '{chunk.Name}'", chunk.Offset);
            }

            done += piece;
        }
    }

    // Shorter than the alignment: chunks follow each other.
    private static void SkipGap(Stream stream, int length, string name)
    {
        Span<byte> gap = stackalloc byte[PanelLayout.Alignment];
        if (stream.ReadAtLeast(gap[..length], length, throwOnEndOfStream: false) < length)
        {
            throw new ModelFormatException(name, "cut short between chunks");
        }
    }

    /// <summary>Runs a check on every chunk and throws the failure of the first chunk in the file, whichever thread was faster.</summary>
    private void ForEachChunk(int threads, Action<int> check)
    {
        ModelFormatException?[] failures = new ModelFormatException?[_chunks.Length];
        Parallel.For(0, _chunks.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            try
            {
                check(i);
            }
            catch (ModelFormatException failure)
            {
                failures[i] = failure;
            }
        });
        if (Array.Find(failures, failure => failure is not null) is { } first)
        {
            throw first;
        }
    }

    private void CheckChunk(int index, byte[]? digest)
    {
        if (digest is not null)
        {
            RequireHash(index, digest);
        }

        if (_shapes[index] is { } shape && TensorContent.FindProblem((byte*)_chunks[index], shape, out string problem) is >= 0 and long at)
        {
            TgptChunk chunk = Info.Chunks[index];
            throw new ModelFormatException(
                Info.File, $"tensor '{shape.Name}', byte {at}: {problem}", chunk.Codec == TgptCodec.Raw ? chunk.Offset + at : chunk.Offset);
        }
    }
}
