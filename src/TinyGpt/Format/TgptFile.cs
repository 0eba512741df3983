using System.Buffers;
using TinyGpt.Format;
using TinyGpt.Kernels.Memory;

namespace TinyGpt;

/// <summary>
/// An open <c>.tgpt</c> file: its configuration, its tokenizer's bytes and the place of every tensor in memory. Everything is validated
/// before it is allocated or trusted; whatever is wrong becomes a <see cref="ModelFormatException"/>. Reading is thread-safe;
/// <see cref="Dispose"/> is not, and invalidates every pointer and span that was taken from the file.
/// </summary>
public sealed unsafe partial class TgptFile : IDisposable
{
    private readonly Dictionary<string, int> _tensors;
    private readonly nint[] _chunks;
    private readonly TensorShape?[] _shapes;
    private readonly NativeArena? _arena;
    private readonly IDisposable? _image;
    private bool _disposed;

    private TgptFile(TgptInfo info, nint[] chunks, NativeArena? arena, IDisposable? image, long mappedBytes, long arenaBytes)
    {
        Info = info;
        _chunks = chunks;
        _arena = arena;
        _image = image;
        MappedBytes = mappedBytes;
        ArenaBytes = arenaBytes;
        _tensors = new Dictionary<string, int>(info.Tensors.Count, StringComparer.Ordinal);
        _shapes = new TensorShape?[chunks.Length];
        for (int i = 0; i < info.Tensors.Count; i++)
        {
            _shapes[info.ChunkIndexOf(i)] = info.Tensors[i];
            _tensors.Add(info.Tensors[i].Name, info.ChunkIndexOf(i));
        }
    }

    /// <summary>What the file says of itself.</summary>
    public TgptInfo Info { get; }

    /// <summary>The model's configuration, valid.</summary>
    public ModelConfig Config => Info.Config;

    /// <summary>The kind of tokenizer, such as <c>byte_bpe</c>, or null if the file has none.</summary>
    public string? TokenizerKind => Info.TokenizerKind;

    /// <summary>The tokenizer's bytes, empty if the file has none. Valid until the file is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public ReadOnlySpan<byte> TokenizerData
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return ChunkData(Info.TokenizerChunkIndex);
        }
    }

    /// <summary>The SHA-256 of the metadata, which holds the hash of every chunk: it identifies the model. 32 bytes.</summary>
    public ReadOnlySpan<byte> ContentHash => Info.ContentHash;

    /// <summary>The size of the whole file in bytes.</summary>
    public long FileLength => Info.FileLength;

    /// <summary>Bytes of chunks that are used in place, in the mapped file or in the caller's memory.</summary>
    public long MappedBytes { get; }

    /// <summary>Bytes that were allocated for chunks outside the managed heap.</summary>
    public long ArenaBytes { get; }

    /// <summary>
    /// Opens a file by mapping it: raw chunks are used in place, read-only and shared with other processes; compressed ones are
    /// decompressed in parallel into one allocation. The file must not be changed or cut while it is open.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The file is damaged or not supported.</exception>
    public static TgptFile Open(string path, TgptReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile image = MappedFile.Open(path, stream => ReadHeader(stream, path).RequireFileLength(stream.Length, path));
        return OpenImage(image.Data, image.Length, path, image, isPrivate: false, options);
    }

    /// <summary>
    /// Reads a file from a stream, from its current position to the file's end and no further. The stream need not seek. All chunks go
    /// straight into one allocation.
    /// </summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="name">A name for error messages.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is damaged, cut short or not supported.</exception>
    public static TgptFile Open(Stream stream, string name, TgptReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        TgptInfo info = ReadInfo(stream, name);
        return OpenStream(stream, info, options ?? new TgptReadOptions());
    }

    /// <summary>
    /// Opens a file in memory. Raw chunks are used in place if they are aligned to 64 bytes, else copied. The memory
    /// is pinned, and must not change, until the file is disposed.
    /// </summary>
    /// <param name="image">The whole file.</param>
    /// <param name="name">A name for error messages.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is damaged or not supported.</exception>
    public static TgptFile Open(ReadOnlyMemory<byte> image, string name, TgptReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        IDisposable pin = image.Pin();
        return OpenImage((byte*)((MemoryHandle)pin).Pointer, image.Length, name, pin, isPrivate: false, options);
    }

    /// <summary>Reads what a file says of itself and checks that, without touching its chunks.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The header or the metadata is damaged or not supported.</exception>
    public static TgptInfo ReadInfo(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = RegularFile.OpenModel(path, bufferSize: 0);
        ReadHeader(stream, path).RequireFileLength(stream.Length, path);
        stream.Position = 0;
        return ReadInfo(stream, path);
    }

    /// <summary>Checks the SHA-256 of every chunk in memory.</summary>
    /// <exception cref="ModelFormatException">A chunk is damaged; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public void Verify()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[]?[] digests = HashChunks(Environment.ProcessorCount, _ => true);
        ForEachChunk(1, index => RequireHash(index, digests[index]!));
    }

    /// <summary>Frees the memory and closes the file.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _arena?.Dispose();
            _image?.Dispose();
        }
    }

    /// <summary>The first byte of a tensor, aligned to 64, with exactly <see cref="TensorShape.Bytes"/> readable bytes.</summary>
    /// <param name="name">A name of <see cref="ModelTensors"/>.</param>
    /// <exception cref="KeyNotFoundException">The model has no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    internal byte* Tensor(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (byte*)_chunks[_tensors[name]];
    }

    /// <summary>The bytes of a part, empty if the file has none of this kind. Valid until the file is disposed.</summary>
    /// <param name="kind">One of <see cref="TgptPart.Kinds"/>.</param>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    internal ReadOnlySpan<byte> PartData(string kind)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return ChunkData(Info.IndexOfPart(kind));
    }

    /// <summary>Opens an image in native memory that becomes the file's own.</summary>
    /// <param name="image">The memory, taken front to back; disposed with the file, or at once if opening fails.</param>
    /// <param name="data">The image's first byte, aligned to 64, within <paramref name="image"/>.</param>
    /// <param name="length">The image's length in bytes.</param>
    /// <param name="name">A name for error messages.</param>
    internal static TgptFile Open(NativeArena image, byte* data, long length, string name) =>
        OpenImage(data, length, name, image, isPrivate: true, options: null);

    private ReadOnlySpan<byte> ChunkData(int index) =>
        index < 0 ? default : new ReadOnlySpan<byte>((void*)_chunks[index], checked((int)Info.Chunks[index].Length));

    private static TgptHeader ReadHeader(Stream stream, string name)
    {
        Span<byte> bytes = stackalloc byte[TgptHeader.Length];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return TgptHeader.Read(bytes[..length], name);
    }

    private static TgptInfo ReadInfo(Stream stream, string name)
    {
        TgptHeader header = ReadHeader(stream, name);
        if (stream.CanSeek && stream.Length - stream.Position < header.FileLength - TgptHeader.Length)
        {
            throw new ModelFormatException(name, $"cut short: {header.FileLength} bytes are declared", stream.Length);
        }

        byte[] metadata = new byte[header.MetadataLength];
        if (stream.ReadAtLeast(metadata, metadata.Length, throwOnEndOfStream: false) < metadata.Length)
        {
            throw new ModelFormatException(name, "cut short in the metadata");
        }

        header.RequireHashOf(metadata, name);
        return TgptMetadata.Read(metadata, header, name);
    }
}
