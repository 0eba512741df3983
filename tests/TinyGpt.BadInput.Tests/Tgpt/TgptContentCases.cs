using System.Buffers.Binary;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Tokenizers;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>What the chunks hold: weights and scales that are no numbers, damage that only hashes show, tokenizers that are none.</summary>
internal static class TgptContentCases
{
    private const string Matrix = "token_embedding";
    private const string Vector = "final_norm.gain";
    private const string NoScale = "a scale is not in";
    private const string NoFloat = "not finite or beyond";
    private const string NoHash = "its SHA-256 is not the metadata's";
    private const int FirstScale = 1024;

    public static readonly BadCase[] All =
    [
        Bad("a weight of -128", "a weight is -128", Content(Matrix, bytes => bytes[7] = 0x80)),
        Bad("a last weight of -128", "a weight is -128", Content(Matrix, bytes => bytes[1023] = 0x80)),
        Bad("a weight of -128 in the padding", "a weight is -128", Content("head", bytes => bytes[60] = 0x80)),
        Bad("a scale that is no number", NoScale, Content(Matrix, bytes => Put(bytes, FirstScale, float.NaN))),
        Bad("an infinite scale", NoScale, Content(Matrix, bytes => Put(bytes, FirstScale + 4, float.PositiveInfinity))),
        Bad("a scale below zero", NoScale, Content(Matrix, bytes => Put(bytes, FirstScale + 8, -1e-3f))),
        Bad("a scale of negative zero", NoScale, Content(Matrix, bytes => Put(bytes, FirstScale + 12, -0f))),
        Bad("a scale above the largest", NoScale, Content(Matrix, bytes => Put(bytes, FirstScale + 60, 1.1e18f))),
        Bad("a number that is none", NoFloat, Content(Vector, bytes => Put(bytes, 4, float.NaN))),
        Bad("a number that is none, with its sign", NoFloat, Content(Vector, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0xFFFFFFFF))),
        Bad("an infinite number", NoFloat, Content(Vector, bytes => Put(bytes, 92, float.PositiveInfinity))),
        Bad("an infinite number below zero", NoFloat, Content(Vector, bytes => Put(bytes, 8, float.NegativeInfinity))),
        Bad("a number above the largest", NoFloat, Content("blocks.0.query_key_value.bias", bytes => Put(bytes, 0, float.MaxValue))),
        Bad("a number that is none in the padding", NoFloat, Content(Vector, bytes => Put(bytes, 252, float.NaN))),
        new("every scale as large as it may be", "", Content(Matrix, bytes => Fill(bytes, FirstScale, 1e18f)))
        {
            Expected = LoadResult.Loaded,
        },
        new("every number as large as it may be", "", Content(Vector, bytes => Fill(bytes, 0, -1e18f))) { Expected = LoadResult.Loaded },
        new("padding that is not zero", "", Content(Vector, bytes => Put(bytes, 252, 1f))) { Expected = LoadResult.Loaded },
        new("a weight that is another", NoHash, Spoiled(Matrix, 3)) { OnlyWays = WithHashes },
        new("a bias that is another", NoHash, Spoiled("blocks.0.feed_forward_in.bias", 0)) { OnlyWays = WithHashes },
        new("a token's letter that is another", NoHash, Spoiled("tokenizer", SampleVocabulary.BlobAt)) { OnlyWays = WithHashes },
        new("a hash of another chunk", NoHash, Parts(draft => draft.Chunk("head").Spoil(bytes => draft.Chunk(Matrix).Stored.CopyTo(bytes, 0))))
        {
            OnlyWays = WithHashes,
        },
        new("a stream that plans for 140 megabytes and ends", "cut short in chunk", () => File(Promise())) { OnlyWays = [Ways.TgptStream] },
        Bad("a tokenizer of one byte", "its header alone", Parts(draft => draft.Chunk("tokenizer").SetRaw([84]))),
        Bad("a tokenizer with other magic", "not 'TGTV'", Content("tokenizer", bytes => bytes[3] = (byte)'T')),
        Bad("a tokenizer of another version", "vocabulary version 4", Content("tokenizer", bytes => bytes[4] = 4)),
        Bad("a tokenizer of a thousand million tokens", "tokens; 1 to", Content("tokenizer", bytes => bytes[SampleVocabulary.TokenCountAt + 3] = 64)),
        Bad("a tokenizer with an unknown token in a merge", "names token 77", Content("tokenizer", bytes => bytes[SampleVocabulary.MergesAt] = 77)),
        Bad("a tokenizer that is zeros", "not 'TGTV'", Parts(draft => draft.Chunk("tokenizer").SetRaw(new byte[75]))),
        Bad("a tokenizer in JSON", "not 'TGTV'", Parts(draft => draft.Chunk("tokenizer").SetRaw("""{"a": 0, "b": 1, "c": 2, "d": 3}"""u8.ToArray()))),
    ];

    private static BadCase Bad(string name, string reason, Func<InputFiles> files) => new(name, reason, files) { OnlyWays = WithContent };

    private static void Put(byte[] bytes, int at, float number) => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), number);

    private static void Fill(byte[] bytes, int at, float number)
    {
        for (; at < bytes.Length; at += sizeof(float))
        {
            Put(bytes, at, number);
        }
    }

    private static Func<InputFiles> Spoiled(string chunk, int at) => Parts(draft => draft.Chunk(chunk).Spoil(bytes => bytes[at] ^= 1));
}
