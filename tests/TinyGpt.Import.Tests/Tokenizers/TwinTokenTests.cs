using System.Text;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>Added tokens that are written like an ordinary one, and those that are looked for in normalized text.</summary>
public sealed class TwinTokenTests
{
    /// <summary>As in GPT-NeoX's file: runs of spaces are tokens of the model and, with other ids, added tokens.</summary>
    private const string Spaces = """
        {"added_tokens": [{"id": 4, "content": "  ", "special": false, "normalized": true}, {"id": 5, "content": " ", "special": false}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ĠĠ": 3}, "merges": ["Ġ Ġ"]}}
        """;

    private const string Prefixed = """
        {"added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": true},
           {"id": 5, "content": "<x>", "special": false, "normalized": true}, {"id": 6, "content": "<y>", "special": true, "normalized": false}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
           {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
           {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "pre_tokenizer": null,
         "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": false,
           "vocab": {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "▁a": 4}, "merges": ["▁ a"]}}
        """;

    [Fact]
    public void The_added_token_wins_where_it_stands_in_text()
    {
        TokenVocabulary vocabulary = Read(Spaces);
        Tokenizer tokenizer = Tokenizer.Create(vocabulary);

        Assert.Equal([0, 4, 1], tokenizer.Encode("a  b"));
        Assert.Equal([0, 5, 1], tokenizer.Encode("a b"));
        Assert.Equal([4, 5], tokenizer.Encode("   "));
        Assert.Equal("a  b", Encoding.UTF8.GetString(tokenizer.Decode([0, 3, 1])));
        Assert.True(vocabulary.TryGetId("  "u8, out int id));
        Assert.Equal(3, id);
    }

    [Theory]
    [InlineData(Spaces)]
    [InlineData(Prefixed)]
    public void Such_a_vocabulary_is_written_as_version_3_and_read_again(string json)
    {
        TokenVocabulary vocabulary = Read(json);
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        byte[] data = stream.ToArray();

        Assert.Equal(3, data[4]);
        TokenVocabulary again = TokenVocabulary.Read(data, "again");
        Assert.Equal(vocabulary.AddedTokens, again.AddedTokens);
        Assert.Equal(Tokenizer.Create(vocabulary).Encode("a  b a"), Tokenizer.Create(again).Encode("a  b a"));
    }

    [Fact]
    public void Two_ordinary_or_two_added_tokens_are_never_the_same()
    {
        TokenMerge[] none = [];
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([[97], [97]], none, []));
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([[97], [98, 98], [98, 98]], none, [1, 2]));
        Assert.Equal(3, TokenVocabulary.Create([[97], [98, 98], [98, 98]], none, [2]).Count);
    }

    /// <summary>
    /// What Hugging Face's tokenizers library makes of these: the prefix space is put before the text first, so that a token which is looked
    /// for in normalized text begins with one, and no other is put after it.
    /// </summary>
    [Theory]
    [InlineData("a <unk> b", new[] { 4, 0, 1, 3 })]
    [InlineData("<unk>a", new[] { 0, 2 })]
    [InlineData(" <unk>a", new[] { 1, 0, 2 })]
    [InlineData("a <x>a", new[] { 4, 5, 2 })]
    [InlineData("a<y>a", new[] { 4, 6, 4 })]
    [InlineData("a<y><x>b", new[] { 4, 6, 5, 3 })]
    [InlineData("a  <x>", new[] { 4, 1, 5 })]
    public void A_token_that_is_looked_for_in_normalized_text_swallows_its_space(string text, int[] ids)
    {
        Tokenizer tokenizer = Tokenizer.Create(Read(Prefixed));

        Assert.Equal(ids, tokenizer.Encode(text, SpecialTokenHandling.Recognize));
    }

    [Fact]
    public void Without_its_space_it_is_text()
    {
        Tokenizer tokenizer = Tokenizer.Create(Read(Prefixed));

        Assert.Equal([4, 0, 2], tokenizer.Encode("a<x>a")); // every character of it is unknown, which makes one token
    }

    private static TokenVocabulary Read(string json)
    {
        using TokenizerFolder folder = new();
        return folder.With("tokenizer.json", json).Read();
    }
}
