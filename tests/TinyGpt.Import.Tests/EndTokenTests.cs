using TinyGpt.Import.Tests.Gguf;
using TinyGpt.Import.Tokenizers;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Every token that any file of a model names as an end of text, and what a packed model keeps of it.</summary>
public sealed class EndTokenTests
{
    private const string Tokenizer = """
        {"added_tokens": [{"id": 3, "content": "[E3]", "special": true}, {"id": 4, "content": "[E4]", "special": true},
          {"id": 5, "content": "[E5]", "special": true}, {"id": 6, "content": "[E6]", "special": true}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}}
        """;

    [Fact]
    public void All_files_of_a_folder_are_heard_and_the_first_token_is_the_end_of_text()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write(
            TinyCheckpoint.Config.Replace("\"eos_token_id\":6", "\"eos_token_id\":[6,2,99]", StringComparison.Ordinal));
        folder.Write("tokenizer.json", Tokenizer);
        folder.Write("tokenizer_config.json", """{"eos_token": {"content": "[E4]"}}""");
        folder.Write("special_tokens_map.json", """{"eos_token": "[E5]"}""");
        folder.Write("generation_config.json", """{"eos_token_id": [3, 6]}""");
        ModelConfig config = ModelSource.ReadConfig(folder.Name);

        Assert.Equal(6, config.EndOfTextToken);
        Assert.Equal([2, 3, 4, 5], config.OtherEndTokens);
        Assert.All([2, 3, 4, 5, 6], token => Assert.True(config.EndsText(token)));
        Assert.False(config.EndsText(0));
    }

    [Fact]
    public void A_packed_model_keeps_them_and_one_with_a_single_end_keeps_its_version()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        Packer.Pack(folder.Name, folder.At("one.tgpt"), cancellation: TestContext.Current.CancellationToken);
        folder.Write("generation_config.json", """{"eos_token_id": [1, 2]}""");
        Packer.Pack(folder.Name, folder.At("three.tgpt"), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(1, File.ReadAllBytes(folder.At("one.tgpt"))[4]);
        Assert.Equal(3, File.ReadAllBytes(folder.At("three.tgpt"))[4]);
        ModelConfig config = TgptFile.ReadInfo(folder.At("three.tgpt")).Config;
        Assert.Equal(6, config.EndOfTextToken);
        Assert.Equal([1, 2], config.OtherEndTokens);
        Assert.Equal(config, ModelSource.ReadConfig(folder.Name));
    }

    [Fact]
    public void Damaged_generation_settings_and_too_many_ends_are_named()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        folder.Write("generation_config.json", """{"eos_token_id": "six"}""");
        Assert.Contains("eos_token_id", Fault(), StringComparison.Ordinal);
        folder.Write("generation_config.json", $$"""{"eos_token_id": [{{string.Join(',', Enumerable.Range(0, 65))}}]}""");
        Assert.Contains("at most 64", Fault(), StringComparison.Ordinal);

        string Fault()
        {
            string message = Assert.Throws<ModelFormatException>(() => ModelSource.ReadConfig(folder.Name)).Message;
            Assert.StartsWith(folder.At("generation_config.json"), message, StringComparison.Ordinal);
            return message;
        }
    }

    [Fact]
    public void A_GGUF_file_has_them_in_three_keys_and_in_tokens_that_are_known()
    {
        GgufDraft draft = TinyGguf.Rotary("llama").Texts("tokenizer.ggml.tokens", "a", "b", "<|endoftext|>", "[x]", "<|eot_id|>", "[y]", "[z]")
            .Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2").Texts("tokenizer.ggml.merges")
            .Int32s("tokenizer.ggml.token_type", 1, 1, 3, 3, 1, 3, 3)
            .UInt32("tokenizer.ggml.eot_token_id", 3).UInt32("tokenizer.ggml.eom_token_id", 5);
        using TemporaryFolder folder = new();
        ModelConfig config = ModelSource.ReadConfig(folder.Write("x.gguf", draft.Build()));

        Assert.Equal(6, config.EndOfTextToken);
        Assert.Equal([2, 3, 4, 5], config.OtherEndTokens);
    }

    [Theory]
    [InlineData("<|im_end|>", 1)]
    [InlineData("<|im_start|>", 1)]
    [InlineData("<|im_start|>", 4)]
    [InlineData("<|im_end|>", 4)]
    public void Chat_marks_are_special_whatever_type_a_converter_wrote(string mark, int type)
    {
        GgufTokenizer tokenizer = new()
        {
            File = "small.gguf",
            Model = "gpt2",
            Pre = "gpt-2",
            Tokens = ["a", "b", "<|im_start|>", "<|im_end|>"],
            TokenTypes = [1, 1, mark == "<|im_start|>" ? type : 3, mark == "<|im_end|>" ? type : 3],
            Merges = [],
            EndOfText = 3,
            ChatTemplates = [new NamedChatTemplate(NamedChatTemplate.Default, "<|im_start|>user\n<|im_end|>")],
        };
        TinyGpt.Tokenizer tokens = TinyGpt.Tokenizer.Create(TokenVocabulary.Read(tokenizer.ToContent(4).Data.Span, "small.gguf"));

        Assert.Equal([2, 0, 3], tokens.Encode("<|im_start|>a<|im_end|>", SpecialTokenHandling.Recognize));
        Assert.Equal([3], tokenizer.ToContent(4).EndTokens);
    }

    [Fact]
    public void Where_there_are_channels_the_end_of_one_does_not_end_the_text()
    {
        GgufTokenizer tokenizer = new()
        {
            File = "small.gguf",
            Model = "gpt2",
            Pre = "gpt-2",
            Tokens = ["a", "<|end|>", "<|return|>", "<|call|>"],
            TokenTypes = [1, 3, 3, 3],
            Merges = [],
        };

        Assert.Equal([2, 3], tokenizer.ToContent(4).EndTokens);
        Assert.Equal([1], (tokenizer with { Tokens = ["a", "<|end|>", "[b]", "[c]"] }).ToContent(4).EndTokens);
    }
}
