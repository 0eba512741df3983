using System.Text;
using TinyGpt.Import.Gguf;
using Xunit;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>That a model comes with the tokenizer of its metadata, and that every key of it is heard.</summary>
public sealed class GgufTokenizerKeysTests
{
    [Fact]
    public void A_tokenizer_of_pieces_is_read_with_its_scores()
    {
        // "ab" has the better score, so that "abc" is ab + c and not a + bc.
        GgufDraft draft = Pieces();
        Assert.Equal([1, 3, 6, 5], Encoded(draft, "abc"));
        Assert.Equal([1, 3, 4, 7], Encoded(draft.Float32s("tokenizer.ggml.scores", 0, 0, 0, -9, -9, -9, -2, -1, -9), "abc", tokens: 9));
    }

    [Fact]
    public void Flags_of_a_tokenizer_of_pieces_are_heard()
    {
        Assert.Equal([3, 6, 5], Encoded(Pieces().Bool("tokenizer.ggml.add_bos_token", false), "abc"));
        Assert.Equal([1, 6, 5], Encoded(Pieces().Bool("tokenizer.ggml.add_space_prefix", false), "abc"));
        Assert.Equal([2, 6, 5], Encoded(Pieces().UInt32("tokenizer.ggml.bos_token_id", 2).Bool("tokenizer.ggml.add_space_prefix", false), "abc"));
    }

    [Fact]
    public void A_tokenizer_like_GPT2_s_is_read_with_its_merges_and_chat_template()
    {
        GgufDraft draft = TinyGguf.Rotary("llama").Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2")
            .Texts("tokenizer.ggml.tokens", "a", "b", "Ġ", "Ġa", "<|im_start|>", "<|im_end|>", "c")
            .Int32s("tokenizer.ggml.token_type", 1, 1, 1, 1, 3, 3, 1).Texts("tokenizer.ggml.merges", "Ġ a")
            .UInt32("tokenizer.ggml.eos_token_id", 5)
            .Text(
                "tokenizer.chat_template",
                "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}");
        Assert.Equal([0, 3, 1, 6], Encoded(draft, "a abc"));
        using TemporaryFolder folder = new();
        SourceInfo info = ModelSource.ReadInfo(folder.Write("x.gguf", draft.Build()));
        Assert.Equal("byte_bpe", info.Tokenizer!.Kind);
        Assert.Equal("chatml", info.Tokenizer.Chat!.Name);
        Assert.Equal(5, info.Config.EndOfTextToken);
    }

    [Fact]
    public void A_file_without_a_tokenizer_is_a_model_without_one()
    {
        using TemporaryFolder folder = new();
        Assert.Null(ModelSource.ReadInfo(folder.Write("x.gguf", TinyGguf.Rotary("llama").Build())).Tokenizer);
        Assert.Null(ModelSource.ReadInfo(folder.Write("y.gguf", TinyGguf.Rotary("llama").Text("tokenizer.ggml.model", "no_vocab").Build())).Tokenizer);
    }

    [Fact]
    public void More_tokens_than_the_model_has_are_refused() => GgufModelTests.Refused(
        "but the model only",
        TinyGguf.Rotary("llama").Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", "<unk>", "<s>", "</s>", "a", "b", "c", "d", "e")
            .Float32s("tokenizer.ggml.scores", new float[8]));

    /// <summary>0 unknown, 1 and 2 control, then a space, letters, and two pieces of two letters.</summary>
    private static GgufDraft Pieces() => new GgufDraft().Text("tokenizer.ggml.model", "llama")
        .Texts("tokenizer.ggml.tokens", "<unk>", "<s>", "</s>", "▁", "a", "c", "ab", "bc", "b")
        .Float32s("tokenizer.ggml.scores", 0, 0, 0, -9, -9, -9, -1, -2, -9)
        .Int32s("tokenizer.ggml.token_type", 2, 3, 3, 1, 1, 1, 1, 1, 1).UInt32("tokenizer.ggml.bos_token_id", 1);

    private static int[] Encoded(GgufDraft draft, string text, int tokens = 9)
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("x.gguf", draft.Build()));
        TokenizerContent content = GgufTokenizerKeys.Read(file.Metadata, tokens)!;
        return Tokenizer.Create(TokenVocabulary.Read(content.Data.Span, "x")).EncodeDocument(Encoding.UTF8.GetBytes(text));
    }
}
