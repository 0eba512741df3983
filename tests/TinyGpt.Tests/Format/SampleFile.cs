using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Tests.Format;

/// <summary>A small valid .tgpt file in memory, and ways to damage it that keep its hashes right.</summary>
internal static class SampleFile
{
    public const int HeaderLength = 64;

    /// <summary>One block, head size 12, a tokenizer.</summary>
    public static readonly ModelConfig Config = new()
    {
        Architecture = "gpt2",
        VocabularySize = 5,
        ContextLength = 3,
        Width = 24,
        Layers = 1,
        Heads = 2,
        FeedForwardWidth = 20,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluErf,
        TiedHead = false,
        EndOfTextToken = 4,
    };

    /// <summary>All chunks raw.</summary>
    public static readonly byte[] Raw = Make(compress: false);

    /// <summary>Some chunks compressed.</summary>
    public static readonly byte[] Compressed = Make(compress: true);

    /// <summary>The block's matrices with 4-bit weights, all chunks raw.</summary>
    public static readonly byte[] Int4 = Make(compress: false, WeightPrecision.Int4);

    public static ReadOnlySpan<byte> Tokenizer => "a tokenizer, or so"u8;

    public static TgptFile Open(byte[] image, bool? verify = null) =>
        TgptFile.Open(image, "sample", new TgptReadOptions { VerifyChecksums = verify });

    /// <summary>The bytes of a tensor, copied.</summary>
    public static unsafe byte[] Tensor(TgptFile file, TensorShape shape) =>
        new ReadOnlySpan<byte>(file.Tensor(shape.Name), (int)shape.Bytes).ToArray();

    /// <summary>The file with other metadata and a header that fits it.</summary>
    public static byte[] WithMetadata(byte[] image, Action<JsonObject> change)
    {
        JsonObject metadata = JsonNode.Parse(Metadata(image))!.AsObject();
        change(metadata);
        return WithMetadataText(image, _ => metadata.ToJsonString());
    }

    /// <summary>The file with other metadata, which need not be JSON, and a header that fits it.</summary>
    public static byte[] WithMetadataText(byte[] image, Func<string, string> change)
    {
        byte[] text = Encoding.Latin1.GetBytes(change(Metadata(image)));
        byte[] result = (byte[])image.Clone();
        Span<byte> metadata = result.AsSpan(HeaderLength, MetadataLength(image));
        metadata.Fill((byte)' ');
        text.CopyTo(metadata);
        SHA256.HashData(metadata, result.AsSpan(32));
        return result;
    }

    /// <summary>The file with other bytes in a chunk, and hashes that fit them.</summary>
    public static byte[] WithChunk(byte[] image, string name, Action<byte[]> change)
    {
        using TgptFile file = Open(image);
        TgptChunk chunk = file.Info.Chunks.Single(candidate => candidate.Name == name);
        byte[] content = image[(int)chunk.Offset..(int)(chunk.Offset + chunk.StoredLength)];
        change(content);
        byte[] result = WithMetadata(image, json => Chunk(json, name)["sha256"] = Convert.ToHexString(SHA256.HashData(content)));
        content.CopyTo(result, chunk.Offset);
        return result;
    }

    public static JsonObject Chunk(JsonObject metadata, string name) =>
        metadata["chunks"]!.AsArray().Single(chunk => (string)chunk!["name"]! == name)!.AsObject();

    public static JsonObject Tensor(JsonObject metadata, string name) =>
        metadata["tensors"]!.AsArray().Single(chunk => (string)chunk!["name"]! == name)!.AsObject();

    public static int MetadataLength(byte[] image) => (int)BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(16));

    private static string Metadata(byte[] image) => Encoding.UTF8.GetString(image, HeaderLength, MetadataLength(image)).TrimEnd();

    private static byte[] Make(bool compress, WeightPrecision precision = WeightPrecision.Int8)
    {
        using TgptFile model = SyntheticModel.Open(Config, seed: 3, precision);
        using MemoryStream stream = new();
        using TgptWriter writer = new(stream, Config, new TokenizerContent("byte_bpe", Tokenizer.ToArray()), compress, precision);
        foreach (TensorShape shape in model.Info.Tensors)
        {
            writer.Write(Tensor(model, shape));
        }

        writer.Finish();
        return stream.ToArray();
    }
}
