using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Files whose hashes are right and whose content is not.</summary>
public sealed class TgptMetadataTests
{
    public static TheoryData<string, string, string> Configurations => new()
    {
        { "architecture", "\"mamba\"", "mamba" },
        { "vocabularySize", "0", "vocabularySize" },
        { "vocabularySize", "5.5", "vocabularySize" },
        { "vocabularySize", "99999999999", "vocabularySize" },
        { "contextLength", "-1", "contextLength" },
        { "width", "2147483647", "width" },
        { "width", "25", "multiple" },
        { "width", "\"24\"", "width" },
        { "width", "null", "width" },
        { "layers", "1025", "layers" },
        { "layers", "2", "blocks.1" },
        { "heads", "0", "heads" },
        { "feedForwardWidth", "21", "feed_forward_in" },
        { "normEpsilon", "0", "normEpsilon" },
        { "normEpsilon", "1e999", "normEpsilon" },
        { "activation", "\"tanh\"", "tanh" },
        { "tiedHead", "true", "head" },
        { "tiedHead", "1", "tiedHead" },
        { "endOfTextToken", "5", "endOfTextToken" },
    };

    public static TheoryData<string, string, string, string> Chunks => new()
    {
        { "token_embedding", "codec", "\"zstd\"", "zstd" },
        { "token_embedding", "offset", "1", "must start" },
        { "token_embedding", "offset", "0", "must start" },
        { "token_embedding", "offset", "-64", "must start" },
        { "token_embedding", "offset", "9223372036854775744", "must start" },
        { "token_embedding", "storedLength", "1087", "stored" },
        { "token_embedding", "storedLength", "0", "stored" },
        { "token_embedding", "length", "-1088", "stored" },
        { "token_embedding", "length", "1e3", "length" },
        { "token_embedding", "sha256", "\"12\"", "sha256" },
        { "token_embedding", "sha256", "\"zz\"", "sha256" },
        { "token_embedding", "name", "\"position_embedding\"", "two chunks" },
        { "token_embedding", "name", "\"other\"", "token_embedding" },
        { "tokenizer", "storedLength", "9223372036854775807", "stored" },
        { "token_embedding", "offset", "8388608", "must start" },
        { "tokenizer", "extra", "1", "extra" },
    };

    public static TheoryData<string, string, string> Tensors => new()
    {
        { "kind", "\"int4\"", "int4" },
        { "kind", "\"floats\"", "panels" },
        { "rows", "6", "5 × 24" },
        { "columns", "25", "5 × 24" },
        { "name", "\"embedding\"", "token_embedding" },
        { "chunk", "\"position_embedding\"", "1088 bytes" },
        { "chunk", "\"nowhere\"", "nowhere" },
        { "scale", "2", "scale" },
    };

    [Theory]
    [MemberData(nameof(Configurations))]
    public void A_configuration_that_is_wrong_is_refused(string member, string value, string word) =>
        Refuses(json => json["config"]![member] = Value(value), word);

    [Theory]
    [MemberData(nameof(Chunks))]
    public void A_chunk_that_is_wrong_is_refused(string name, string member, string value, string word) =>
        Refuses(json => SampleFile.Chunk(json, name)[member] = Value(value), word);

    [Theory]
    [MemberData(nameof(Tensors))]
    public void A_tensor_that_is_wrong_is_refused(string member, string value, string word) =>
        Refuses(json => SampleFile.Tensor(json, "token_embedding")[member] = Value(value), word);

    [Theory]
    [InlineData("format")]
    [InlineData("config")]
    [InlineData("tensors")]
    [InlineData("chunks")]
    public void A_missing_part_is_refused(string name) => Refuses(json => json.Remove(name), name);

    [Fact]
    public void An_unknown_part_is_refused() => Refuses(json => json["adapters"] = new JsonArray(), "adapters");

    [Fact]
    public void An_unknown_format_is_refused() => Refuses(json => json["format"] = 2, "format 2");

    [Fact]
    public void A_missing_tensor_is_refused() => Refuses(json => json["tensors"]!.AsArray().RemoveAt(3), "blocks.0.attention_norm.bias");

    [Fact]
    public void A_tensor_too_many_is_refused() =>
        Refuses(json => json["tensors"]!.AsArray().Add(SampleFile.Tensor(json, "head").DeepClone()), "not called for");

    [Fact]
    public void A_chunk_too_many_is_refused() => Refuses(json => json.Remove("tokenizer"), "tokenizer");

    [Theory]
    [InlineData("plain", null)]
    [InlineData("chatml", "You are kind.")]
    [InlineData("unknown", null)]
    public void How_the_model_was_taught_to_talk_is_read(string template, string? system)
    {
        byte[] image = SampleFile.WithMetadata(SampleFile.Raw, json =>
            json["tokenizer"]!["chat"] = new JsonObject { ["template"] = template, ["system"] = system });

        using TgptFile file = SampleFile.Open(image);

        Assert.Equal(new ChatFormat((ChatFamily)ChatFormat.Names.ToList().IndexOf(template), system), file.Info.Chat);
        using TgptFile without = SampleFile.Open(SampleFile.Raw);
        Assert.Null(without.Info.Chat);
    }

    [Fact]
    public void An_unknown_chat_template_is_refused() =>
        Refuses(json => json["tokenizer"]!["chat"] = new JsonObject { ["template"] = "jinja" }, "jinja");

    [Fact]
    public void An_unknown_tokenizer_is_refused() => Refuses(json => json["tokenizer"]!["kind"] = "runes", "runes");

    [Fact]
    public void Chunks_that_overlap_are_refused() => Refuses(
        json => SampleFile.Chunk(json, "position_embedding")["offset"] = (long)SampleFile.Chunk(json, "token_embedding")["offset"]! + 64, "must start");

    [Fact]
    public void Chunks_out_of_order_are_refused() => Refuses(
        json =>
        {
            JsonArray chunks = json["chunks"]!.AsArray();
            JsonNode first = chunks[0]!;
            chunks.RemoveAt(0);
            chunks.Insert(1, first);
        },
        "must start");

    [Fact]
    public void A_chunk_of_another_length_than_its_tensor_is_refused() => Refuses(
        json =>
        {
            SampleFile.Chunk(json, "token_embedding")["length"] = 1087;
            SampleFile.Chunk(json, "token_embedding")["storedLength"] = 1087;
        },
        "1088");

    [Fact]
    public void A_block_that_claims_to_expand_too_far_is_refused() => Refuses(
        json =>
        {
            SampleFile.Chunk(json, "token_embedding")["codec"] = "lz4";
            SampleFile.Chunk(json, "token_embedding")["storedLength"] = 4;
        },
        "lz4");

    [Fact]
    public void A_huge_block_that_claims_to_be_lz4_is_refused() => Refuses(
        json =>
        {
            SampleFile.Chunk(json, "token_embedding")["codec"] = "lz4";
            SampleFile.Chunk(json, "token_embedding")["length"] = long.MaxValue;
        },
        "lz4");

    [Fact]
    public void A_chunk_beyond_the_end_of_the_file_is_refused() => Refuses(
        json =>
        {
            SampleFile.Chunk(json, "tokenizer")["length"] = 1000;
            SampleFile.Chunk(json, "tokenizer")["storedLength"] = 1000;
        },
        "bytes at byte");

    [Fact]
    public void A_file_that_goes_on_behind_its_last_chunk_is_refused() => Refuses(
        json =>
        {
            SampleFile.Chunk(json, "tokenizer")["length"] = 1;
            SampleFile.Chunk(json, "tokenizer")["storedLength"] = 1;
        },
        "ends at byte");

    [Fact]
    public void A_duplicate_key_is_refused() =>
        RefusesText(text => text.Replace("\"width\":24", "\"width\":24,\"width\":24", StringComparison.Ordinal), "JSON");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} // remark")]
    [InlineData("{\"format\":1,}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"format\":1,\"config\":{\"architecture\":\"\\udc00\"},\"chunks\":[],\"tensors\":[]}")]
    [InlineData("{\"format\":\"\u00ff\"}")]
    [InlineData("{\"config\":[[[[[[[[[[[[1]]]]]]]]]]]]}")]
    public void Metadata_that_is_no_object_of_clean_JSON_is_refused(string text) => RefusesText(_ => text, "");

    [Theory]
    [InlineData(0, 0x55, "TGPT")]
    [InlineData(4, 2, "version 2")]
    [InlineData(8, 128, "start at")]
    [InlineData(16, 0, "")]
    [InlineData(18, 255, "length")]
    [InlineData(23, 255, "metadata")]
    [InlineData(31, 255, "length")]
    [InlineData(28, 1, "cut short")]
    public void A_header_that_is_wrong_is_refused(int at, byte value, string word)
    {
        byte[] image = (byte[])SampleFile.Raw.Clone();
        image[at] = value;
        Assert.Contains(word, Assert.Throws<ModelFormatException>(() => SampleFile.Open(image)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_declares_more_than_the_machine_has_is_refused_before_anything_is_allocated()
    {
        // A valid plan for a large vocabulary, in a stream that cannot tell its length.
        long end = 0;
        byte[] image = SampleFile.WithMetadata(SampleFile.Raw, json =>
        {
            long rows = 1 << 20;
            long bytes = rows / 16 * 1088;
            json["config"]!["vocabularySize"] = rows;
            foreach (string name in new[] { "token_embedding", "head" })
            {
                SampleFile.Tensor(json, name)["rows"] = rows;
                SampleFile.Chunk(json, name)["length"] = bytes;
                SampleFile.Chunk(json, name)["storedLength"] = bytes;
            }

            long offset = (long)json["chunks"]![0]!["offset"]!;
            foreach (JsonNode? chunk in json["chunks"]!.AsArray())
            {
                chunk!["offset"] = offset;
                end = offset + (long)chunk["storedLength"]!;
                offset = (end + 63) / 64 * 64;
            }
        });
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(24), end);
        TgptReadOptions options = new() { MemoryLimit = 100_000_000 };
        ModelFormatException failure = Assert.Throws<ModelFormatException>(
            () => TgptFile.Open(new EndlessStream(image), "endless", options));
        Assert.Contains("memory", failure.Reason, StringComparison.Ordinal);
    }

    private static JsonNode? Value(string json) => JsonNode.Parse(json);

    private static void Refuses(Action<JsonObject> change, string word)
    {
        byte[] image = SampleFile.WithMetadata(SampleFile.Raw, change);
        Assert.Contains(word, Assert.Throws<ModelFormatException>(() => SampleFile.Open(image)).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(new MemoryStream(image), "stream"));
    }

    private static void RefusesText(Func<string, string> change, string word)
    {
        byte[] image = SampleFile.WithMetadataText(SampleFile.Raw, change);
        Assert.Contains(word, Assert.Throws<ModelFormatException>(() => SampleFile.Open(image)).Message, StringComparison.Ordinal);
    }

    private sealed class EndlessStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
