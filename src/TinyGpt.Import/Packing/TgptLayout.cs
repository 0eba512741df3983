using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Import.Packing;

/// <summary>The chunks of a file that is being written: their names, lengths and how much room the metadata takes before them.</summary>
internal sealed class TgptLayout
{
    private const string TokenizerName = "tokenizer";

    private readonly List<TgptChunk> _chunks = [];
    private readonly string[] _names;
    private readonly string[] _partKinds;
    private readonly long[] _lengths;

    /// <summary>Plans a file.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="tokenizer">The tokenizer, or null for a file without one.</param>
    /// <param name="parts">What else goes into the file.</param>
    /// <param name="precision">How the blocks' matrices hold their weights.</param>
    /// <exception cref="ArgumentException">The configuration is not valid, or the tokenizer or a part is of no known kind or size.</exception>
    public TgptLayout(ModelConfig config, TokenizerContent? tokenizer, IReadOnlyList<ModelPart> parts, WeightPrecision precision)
    {
        if (!config.TryValidate(out string problem))
        {
            throw new ArgumentException(problem, nameof(config));
        }

        if (tokenizer is not null && (!TgptTokenizer.Kinds.Contains(tokenizer.Kind)
            || tokenizer.Data.Length is 0 or > TgptTokenizer.LongestChunk))
        {
            throw new ArgumentException($"A tokenizer of kind '{tokenizer.Kind}' with {tokenizer.Data.Length} bytes is not supported.", nameof(tokenizer));
        }

        if (parts.FirstOrDefault(part => !TgptPart.Kinds.Contains(part.Kind) || part.Data.Length is 0 or > TgptPart.LongestChunk) is { } wrong)
        {
            throw new ArgumentException($"A part of kind '{wrong.Kind}' with {wrong.Data.Length} bytes is not supported.", nameof(parts));
        }

        Config = config;
        Tokenizer = tokenizer;
        Parts = [.. parts.OrderBy(part => Array.IndexOf(TgptPart.Kinds, part.Kind))];
        _partKinds = [.. Parts.Select(part => part.Kind)];
        Tensors = ModelTensors.Of(config, precision);
        _names = [.. Tensors.Select(tensor => tensor.Name), .. tokenizer is null ? Array.Empty<string>() : [TokenizerName], .. _partKinds];
        _lengths = [.. Tensors.Select(tensor => tensor.Bytes), .. Contents.Select(content => (long)content.Length)];

        // Offsets and lengths are known only at the end; the room is planned with the longest numbers and the rest becomes spaces.
        IEnumerable<TgptChunk> longest = _names.Select(name => new TgptChunk(
            name, long.MaxValue, TgptCodec.Raw, long.MaxValue, long.MaxValue, new byte[Sha256.DigestLength]));
        MetadataLength = TgptMetadata.Write(config, Tensors, tokenizer?.Metadata, _partKinds, [.. longest]).Length;
        End = TgptHeader.Length + MetadataLength;
    }

    public ModelConfig Config { get; }

    public IReadOnlyList<TensorShape> Tensors { get; }

    public TokenizerContent? Tokenizer { get; }

    /// <summary>What else goes into the file, in its order.</summary>
    public IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>What is written after the tensors.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Contents =>
        [.. Tokenizer is { } tokenizer ? (ReadOnlyMemory<byte>[])[tokenizer.Data] : [], .. Parts.Select(part => part.Data)];

    /// <summary>Bytes of metadata, spaces included.</summary>
    public int MetadataLength { get; }

    /// <summary>The file's length so far.</summary>
    public long End { get; private set; }

    /// <summary>Where the next chunk starts.</summary>
    public long NextOffset => NativeArena.RoundUp(End);

    /// <summary>The length of the whole file if every chunk is raw.</summary>
    public long RawFileLength =>
        _lengths.Aggregate((long)TgptHeader.Length + MetadataLength, (end, bytes) => NativeArena.RoundUp(end) + bytes);

    /// <summary>Checks that a chunk of this length comes next.</summary>
    /// <exception cref="InvalidOperationException">The file has all its chunks.</exception>
    /// <exception cref="ArgumentException">The next chunk has another length.</exception>
    public void RequireNext(long length)
    {
        if (_chunks.Count == _lengths.Length)
        {
            throw new InvalidOperationException("The file has all its chunks.");
        }

        if (length != _lengths[_chunks.Count])
        {
            throw new ArgumentException($"{length} bytes were given for '{_names[_chunks.Count]}', which takes {_lengths[_chunks.Count]}.");
        }
    }

    /// <summary>Appends a chunk at <see cref="NextOffset"/>.</summary>
    /// <exception cref="InvalidOperationException">The file has all its chunks.</exception>
    public TgptChunk Append(TgptCodec codec, long storedLength, long length, byte[] sha256)
    {
        RequireNext(length);
        TgptChunk chunk = new(_names[_chunks.Count], NextOffset, codec, storedLength, length, sha256);
        _chunks.Add(chunk);
        End = chunk.Offset + storedLength;
        return chunk;
    }

    /// <summary>The header and the metadata of the whole file, which go to its start.</summary>
    /// <exception cref="InvalidOperationException">A chunk is missing.</exception>
    public byte[] Finish()
    {
        if (_chunks.Count != _names.Length)
        {
            throw new InvalidOperationException($"The chunk '{_names[_chunks.Count]}' was not written.");
        }

        byte[] start = new byte[TgptHeader.Length + MetadataLength];
        Span<byte> metadata = start.AsSpan(TgptHeader.Length);
        metadata.Fill((byte)' ');
        TgptMetadata.Write(Config, Tensors, Tokenizer?.Metadata, _partKinds, _chunks).CopyTo(metadata);
        new TgptHeader(TgptMetadata.VersionOf(Config, Tensors, _partKinds), MetadataLength, End, Sha256.Hash(metadata)).Write(start);
        return start;
    }
}
