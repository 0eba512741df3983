using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>The lists of tensors and chunks: offsets, overlap, lengths that overflow, owners, hashes.</summary>
internal static class TgptChunkCases
{
    private const string Head = "head";
    private const string Tokens = "token_embedding";
    private const string Misplaced = "must start at";
    private const string Implausible = "cannot give";
    private const string Hash = "64 hexadecimal digits";

    public static readonly BadCase[] All =
    [
        new("a tensor missing in the middle", "calls for blocks.0.query_key_value", Json(json => Tensors(json).RemoveAt(4))),
        new("no last tensor", "has no tensor 'head'", Json(json => Tensors(json).RemoveAt(Tensors(json).Count - 1))),
        new("an empty list of tensors", "has no tensor 'token_embedding'", Json(json => Tensors(json).Clear())),
        new("a tensor twice", "not called for", Json(json => Tensors(json).Add(Entry(json, "tensors", Head).DeepClone()))),
        new("two tensors in each other's place", "calls for token_embedding", Json(json => Swap(Tensors(json), 0, 1))),
        new("an unknown tensor", "calls for head", TensorEntry(Head, "name", "\"lora\"")),
        new("a tensor's name in capitals", "calls for head", TensorEntry(Head, "name", "\"HEAD\"")),
        new("a matrix that is said to be floats", "floats, 5 × 24", TensorEntry(Head, "kind", "\"floats\"")),
        new("an unknown kind", "kind 'int4'", TensorEntry(Head, "kind", "\"int4\"")),
        new("a tensor of no rows", "0 × 24", TensorEntry(Head, "rows", "0")),
        new("a tensor of rows below zero", "-5 × 24", TensorEntry(Head, "rows", "-5")),
        new("a tensor of more rows than 32 bits", "whole number of 32 bits", TensorEntry(Head, "rows", "4294967301")),
        new("a tensor of as many columns as can be", "5 × 2147483647", TensorEntry(Head, "columns", "2147483647")),
        new("a tensor transposed", "24 × 5", Json(json =>
        {
            Entry(json, "tensors", Head)["rows"] = 24;
            Entry(json, "tensors", Head)["columns"] = 5;
        })),
        new("a tensor without a chunk", "no member 'chunk'", Json(json => Entry(json, "tensors", Head).Remove("chunk"))),
        new("a tensor whose chunk does not exist", "'nowhere'", TensorEntry(Head, "chunk", "\"nowhere\"")),
        new("a tensor with the chunk of another, which is as long", "another owner", TensorEntry(Head, "chunk", "\"token_embedding\"")),
        new("a tensor with the tokenizer's chunk", "its chunk has", TensorEntry(Head, "chunk", "\"tokenizer\"")),
        new("a tokenizer with a tensor's chunk", "another owner", Json(json => json["tokenizer"]!["chunk"] = Head)),
        new("a chunk that belongs to nothing", "belongs to nothing", Json(json => json.Remove("tokenizer"))),
        new("an empty list of chunks", "ends at byte", Json(json => Chunks(json).Clear())),
        new("a chunk too few at the end", "ends at byte", Json(json => Chunks(json).RemoveAt(Chunks(json).Count - 1))),
        new("a chunk too few at the start", Misplaced, Json(json => Chunks(json).RemoveAt(0))),
        new("a chunk twice", Misplaced, Json(json => Chunks(json).Insert(1, Chunks(json)[0]!.DeepClone()))),
        new("two chunks in each other's place", Misplaced, Json(json => Swap(Chunks(json), 0, 1))),
        new("two chunks of one name", "two chunks of the name", ChunkEntry(Head, "name", "\"token_embedding\"")),
        new("chunks in more numbers than are allowed", "at most 16384", Json(json =>
        {
            json["chunks"] = new JsonArray([.. Enumerable.Repeat(0, 16385).Select(zero => JsonValue.Create(zero))]);
        }, spare: 40_000)),
        new("a chunk at byte 0, over the header", Misplaced, ChunkEntry(Tokens, "offset", "0")),
        new("a chunk over the metadata", Misplaced, ChunkEntry(Tokens, "offset", "64")),
        new("a chunk over the one before", Misplaced, Json(json => Move(json, Head, -64))),
        new("a chunk with a gap of a whole unit before it", Misplaced, Json(json => Move(json, Head, 64))),
        new("a chunk that is not aligned", Misplaced, Json(json => Move(json, Head, 1))),
        new("a chunk before the file", Misplaced, ChunkEntry(Tokens, "offset", "-64")),
        new("a chunk after the file", Misplaced, ChunkEntry("tokenizer", "offset", "1099511627776")),
        new("a chunk at the last aligned offset there is", Misplaced, ChunkEntry("tokenizer", "offset", "9223372036854775744")),
        new("a chunk at an offset of more than 64 bits", "whole number of 64 bits", ChunkEntry(Tokens, "offset", "18446744073709551616")),
        new("a chunk at an offset that is text", "whole number of 64 bits", ChunkEntry(Tokens, "offset", "\"64\"")),
        new("an unknown codec", "codec 'zstd'", ChunkEntry(Tokens, "codec", "\"zstd\"")),
        new("a codec that is null", "'codec', which must be text", ChunkEntry(Tokens, "codec", "null")),
        new("a chunk of no bytes", Implausible, Json(json => Resize(json, Tokens, 0, 0))),
        new("a chunk of bytes below zero", Implausible, Json(json => Resize(json, Tokens, -1088, -1088))),
        new("a raw chunk of two lengths", Implausible, ChunkEntry(Tokens, "length", "1089")),
        new("a chunk of a terabyte", "of a file of", Json(json => Resize(json, "tokenizer", 1L << 40, 1L << 40))),
        new("a chunk whose end overflows", "of a file of", Json(json => Resize(json, "tokenizer", long.MaxValue, long.MaxValue))),
        new("a chunk a byte longer than the file", "of a file of", Json(json => Resize(json, "tokenizer", 68, 68))),
        new("a chunk a byte shorter than the file", "ends at byte", Json(json => Resize(json, "tokenizer", 66, 66))),
        new("a tensor with a byte too few", "takes 1088 bytes", Json(json => Resize(json, Tokens, 1087, 1087))),
        new("a tensor with a byte too many", "takes 1088 bytes", Parts(draft => draft.Chunk(Tokens).SetRaw(new byte[1089]))),
        new("a tensor with a unit too many", "takes 1088 bytes", Parts(draft => draft.Chunk(Tokens).SetRaw(new byte[1152]))),
        new("a block that claims to grow 256 times", Implausible, Json(json => Compress(json, Tokens, 4, 1024))),
        new("a block that claims more than a block can hold", Implausible, Json(json => Compress(json, Tokens, 1088, 0x7E000001))),
        new("a block that claims a terabyte", Implausible, Json(json => Compress(json, Tokens, 1088, 1L << 40))),
        new("a block that claims lengths that overflow", Implausible, Json(json => Compress(json, Tokens, long.MaxValue, 0x7E000000))),
        new("a block that is longer than any block of its content", Implausible, Json(json => Compress(json, Tokens, 1088, 1000))),
        new("a block of no content", Implausible, Json(json => Compress(json, Tokens, 1088, 0))),
        new("a block of no bytes", Implausible, Json(json => Compress(json, Tokens, 0, 1088))),
        new("a hash a digit too short", Hash, ChunkEntry(Tokens, "sha256", $"\"{new string('0', 63)}\"")),
        new("a hash of two digits too many", Hash, ChunkEntry(Tokens, "sha256", $"\"{new string('0', 66)}\"")),
        new("a hash of other letters", Hash, ChunkEntry(Tokens, "sha256", $"\"{new string('g', 64)}\"")),
        new("a hash of other digits", Hash, ChunkEntry(Tokens, "sha256", $"\"{new string('٣', 10)}{new string('0', 54)}\"")),
        new("a hash that is null", "'sha256', which must be text", ChunkEntry(Tokens, "sha256", "null")),
        new("a chunk without a name", "no member 'name'", Json(json => Entry(json, "chunks", Tokens).Remove("name"))),
        new("a chunk whose name is a number", "'name', which must be text", ChunkEntry(Tokens, "name", "7")),
    ];

    private static JsonArray Tensors(JsonObject json) => json["tensors"]!.AsArray();

    private static JsonArray Chunks(JsonObject json) => json["chunks"]!.AsArray();

    private static void Swap(JsonArray array, int first, int second)
    {
        (JsonNode a, JsonNode b) = (array[first]!.DeepClone(), array[second]!.DeepClone());
        (array[first], array[second]) = (b, a);
    }

    private static void Move(JsonObject json, string chunk, long by) =>
        Entry(json, "chunks", chunk)["offset"] = (long)Entry(json, "chunks", chunk)["offset"]! + by;

    private static void Resize(JsonObject json, string chunk, long stored, long length)
    {
        Entry(json, "chunks", chunk)["storedLength"] = stored;
        Entry(json, "chunks", chunk)["length"] = length;
    }

    private static void Compress(JsonObject json, string chunk, long stored, long length)
    {
        Resize(json, chunk, stored, length);
        Entry(json, "chunks", chunk)["codec"] = "lz4";
    }
}
