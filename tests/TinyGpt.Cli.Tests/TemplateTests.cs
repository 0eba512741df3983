using System.Text;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class TemplateTests
{
    private const string Template =
        """{"chat_template": "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}{% endfor %}{% if enable_thinking %}T{% endif %}{% if tools %}{{ tools | length }}{% endif %}", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}""";

    [Fact]
    public async Task Messages_become_the_prompt_and_its_ids()
    {
        using TemporaryFolder folder = new();
        folder.CopyFrom(TestModels.Gpt2Vocabulary);
        folder.Write("tokenizer_config.json", Encoding.UTF8.GetBytes(Template));
        string messages = folder.Write("talk.json", """[{"role":"user","content":"a<|endoftext|>"}]"""u8.ToArray());
        string tools = folder.Write("tools.json", """[{"type":"function","function":{"name":"f"}}]"""u8.ToArray());

        CommandLineRun text = await CommandLineRun.Of("template", "-m", folder.Path, "--messages", messages, "--tools", tools, "--set", "enable_thinking=true");
        Assert.Equal("<|endoftext|>[user] a<|endoftext|><|endoftext|>T1", text.Succeeded());

        CommandLineRun ids = await CommandLineRun.Of("template", "-m", folder.Path, "--messages", messages, "--ids");
        string[] printed = ids.Succeeded().Trim().Split(' ');
        Assert.Equal(2, printed.Count(id => id == "50256"));
        Assert.Equal(("50256", "50256"), (printed[0], printed[^1]));
    }

    [Fact]
    public async Task A_template_that_refuses_a_talk_says_so_in_one_line()
    {
        using TemporaryFolder folder = new();
        folder.CopyFrom(TestModels.Gpt2Vocabulary);
        folder.Write("tokenizer_config.json", """{"chat_template": "{{ raise_exception('roles must alternate') }}"}"""u8.ToArray());
        string messages = folder.Write("talk.json", "[]"u8.ToArray());

        (await CommandLineRun.Of("template", "-m", folder.Path, "--messages", messages)).FailedWith("line 1, column 19: roles must alternate");
        (await CommandLineRun.Of("template", "-m", folder.Path, "--messages", folder.Write("no.json", "{"u8.ToArray()))).FailedWith("cannot be read as JSON");
    }
}
