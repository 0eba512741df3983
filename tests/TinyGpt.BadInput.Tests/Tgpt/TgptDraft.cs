using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.Import;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>
/// A <c>.tgpt</c> file in parts, written without the product's writer, which would refuse to write what is wrong. What is not damaged on
/// purpose is laid out and hashed rightly.
/// </summary>
internal sealed class TgptDraft
{
    public const int HeaderLength = 64;
    public const int MetadataLengthAt = 16;
    public const int FileLengthAt = 24;
    public const int HashAt = 32;

    private const int Alignment = 64;

    private TgptDraft(JsonObject metadata, List<DraftChunk> chunks)
    {
        Metadata = metadata;
        Chunks = chunks;
    }

    /// <summary>The metadata but for the places and hashes of chunks, which <see cref="Build"/> fills in.</summary>
    public JsonObject Metadata { get; }

    public List<DraftChunk> Chunks { get; }

    /// <summary>Spaces after the metadata: room for changes that make it longer.</summary>
    public int Spare { get; set; } = 1024;

    public JsonObject Config => Metadata["config"]!.AsObject();

    /// <summary>The parts of a model with random weights and no tokenizer.</summary>
    public static TgptDraft Of(ModelConfig config)
    {
        string path = Path.GetTempFileName();
        try
        {
            SyntheticModel.Write(config, path, seed: 5);
            byte[] image = File.ReadAllBytes(path);
            JsonObject metadata = ReadMetadata(image);
            List<DraftChunk> chunks = [];
            foreach (JsonNode? chunk in metadata["chunks"]!.AsArray())
            {
                int offset = (int)chunk!["offset"]!;
                chunks.Add(new DraftChunk((string)chunk["name"]!, image[offset..(offset + (int)chunk["length"]!)]));
            }

            return new TgptDraft(metadata, chunks);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public TgptDraft Copy() =>
        new(Metadata.DeepClone().AsObject(), [.. Chunks.Select(chunk => chunk.Copy())]) { Spare = Spare };

    public DraftChunk Chunk(string name) => Chunks.Single(chunk => chunk.Name == name);

    /// <summary>Adds a tokenizer.</summary>
    public void AddTokenizer(byte[] vocabulary)
    {
        Metadata["tokenizer"] = new JsonObject { ["kind"] = "byte_bpe", ["chunk"] = "tokenizer" };
        Chunks.Add(new DraftChunk("tokenizer", vocabulary));
    }

    /// <summary>Makes it a file of version 3: with a classifier and a second end token.</summary>
    public void AddClassifier(byte[] classifier)
    {
        Metadata["format"] = 3;
        Config["otherEndTokens"] = new JsonArray(2);
        Metadata["parts"] = new JsonArray(new JsonObject { ["kind"] = "classifier", ["chunk"] = "classifier" });
        Chunks.Add(new DraftChunk("classifier", classifier));
    }

    /// <summary>Lays the file out.</summary>
    /// <param name="change">Damages the metadata at the last moment: afterwards only its hash is corrected.</param>
    /// <param name="changeText">The same for its text.</param>
    public byte[] Build(Action<JsonObject>? change = null, Func<string, byte[]>? changeText = null)
    {
        JsonObject metadata = Metadata.DeepClone().AsObject();
        int room = LayOut(metadata, 1L << 40).Length + Spare; // as long as any offset may get
        byte[] laidOut = LayOut(metadata, RoundUp(HeaderLength + room));
        change?.Invoke(metadata);
        byte[] text = changeText is not null ? changeText(metadata.ToJsonString())
            : change is not null ? Encoding.UTF8.GetBytes(metadata.ToJsonString())
            : laidOut;
        if (text.Length > room)
        {
            throw new InvalidOperationException($"{text.Length} bytes of metadata do not fit into {room}: more {nameof(Spare)} is needed.");
        }

        using MemoryStream file = new();
        file.Write(new byte[HeaderLength]);
        file.Write(text);
        file.Write(Enumerable.Repeat((byte)' ', room - text.Length).ToArray());
        foreach (DraftChunk chunk in Chunks)
        {
            file.Write(new byte[RoundUp(file.Length) - file.Length]);
            file.Write(chunk.Stored);
        }

        byte[] image = file.ToArray();
        "TGPT"u8.CopyTo(image);
        image[4] = (byte)(int)Metadata["format"]!;
        image[8] = HeaderLength;
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(MetadataLengthAt), room);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(FileLengthAt), image.Length);
        Rehash(image);
        return image;
    }

    /// <summary>Makes the header's hash right for the metadata, if that is within the file.</summary>
    public static void Rehash(byte[] image)
    {
        if (image.Length >= HeaderLength)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(MetadataLengthAt));
            if (length <= (ulong)(image.Length - HeaderLength))
            {
                SHA256.HashData(image.AsSpan(HeaderLength, (int)length), image.AsSpan(HashAt));
            }
        }
    }

    public static JsonObject ReadMetadata(byte[] image)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(MetadataLengthAt));
        return JsonNode.Parse(Encoding.UTF8.GetString(image, HeaderLength, length).TrimEnd())!.AsObject();
    }

    private static long RoundUp(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private byte[] LayOut(JsonObject metadata, long offset)
    {
        JsonArray chunks = [];
        foreach (DraftChunk chunk in Chunks)
        {
            chunks.Add(new JsonObject
            {
                ["name"] = chunk.Name,
                ["offset"] = offset,
                ["codec"] = chunk.Codec,
                ["storedLength"] = chunk.Stored.LongLength,
                ["length"] = chunk.Length,
                ["sha256"] = Convert.ToHexStringLower(chunk.Sha256),
            });
            offset = RoundUp(offset + chunk.Stored.LongLength);
        }

        metadata["chunks"] = chunks;
        return Encoding.UTF8.GetBytes(metadata.ToJsonString());
    }
}
