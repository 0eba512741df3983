using TinyGpt.Format;
using TinyGpt.Kernels.Memory;

namespace TinyGpt;

/// <summary>
/// What a <c>.tgpt</c> file says of itself, checked for consistency, before any weight is read: enough to plan memory and to print.
/// Immutable and thread-safe.
/// </summary>
public sealed class TgptInfo
{
    private readonly TgptHeader _header;
    private readonly int[] _tensorChunks;

    internal TgptInfo(
        string file,
        in TgptHeader header,
        ModelConfig config,
        IReadOnlyList<TensorShape> tensors,
        TgptChunk[] chunks,
        int[] tensorChunks,
        TgptTokenizer? tokenizer,
        int tokenizerChunk,
        TgptPart[] parts)
    {
        _header = header;
        _tensorChunks = tensorChunks;
        File = file;
        Config = config;
        Tensors = tensors;
        Chunks = chunks;
        TokenizerKind = tokenizer?.Kind;
        Chat = tokenizer?.Chat;
        TokenizerChunkIndex = tokenizerChunk;
        Parts = parts;
    }

    /// <summary>The path, or the name that was given for a stream or memory.</summary>
    public string File { get; }

    /// <summary>The model's configuration, valid.</summary>
    public ModelConfig Config { get; }

    /// <summary>The tensors, exactly those that <see cref="Config"/> calls for, each with the precision that it has.</summary>
    public IReadOnlyList<TensorShape> Tensors { get; }

    /// <summary>The chunks in the order of the file.</summary>
    public IReadOnlyList<TgptChunk> Chunks { get; }

    /// <summary>The kind of tokenizer, such as <c>byte_bpe</c>, or null if the file has none.</summary>
    public string? TokenizerKind { get; }

    /// <summary>How the model was taught to talk, or null if it was not.</summary>
    public ChatFormat? Chat { get; }

    /// <summary>The tokenizer's chunk, or null if the file has none.</summary>
    public TgptChunk? TokenizerChunk => TokenizerChunkIndex < 0 ? null : Chunks[TokenizerChunkIndex];

    /// <summary>Whether the file holds a classifier beside the model: <see cref="GptModel.Classifier"/>.</summary>
    public bool HasClassifier => IndexOfPart(TgptPart.Classifier) >= 0;

    /// <summary>The size of the whole file in bytes.</summary>
    public long FileLength => _header.FileLength;

    /// <summary>The size of the metadata in bytes.</summary>
    public long MetadataLength => _header.MetadataLength;

    /// <summary>The SHA-256 of the metadata, which holds the hash of every chunk: it identifies the model. 32 bytes.</summary>
    public ReadOnlySpan<byte> ContentHash => _header.MetadataSha256.Span;

    /// <summary>Bytes that <see cref="TgptFile.Open(string, TgptReadOptions?)"/> uses in place in the mapped file.</summary>
    public long MappedBytes => Chunks.Where(chunk => chunk.Codec == TgptCodec.Raw).Sum(chunk => chunk.Length);

    /// <summary>Bytes that <see cref="TgptFile.Open(string, TgptReadOptions?)"/> allocates outside the managed heap.</summary>
    public long ArenaBytes => Chunks.Where(chunk => chunk.Codec != TgptCodec.Raw).Sum(chunk => NativeArena.RoundUp(chunk.Length));

    /// <summary>The index in <see cref="Chunks"/> of the tokenizer's chunk, or -1.</summary>
    internal int TokenizerChunkIndex { get; }

    /// <summary>What the file holds beside tensors and tokenizer.</summary>
    internal IReadOnlyList<TgptPart> Parts { get; }

    /// <summary>The index in <see cref="Chunks"/> of a part's chunk, or -1 if the file has no such part.</summary>
    internal int IndexOfPart(string kind)
    {
        foreach (TgptPart part in Parts)
        {
            if (part.Kind == kind)
            {
                return part.Chunk;
            }
        }

        return -1;
    }

    /// <summary>The chunk of a tensor.</summary>
    /// <param name="tensor">An index into <see cref="Tensors"/>.</param>
    public TgptChunk ChunkOf(int tensor) => Chunks[_tensorChunks[tensor]];

    /// <summary>The index in <see cref="Chunks"/> of a tensor's chunk.</summary>
    internal int ChunkIndexOf(int tensor) => _tensorChunks[tensor];
}
