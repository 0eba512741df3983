using System.Diagnostics;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class ChatTests
{
    [Fact]
    public async Task Every_line_is_answered_with_a_line()
    {
        CommandLineRun run = await CommandLineRun.WithInput(
            "Q: Are you AGI?\n\nQ: Is it secure?\n"u8.ToArray(), "chat", "-m", TestModels.Slm4096, "--temperature", "0");
        Assert.Equal(
            [
                "A: I am AGI in the same way a paper airplane is aerospace. Technically airborne.",
                "A: It is zero trust because it knows nothing. The ultimate air gap is ignorance.",
            ],
            run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_byte_order_mark_before_what_a_person_wrote_is_no_text()
    {
        using TemporaryFolder folder = new();
        byte[] turns = "Q: Are you AGI?\n"u8.ToArray();
        byte[] persona = "Q: Is it secure?\nA: It is zero trust because it knows nothing.\n"u8.ToArray();
        byte[] mark = "\uFEFF"u8.ToArray();
        string plain = await Answer(turns, folder.Write("persona.txt", persona));
        Assert.StartsWith("A: ", plain, StringComparison.Ordinal);
        Assert.Equal(plain, await Answer([.. mark, .. turns], folder.Write("marked.txt", [.. mark, .. persona])));
        Assert.Equal(
            await Perplexity(folder.Write("plain.txt", persona)), await Perplexity(folder.Write("marked.txt", [.. mark, .. persona])));

        static async Task<string> Answer(byte[] input, string persona) => (await CommandLineRun.WithInput(
            input, "chat", "-m", TestModels.Slm4096, "--temperature", "0", "--persona", persona)).Succeeded();

        static async Task<string> Perplexity(string file) =>
            (await CommandLineRun.Of("perplexity", "-m", TestModels.Slm4096, "--file", file)).Succeeded();
    }

    [Fact]
    public async Task A_model_whose_template_fails_is_asked_for_another()
    {
        using TemporaryFolder folder = new();
        folder.CopyFrom(TestModels.Slm4096);
        folder.Write("tokenizer_config.json", """{"chat_template": "{{ '<start_of_turn>' + message['content'] }}"}"""u8.ToArray());
        byte[] question = "Q: Are you AGI?\n"u8.ToArray();

        CommandLineRun refused = await CommandLineRun.WithInput(question, "chat", "-m", folder.Path);
        refused.FailedWith("'message' is undefined; another form can be chosen with --template (plain|chatml|llama2|llama3|zephyr)");

        CommandLineRun missing = await CommandLineRun.WithInput(question, "chat", "-m", folder.Path, "--template", "zephyr");
        missing.FailedWith("'zephyr' needs an end-of-text token");

        CommandLineRun plain = await CommandLineRun.WithInput(question, "chat", "-m", folder.Path, "--temperature", "0", "--template", "plain");
        Assert.Equal("A: I am AGI in the same way a paper airplane is aerospace. Technically airborne.\n", plain.Succeeded());

        string packed = folder.At("packed.tgpt");
        (await CommandLineRun.Of("pack", folder.Path, "-o", packed)).Succeeded();
        Assert.Contains("chat         unknown", (await CommandLineRun.Of("inspect", packed)).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_persona_stands_before_the_first_line()
    {
        using TemporaryFolder folder = new();
        string persona = folder.Write("persona.txt", "Q: Is it secure?\nA: It is zero trust because it knows nothing. The ultimate air gap is ignorance.\n"u8.ToArray());
        CommandLineRun run = await CommandLineRun.WithInput(
            "Q: Are you AGI?\n"u8.ToArray(), "chat", "-m", TestModels.Slm4096, "--temperature", "0", "--persona", persona);

        Assert.StartsWith("A: ", run.Succeeded(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(128, false)]
    [InlineData(129, false)]
    [InlineData(300, false)]
    public async Task A_persona_that_does_not_fit_is_an_error_and_never_cut(int length, bool fits)
    {
        using TemporaryFolder folder = new();
        string persona = folder.Write("persona.txt", System.Text.Encoding.ASCII.GetBytes(new string('a', length)));
        CommandLineRun run = await CommandLineRun.WithInput(
            "hi\n"u8.ToArray(), "chat", "-m", TestModels.Slm4096, "--temperature", "0", "-n", "9", "--persona", persona);
        if (fits)
        {
            run.Succeeded();
        }
        else
        {
            Assert.Equal($"{persona}: the persona and the first turn have {length + 3} tokens, and the context has 128: give fewer", run.Failed());
        }
    }

    [Fact]
    public async Task A_turn_that_does_not_fit_is_an_error_and_never_cut()
    {
        byte[] turns = System.Text.Encoding.ASCII.GetBytes("Once\n" + string.Concat(Enumerable.Repeat("upon a time ", 60)) + "\n");
        CommandLineRun run = await CommandLineRun.WithInput(
            turns, "chat", "-m", TestModels.Stories, "--temperature", "0", "-n", "9", "--context", "64");
        Assert.Equal(1, run.ExitCode);
        Assert.Matches("the turn has [0-9]+ tokens, and the context has 64: give fewer, or raise --context \\(up to 512\\)", run.Error);
    }

    [Fact]
    public async Task A_planned_context_does_not_make_later_answers_empty()
    {
        byte[] turns = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("Once upon a time\n", 8)));
        CommandLineRun run = await CommandLineRun.WithInput(
            turns, "chat", "-m", TestModels.Stories, "--temperature", "0", "-n", "40", "--context", "64");
        string[] answers = run.Succeeded().TrimEnd('\n').Split('\n');
        Assert.Equal(8, answers.Length);
        Assert.All(answers, answer => Assert.NotEqual("", answer));
    }

    [Fact]
    public async Task A_stop_text_is_added_to_the_form_s_own()
    {
        byte[] turns = "Once upon a time\nThen\n"u8.ToArray();
        string[] chat = ["chat", "-m", TestModels.Stories, "-n", "80", "--temperature", "0"];
        string plain = (await CommandLineRun.WithInput(turns, chat)).Succeeded();
        Assert.Equal(plain, (await CommandLineRun.WithInput(turns, [.. chat, "--stop", "@@@"])).Succeeded());
        string word = plain.Split(' ')[3];
        string stopped = (await CommandLineRun.WithInput(turns, [.. chat, "--stop", word])).Succeeded();
        Assert.Equal(plain[..plain.IndexOf(word, StringComparison.Ordinal)], stopped[..stopped.IndexOf('\n')]);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_command_that_waits_for_input()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signal.");
        using Process chat = CommandLineRun.Start("chat", "-m", TestModels.Slm4096, "--temperature", "0");
        await chat.StandardInput.WriteLineAsync("Q: Are you AGI?");
        await chat.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("A: ", await chat.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Interrupt.Send(chat);
        await chat.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, chat.ExitCode);
        string error = await chat.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("tinygpt: cancelled" + Environment.NewLine, error);
    }

    [Fact]
    public async Task A_model_with_a_template_of_its_own_talks_in_that_form()
    {
        using TemporaryFolder folder = new();
        folder.CopyFrom(TestModels.Slm4096);
        folder.Write(
            "tokenizer_config.json",
            """{"chat_template": "{% for m in messages %}{{ m.content + '\n' }}{% endfor %}"}"""u8.ToArray());
        byte[] questions = "Q: Are you AGI?\n\nQ: Is it secure?\n"u8.ToArray();

        CommandLineRun run = await CommandLineRun.WithInput(questions, "chat", "-m", folder.Path, "--temperature", "0");

        Assert.Equal(
            [
                "A: I am AGI in the same way a paper airplane is aerospace. Technically airborne.",
                "A: It is zero trust because it knows nothing. The ultimate air gap is ignorance.",
            ],
            run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
