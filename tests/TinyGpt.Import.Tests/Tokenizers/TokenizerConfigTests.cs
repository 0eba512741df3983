using TinyGpt.Import.Tokenizers;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary><c>tokenizer_config.json</c>, and the chat templates in it, of which these have the marks.</summary>
public sealed class TokenizerConfigTests
{
    private const string ChatMl =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private const string Llama2 =
        "{% if messages[0]['role'] == 'system' %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        + "{% endif %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{{ ' ' + content.strip() + ' ' + eos_token }}";

    private const string Llama3 =
        "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' %}";

    private const string Zephyr =
        "{{ '<|user|>\\n' + message['content'] + eos_token }}{{ '<|system|>\\n' + message['content'] + eos_token }}{{ '<|assistant|>' }}";

    [Theory]
    [InlineData(ChatMl, ChatFamily.ChatMl)]
    [InlineData(Llama2, ChatFamily.Llama2)]
    [InlineData(Llama3, ChatFamily.Llama3)]
    [InlineData(Zephyr, ChatFamily.Zephyr)]
    [InlineData("{{ '<start_of_turn>' + role + content + '<end_of_turn>' }}", ChatFamily.Unknown)]
    [InlineData("{{ '<|im_start|>' + role + '<|im_sep|>' + content + '<|im_end|>' }}", ChatFamily.Unknown)]
    [InlineData("{{ '<|user|>\\n' + content + '<|end|>\\n<|assistant|>' + eos_token }}", ChatFamily.Unknown)]
    [InlineData("{{ '[INST] ' + content + ' [/INST]' + eos_token }}", ChatFamily.Unknown)]
    [InlineData("{{ message.content }}", ChatFamily.Unknown)]
    [InlineData(ChatMl + Zephyr, ChatFamily.Unknown)]
    public void A_template_is_known_by_its_marks(string template, ChatFamily family) =>
        Assert.Equal(new ChatFormat(family), ChatTemplates.Recognize(template, hasEndOfText: true));

    [Theory]
    [InlineData(null)]
    [InlineData(" \n")]
    public void No_template_is_no_format(string? template) => Assert.Null(ChatTemplates.Recognize(template, hasEndOfText: true));

    [Fact]
    public void A_family_that_needs_an_end_of_text_is_unknown_without_one()
    {
        Assert.Equal(ChatFamily.Unknown, ChatTemplates.Recognize(Zephyr, hasEndOfText: false)!.Family);
        Assert.Equal(ChatFamily.Unknown, ChatTemplates.Recognize(Llama2, hasEndOfText: false)!.Family);
        Assert.Equal(ChatFamily.ChatMl, ChatTemplates.Recognize(ChatMl, hasEndOfText: false)!.Family);
    }

    [Theory]
    [InlineData(@"{{ '<|im_start|>system\nYou are Q.\nBe kind.<|im_end|>\n' }}", "You are Q.\nBe kind.")]
    [InlineData("{{ '<|im_start|>system\nYou are Q.<|im_end|>\n' }}", "You are Q.")]
    [InlineData(@"{{ ""<|im_start|>system\nYou're Q.<|im_end|>\n"" }}", "You're Q.")]
    [InlineData(@"{{ '<|im_start|>system\nYou\'re Q.<|im_end|>\n' }}", "You're Q.")]
    [InlineData(@"{{ '<|im_start|>system\n' + text + '<|im_end|>\n' }}", null)]
    [InlineData(@"{{ '<|im_start|>system\n' + text + '<|im_end|>' }}{{ '<|im_start|>system\nQ<|im_end|>\n' }}", "Q")]
    [InlineData(@"{{ '<|im_start|>system\nQ' }}<|im_end|>", null)]
    [InlineData(@"{{ '<|im_start|>system<|im_end|>' }}", null)]
    public void What_the_system_says_by_default_is_read_from_the_template(string template, string? system) =>
        Assert.Equal(system, ChatTemplates.Recognize(template + "<|im_end|>", hasEndOfText: true)!.DefaultSystem);

    [Theory]
    [InlineData("""{"bos_token": "<s>", "add_bos_token": true}""", 4)]
    [InlineData("""{"bos_token": {"content": "<s>", "lstrip": false}, "add_bos_token": true}""", 4)]
    [InlineData("""{"bos_token": "<s>", "add_bos_token": false}""", null)]
    [InlineData("""{"bos_token": "<s>"}""", null)]
    [InlineData("""{"bos_token": null, "add_bos_token": null}""", null)]
    [InlineData("{}", null)]
    public void A_token_can_be_wanted_before_every_text(string config, int? begin)
    {
        using TokenizerFolder folder = Gpt2Folder().With("tokenizer_config.json", config);

        Assert.Equal(begin, Tokenizer.Create(folder.Read()).BeginOfText);
    }

    [Fact]
    public void Templates_come_from_three_places()
    {
        using TokenizerFolder folder = Gpt2Folder();
        Assert.Null(TokenizerFiles.ReadContent(folder.Path).Chat);

        folder.With("tokenizer_config.json", """{"eos_token": "</s>", "chat_template": "<|im_start|><|im_end|>"}""");
        Assert.Equal(ChatFamily.ChatMl, TokenizerFiles.ReadContent(folder.Path).Chat!.Family);
        Assert.Equal(5, TokenizerFiles.ReadContent(folder.Path).EndOfText);

        folder.With(
            "tokenizer_config.json",
            """{"chat_template": [{"name": "tools", "template": "x"}, {"name": "default", "template": "<|im_start|><|im_end|>"}]}""");
        Assert.Equal(ChatFamily.ChatMl, TokenizerFiles.ReadContent(folder.Path).Chat!.Family);
        Assert.Null(TokenizerFiles.ReadContent(folder.Path).EndOfText);

        folder.With("chat_template.jinja", "<|start_header_id|> <|end_header_id|> <|eot_id|>");
        Assert.Equal(ChatFamily.Llama3, TokenizerFiles.ReadContent(folder.Path).Chat!.Family);
    }

    [Theory]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"bos_token": 3}""", "'bos_token', which must be text")]
    [InlineData("""{"bos_token": {}}""", "has no member 'content'")]
    [InlineData("""{"add_bos_token": 1}""", "'add_bos_token', which must be true or false")]
    [InlineData("""{"add_bos_token": true}""", "'add_bos_token' needs the token ''")]
    [InlineData("""{"add_bos_token": true, "bos_token": "[B]"}""", "'add_bos_token' needs the token '[B]'")]
    [InlineData("""{"chat_template": 1}""", "'chat_template', which must be text")]
    [InlineData("""{"chat_template": [{"template": "x"}]}""", "has no member 'name'")]
    [InlineData("""{"tokenizer_class": "Qwen2Tokenizer"}""", "tokenizer_class 'Qwen2Tokenizer' without a tokenizer.json")]
    [InlineData("{", "the JSON is damaged")]
    public void A_wrong_configuration_is_refused(string config, string reason)
    {
        using TokenizerFolder folder = Gpt2Folder().With("tokenizer_config.json", config);

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenizerFiles.ReadContent(folder.Path));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal("tokenizer_config.json", Path.GetFileName(error.File));
    }

    [Fact]
    public void A_space_can_be_put_before_texts()
    {
        using TokenizerFolder folder = Gpt2Folder().With("tokenizer_config.json", """{"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": true}""");

        Assert.Equal([2, 3], Tokenizer.Create(folder.Read()).Encode("ab"));
    }

    private static TokenizerFolder Gpt2Folder() => new TokenizerFolder()
        .With("vocab.json", """{"a": 0, "b": 1, "Ġ": 2, "ab": 3, "<s>": 4, "</s>": 5}""")
        .With("merges.txt", "a b\n");
}
