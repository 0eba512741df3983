using System.Globalization;
using System.Text.Json;
using K4os.Compression.LZ4;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Format;

/// <summary>
/// The JSON of a <c>.tgpt</c> file, both ways. The reader refuses members that it does not know: in a file of these versions there are
/// none, and a member that is not understood could change what the weights mean.
/// </summary>
internal static class TgptMetadata
{
    /// <summary>The most chunks that a file may have: more than the largest configuration calls for.</summary>
    public const int MostChunks = 16384;

    // No LZ4 block expands further, because a byte of length code means 255 bytes of content.
    private const long LargestExpansion = 255;

    private static readonly JsonLimits Limits = new(Depth: 8, Tokens: 1 << 19, TextBytes: 256);
    private static readonly string[] TensorKinds = ["panels", "floats", "int4_panels"];
    private static readonly string[] Codecs = ["raw", "lz4"];

    /// <summary>Reads and checks the metadata: the configuration, the tensors that it calls for, and the place of every chunk.</summary>
    /// <param name="utf8">The bytes, whose hash was checked.</param>
    /// <param name="header">The file's header.</param>
    /// <param name="file">For errors.</param>
    /// <exception cref="ModelFormatException">The metadata is damaged or contradicts itself.</exception>
    public static TgptInfo Read(ReadOnlyMemory<byte> utf8, in TgptHeader header, string file)
    {
        using JsonDocument document = CheckedJson.Parse(utf8, Limits, file, TgptHeader.Length, out CheckedJson root);
        root.AllowOnly("format", "config", "tokenizer", "parts", "tensors", "chunks");
        if (root.Int32("format") != header.Version)
        {
            throw root.Failure($"has format {root.Int32("format")}, and the header says version {header.Version}");
        }

        ModelConfig config = TgptConfig.Read(root.Object("config"));
        if (header.Version < TgptHeader.PartsVersion && (root.Has("parts") || config.OtherEndTokens.Count > 0))
        {
            throw root.Failure($"has 'parts' or 'otherEndTokens', for which the version must be {TgptHeader.PartsVersion}");
        }

        TgptChunk[] chunks = ReadChunks(root, header);
        Dictionary<string, int> unused = new(chunks.Length, StringComparer.Ordinal);
        for (int i = 0; i < chunks.Length; i++)
        {
            if (!unused.TryAdd(chunks[i].Name, i))
            {
                throw root.Failure($"has two chunks of the name '{chunks[i].Name}'");
            }
        }

        TensorShape[] tensors = [.. ModelTensors.Of(config)];
        int[] tensorChunks = ReadTensors(root, tensors, header.Version, chunks, unused);
        TgptTokenizer? tokenizer = null;
        int tokenizerChunk = -1;
        if (root.Has("tokenizer"))
        {
            CheckedJson json = root.Object("tokenizer");
            tokenizer = TgptTokenizer.Read(json);
            tokenizerChunk = TakeChunk(json, unused);
            if (chunks[tokenizerChunk].Length > TgptTokenizer.LongestChunk)
            {
                throw json.Failure($"has {chunks[tokenizerChunk].Length} bytes, and at most {TgptTokenizer.LongestChunk} are accepted");
            }
        }

        TgptPart[] parts = root.Has("parts") ? ReadParts(root, chunks, unused) : [];
        return unused.Count == 0
            ? new TgptInfo(file, header, config, tensors, chunks, tensorChunks, tokenizer, tokenizerChunk, parts)
            : throw root.Failure($"has a chunk '{unused.Keys.First()}' that belongs to nothing");
    }

    /// <summary>The version of a file: the first that can say what is in it, so that older readers read what they can.</summary>
    public static int VersionOf(ModelConfig config, IReadOnlyList<TensorShape> tensors, IReadOnlyList<string> parts) =>
        parts.Count > 0 || config.OtherEndTokens.Count > 0 ? TgptHeader.PartsVersion
        : tensors.Any(tensor => tensor.Kind == TensorKind.Int4Panels) ? TgptHeader.Int4Version
        : TgptHeader.FirstVersion;

    /// <summary>Writes the metadata of a file.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="tensors">Its tensors, each with the precision that it has.</param>
    /// <param name="tokenizer">What to say of the tokenizer, or null if there is none.</param>
    /// <param name="parts">The kinds of the other parts.</param>
    /// <param name="chunks">One for each tensor, in their order and of their names, then the tokenizer's, then the parts'.</param>
    public static byte[] Write(
        ModelConfig config,
        IReadOnlyList<TensorShape> tensors,
        TgptTokenizer? tokenizer,
        IReadOnlyList<string> parts,
        IReadOnlyList<TgptChunk> chunks)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("format", VersionOf(config, tensors, parts));
            json.WritePropertyName("config");
            TgptConfig.Write(json, config);
            tokenizer?.Write(json, chunks[tensors.Count].Name);
            if (parts.Count > 0)
            {
                json.WriteStartArray("parts");
                foreach (string part in parts)
                {
                    TgptPart.Write(json, part);
                }

                json.WriteEndArray();
            }

            json.WriteStartArray("tensors");
            for (int i = 0; i < tensors.Count; i++)
            {
                TensorShape tensor = tensors[i];
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("kind", TensorKinds[(int)tensor.Kind]);
                json.WriteNumber("rows", tensor.Rows);
                json.WriteNumber("columns", tensor.Columns);
                json.WriteString("chunk", chunks[i].Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("chunks");
            foreach (TgptChunk chunk in chunks)
            {
                json.WriteStartObject();
                json.WriteString("name", chunk.Name);
                json.WriteNumber("offset", chunk.Offset);
                json.WriteString("codec", Codecs[(int)chunk.Codec]);
                json.WriteNumber("storedLength", chunk.StoredLength);
                json.WriteNumber("length", chunk.Length);
                json.WriteString("sha256", Convert.ToHexStringLower(chunk.Sha256.Span));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static TgptChunk[] ReadChunks(CheckedJson root, in TgptHeader header)
    {
        CheckedJson[] items = root.Objects("chunks", MostChunks);
        TgptChunk[] chunks = new TgptChunk[items.Length];
        long free = TgptHeader.Length + header.MetadataLength;
        for (int i = 0; i < chunks.Length; i++)
        {
            TgptChunk chunk = chunks[i] = ReadChunk(items[i]);
            long next = NativeArena.RoundUp(free);
            if (chunk.Offset != next)
            {
                throw items[i].Failure($"starts at byte {chunk.Offset}, and must start at {next}, the next multiple of {PanelLayout.Alignment}");
            }

            if (chunk.Offset > header.FileLength || chunk.StoredLength > header.FileLength - chunk.Offset)
            {
                throw items[i].Failure($"has {chunk.StoredLength} bytes at byte {chunk.Offset} of a file of {header.FileLength}");
            }

            free = chunk.Offset + chunk.StoredLength;
        }

        return free == header.FileLength ? chunks
            : throw root.Failure($"describes a file that ends at byte {free}, and it has {header.FileLength} bytes");
    }

    private static TgptChunk ReadChunk(CheckedJson json)
    {
        json.AllowOnly("name", "offset", "codec", "storedLength", "length", "sha256");
        TgptCodec codec = (TgptCodec)json.Choice("codec", Codecs);
        long stored = json.Int64("storedLength");
        long length = json.Int64("length");
        bool plausible = stored > 0 && length > 0 && codec switch
        {
            TgptCodec.Raw => stored == length,
            _ => length <= Lz4Block.MaxLength && stored <= LZ4Codec.MaximumOutputSize((int)length) && length <= stored * LargestExpansion,
        };
        if (!plausible)
        {
            throw json.Failure(string.Create(CultureInfo.InvariantCulture,
                $"has {stored} stored bytes for {length} bytes of content, which codec {Codecs[(int)codec]} cannot give"));
        }

        string hash = json.Text("sha256");
        byte[] sha256 = new byte[Sha256.DigestLength];
        if (hash.Length != 2 * sha256.Length
            || Convert.FromHexString(hash, sha256, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw json.Failure($"has a 'sha256' that is not {2 * sha256.Length} hexadecimal digits");
        }

        return new TgptChunk(json.Text("name"), json.Int64("offset"), codec, stored, length, sha256);
    }

    /// <summary>Reads the list of tensors and replaces those that are wanted by what they are: a block's matrix may have 4-bit weights.</summary>
    private static int[] ReadTensors(
        CheckedJson root, TensorShape[] wanted, int version, TgptChunk[] chunks, Dictionary<string, int> unused)
    {
        CheckedJson[] items = root.Objects("tensors", MostChunks);
        int[] tensorChunks = new int[wanted.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            TensorShape tensor = wanted[i];
            if (i >= items.Length)
            {
                throw root.Failure($"has no tensor '{tensor.Name}', which the configuration calls for");
            }

            CheckedJson item = items[i];
            item.AllowOnly("name", "kind", "rows", "columns", "chunk");
            TensorShape found = new(
                item.Text("name"), (TensorKind)item.Choice("kind", TensorKinds), item.Int32("rows"), item.Int32("columns"));
            if (version >= TgptHeader.Int4Version && found.Kind == TensorKind.Int4Panels && ModelTensors.MayBeInt4(tensor))
            {
                wanted[i] = tensor = tensor with { Kind = TensorKind.Int4Panels };
            }

            if (found != tensor)
            {
                throw item.Failure($"is {Describe(found)}, and the configuration calls for {Describe(tensor)} here");
            }

            tensorChunks[i] = TakeChunk(item, unused);
            long length = chunks[tensorChunks[i]].Length;
            if (length != tensor.Bytes)
            {
                throw item.Failure($"({Describe(tensor)}) takes {tensor.Bytes} bytes, and its chunk has {length}");
            }
        }

        return items.Length == wanted.Length ? tensorChunks
            : throw items[wanted.Length].Failure($"('{items[wanted.Length].Text("name")}') is not called for by the configuration");
    }

    private static TgptPart[] ReadParts(CheckedJson root, TgptChunk[] chunks, Dictionary<string, int> unused)
    {
        CheckedJson[] items = root.Objects("parts", TgptPart.Kinds.Length);
        TgptPart[] parts = new TgptPart[items.Length];
        int before = -1;
        for (int i = 0; i < parts.Length; i++)
        {
            items[i].AllowOnly("kind", "chunk");
            int kind = items[i].Choice("kind", TgptPart.Kinds);
            if (kind <= before)
            {
                throw items[i].Failure($"has the kind '{TgptPart.Kinds[kind]}' twice or out of order");
            }

            before = kind;
            parts[i] = new TgptPart(TgptPart.Kinds[kind], TakeChunk(items[i], unused));
            long length = chunks[parts[i].Chunk].Length;
            if (length > TgptPart.LongestChunk)
            {
                throw items[i].Failure($"has {length} bytes, and at most {TgptPart.LongestChunk} are accepted");
            }
        }

        return parts;
    }

    private static int TakeChunk(CheckedJson owner, Dictionary<string, int> unused)
    {
        string name = owner.Text("chunk");
        return unused.Remove(name, out int index) ? index : throw owner.Failure($"names chunk '{name}', which does not exist or has another owner");
    }

    private static string Describe(TensorShape tensor) =>
        string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}, {TensorKinds[(int)tensor.Kind]}, {tensor.Rows} × {tensor.Columns}");
}
