using System.Buffers;
using System.Text;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Tests.Text;

/// <summary>Byte-level tokenizers with what GPT-2's has not: tokens that any text becomes, that swallow spaces, and other rules.</summary>
public sealed class AddedTokenTests
{
    [Fact]
    public void Any_text_becomes_a_token_that_a_user_has_defined()
    {
        Tokenizer tokenizer = Make(("<x>", AddedTokenTraits.UserDefined), ("    ", AddedTokenTraits.UserDefined), ("<s>", default));

        Assert.Equal("a|<x>|    |b|<|s|>", Written(tokenizer, tokenizer.Encode("a<x>    b<s>")));
        Assert.Equal("a|<x>|    |b|<s>", Written(tokenizer, tokenizer.Encode("a<x>    b<s>", SpecialTokenHandling.Recognize)));
        Assert.False(tokenizer.TryGetSpecialToken("<x>", out _));
        Assert.Equal("a<x>    b<s>"u8.ToArray(), tokenizer.Decode(tokenizer.Encode("a<x>    b<s>")));
    }

    [Theory]
    [InlineData((int)AddedTokenTraits.StripsLeft, "a|<s>| |b")]
    [InlineData((int)AddedTokenTraits.StripsRight, "a| |\n|<s>|b")]
    [InlineData((int)(AddedTokenTraits.StripsLeft | AddedTokenTraits.StripsRight), "a|<s>|b")]
    public void A_token_can_swallow_the_white_space_around_it(int traits, string expected)
    {
        Tokenizer tokenizer = Make(("<s>", (AddedTokenTraits)traits));

        Assert.Equal(expected, Written(tokenizer, tokenizer.Encode("a \n<s> b", SpecialTokenHandling.Recognize)));
        Assert.Equal("<s>", Written(tokenizer, tokenizer.Encode("<s>", SpecialTokenHandling.Recognize)));
    }

    [Fact]
    public void Characters_are_composed_before_they_are_encoded()
    {
        Tokenizer tokenizer = Make(rules => rules with { Normalization = TextNormalization.Compose });

        Assert.Equal("\u00E9 \u00E9 \u0915\u093C", Encoding.UTF8.GetString(tokenizer.Decode(tokenizer.Encode("e\u0301 \u00E9 \u0958"))));
        byte[] random = new byte[2000];
        new Random(61).NextBytes(random);
        Assert.Equal(random, tokenizer.Decode(tokenizer.Encode(random)));
    }

    [Fact]
    public void Text_becomes_lower_case()
    {
        Tokenizer tokenizer = Make(rules => rules with { Normalization = TextNormalization.Compose | TextNormalization.Lowercase });

        Assert.Equal("\u00E9\u03C3 i\u0307\U00010428", Encoding.UTF8.GetString(tokenizer.Decode(tokenizer.Encode("E\u0301\u03A3 \u0130\U00010400"))));
    }

    [Fact]
    public void A_space_is_put_before_text_that_has_none()
    {
        Tokenizer tokenizer = Make(
            rules => rules with { PrefixSpace = PrefixSpace.UnlessThere, PrefixAfterAddedTokens = true }, ("<s>", default));

        Assert.Equal(" |a|<s>| |b", Written(tokenizer, tokenizer.Encode("a<s> b", SpecialTokenHandling.Recognize)));
        Assert.Equal("a", Written(tokenizer, tokenizer.Encode("a", position: TextPosition.Continuation)));
    }

    [Fact]
    public void A_piece_that_is_a_token_can_go_before_merges()
    {
        List<byte[]> tokens = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), "abc"u8.ToArray(), "ab"u8.ToArray()];
        TokenMerge[] merges = [new('a', 'b', 257)];
        (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
        foreach (bool whole in new[] { false, true })
        {
            VocabularyContent content = new()
            {
                Blob = blob,
                Starts = starts,
                Merges = merges,
                Rules = TokenizerRules.Gpt2 with { WholePiecesFirst = whole, Splitting = PreSplitting.Gpt4 },
            };
            Assert.True(TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out _));
            Tokenizer tokenizer = Tokenizer.Create(vocabulary);

            Assert.Equal(whole ? "abc|-|ab|d" : "ab|c|-|ab|d", Written(tokenizer, tokenizer.Encode("abc-abd")));
            Assert.Equal(OperationStatus.DestinationTooSmall, tokenizer.Encode("abc"u8, [], out _, out _));
        }
    }

    [Fact]
    public void More_ids_than_bytes_find_room()
    {
        Tokenizer tokenizer = Make(rules => rules with { Normalization = TextNormalization.Compose });
        string text = new('\u0958', 1000); // three bytes each, which become six

        Assert.Equal(6000, tokenizer.Encode(text).Length);
    }

    private static Tokenizer Make(params (string Text, AddedTokenTraits Traits)[] added) => Make(rules => rules, added);

    private static Tokenizer Make(Func<TokenizerRules, TokenizerRules> change, params (string Text, AddedTokenTraits Traits)[] added)
    {
        List<byte[]> tokens =
        [
            .. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. added.Select(token => Encoding.UTF8.GetBytes(token.Text)),
        ];
        (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
        VocabularyContent content = new()
        {
            Blob = blob,
            Starts = starts,
            AddedTokens = [.. added.Select((token, index) => new AddedToken(256 + index, token.Traits))],
            Rules = change(TokenizerRules.Gpt2),
        };
        Assert.True(TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault fault), fault.Reason);
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        return Tokenizer.Create(TokenVocabulary.Read(stream.ToArray(), "memory"));
    }

    private static string Written(Tokenizer tokenizer, int[] ids) =>
        string.Join('|', ids.Select(id => Encoding.UTF8.GetString(tokenizer.TokenBytes(id))));
}
