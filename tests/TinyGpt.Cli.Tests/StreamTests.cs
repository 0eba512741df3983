using System.Diagnostics;
using System.Text;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Standard streams that are missing, that have lost their reader, and that are a terminal.</summary>
public sealed class StreamTests
{
    private const string Escapes = "\u001b]0;title\u0007\u001b[2J\u009b31m\u007f\u202e";
    private const string ShownEscapes = @"\x1b]0;title\x07\x1b[2J\x9b31m\x7f\u202e";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("generate", "-p", "Q", "-n", "1000000", "--context-policy", "slide")]
    [InlineData("chat")]
    public async Task A_command_ends_when_nobody_reads_its_output(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not tell.");
        using Process process = CommandLineRun.Start([.. arguments, "-m", TestModels.Slm4096]);
        Task feeding = Task.CompletedTask;
        if (arguments[0] == "chat")
        {
            feeding = Task.Run(
                async () =>
                {
                    while (!process.HasExited)
                    {
                        await process.StandardInput.WriteLineAsync("Q: Are you AGI?");
                    }
                },
                Cancellation);
        }

        await process.StandardOutput.ReadAsync(new char[1], Cancellation);
        process.StandardOutput.Close();
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(141, process.ExitCode);
        Assert.Equal("", await process.StandardError.ReadToEndAsync(Cancellation));
        await feeding.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default); // its pipe broke
    }

    [Fact]
    public async Task A_training_that_nobody_watches_any_more_is_saved()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not tell.");
        using TemporaryFolder folder = new();
        string data = folder.Write("words.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(n => $"the smith asks for {n % 7} coins. "))));
        using Process process = CommandLineRun.Start(
            "train", "--data", data, "-o", folder.At("model"), "--vocab-size", "300", "--layers", "1", "--width", "16", "--heads", "2", "--context", "16",
            "--batch", "1", "--steps", "20000");
        while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line && !line.StartsWith("step ", StringComparison.Ordinal))
        {
        }

        process.StandardOutput.Close();
        string error = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("of 20000 and saved; go on with 'tinygpt train --resume", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<&-", "chat -m {0}", 0, "")]
    [InlineData("<&-", "", 0, "")]
    [InlineData("<&-", "tokenize -m {0}", 0, "\n")]
    [InlineData(">&-", "generate -m {0} -p Q -n 3", 0, "")]
    [InlineData("2>&-", "generate -m {0} -p Q -n 3", 0, null)]
    public async Task A_stream_that_the_caller_closed_is_an_empty_one(string redirection, string arguments, int exitCode, string? output)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux can tell.");
        string command = $"exec '{CommandLineRun.Host}' exec '{CommandLineRun.Program}' "
            + string.Format(System.Globalization.CultureInfo.InvariantCulture, arguments, $"'{TestModels.Slm4096}'");
        CommandLineRun run = await Shell(command + " " + redirection);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.DoesNotContain("tinygpt:", run.Error, StringComparison.Ordinal);
        if (output is not null)
        {
            Assert.Equal(output, run.Output);
        }
    }

    [Fact]
    public async Task What_a_model_says_reaches_a_terminal_as_text_and_a_pipe_as_it_is()
    {
        using TemporaryFolder folder = new();
        string model = Speaking(folder, Escapes);
        string[] arguments = ["generate", "-m", model, "-p", "a", "-n", "1"];
        Assert.Equal(Escapes, (await CommandLineRun.Of(arguments)).Succeeded());
        string seen = await OnTerminal(arguments);
        Assert.Contains(ShownEscapes, seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b]0;", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", seen, StringComparison.Ordinal);

        seen = await OnTerminal("generate", "-m", model, "-p", "a", "-n", "1", "--json");
        Assert.DoesNotContain("\u001b]0;", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", seen, StringComparison.Ordinal);

        // The way back of 'tokenize' is for exact bytes, wherever they go.
        Assert.Contains(Escapes, await OnTerminal("tokenize", "-m", model, "--decode", "257"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_whose_caller_ignores_Ctrl_C_still_ends_when_it_is_told_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Shells of other systems are not tried.");
        ProcessStartInfo start = new("sh", ["-c", $"trap '' INT; exec '{CommandLineRun.Host}' exec '{CommandLineRun.Program}' chat -m '{TestModels.Slm4096}'"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync("Q: Are you AGI?");
        await process.StandardInput.FlushAsync(Cancellation);
        Assert.StartsWith("A: ", await process.StandardOutput.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public async Task Error_lines_show_control_characters_wherever_they_go() =>
        (await CommandLineRun.Of("inspect", Escapes + ".gguf")).FailedWith(ShownEscapes + ".gguf: there is no such file");

    /// <summary>A model folder whose every answer is one token, 257.</summary>
    private static string Speaking(TemporaryFolder folder, string answer)
    {
        // Positions and blocks are zeros, so that the stream is the embedding of 'a', and the head finds the embedding that is most like it.
        const int Width = 16;
        float[] embedding = new float[258 * Width];
        for (int id = 0; id < 258; id++)
        {
            embedding[(id * Width) + (id % 2)] = id == 257 ? 4 : 1;
            embedding[(id * Width) + 2] = id == 257 ? 4 : 0.5f;
        }

        File.WriteAllText(folder.At("config.json"), """
            {"model_type":"gpt2","n_layer":1,"n_head":1,"n_embd":16,"n_inner":16,"n_positions":32,"vocab_size":258,"layer_norm_epsilon":1e-5,
            "activation_function":"gelu_new","tie_word_embeddings":true}
            """);
        Import.Tests.SafetensorsBuilder tensors = new Import.Tests.SafetensorsBuilder()
            .Add("wte.weight", embedding, 258, Width).Add("wpe.weight", new float[32 * Width], 32, Width);
        foreach ((string name, long[] shape) in (ReadOnlySpan<(string, long[])>)
            [
                ("h.0.ln_1.weight", [Width]), ("h.0.ln_1.bias", [Width]), ("h.0.attn.c_attn.weight", [Width, 3 * Width]), ("h.0.attn.c_attn.bias", [3 * Width]),
                ("h.0.attn.c_proj.weight", [Width, Width]), ("h.0.attn.c_proj.bias", [Width]), ("h.0.ln_2.weight", [Width]), ("h.0.ln_2.bias", [Width]),
                ("h.0.mlp.c_fc.weight", [Width, Width]), ("h.0.mlp.c_fc.bias", [Width]), ("h.0.mlp.c_proj.weight", [Width, Width]), ("h.0.mlp.c_proj.bias", [Width]),
                ("ln_f.weight", [Width]), ("ln_f.bias", [Width]),
            ])
        {
            float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            Array.Fill(values, name == "ln_f.weight" ? 1 : 0);
            tensors.Add(name, values, shape);
        }

        folder.Write("model.safetensors", tensors.Build());
        string tokens = string.Join(",", Enumerable.Range(0, 256).Select(value => $"{System.Text.Json.JsonSerializer.Serialize(Spelling((byte)value))}:{value}"));
        File.WriteAllText(folder.At("tokenizer.json"), $$"""
            {"added_tokens":[{"id":256,"content":"<|endoftext|>","special":true}],"normalizer":null,
            "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel"},
            "model":{"type":"BPE","vocab":{ {{tokens}},{{System.Text.Json.JsonSerializer.Serialize(string.Concat(Encoding.UTF8.GetBytes(answer).Select(Spelling)))}}:257 },"merges":[] } }
            """);
        return folder.Path;
    }

    /// <summary>GPT-2's alphabet: printable Latin-1 as it is, the rest from U+0100 on.</summary>
    private static string Spelling(byte value)
    {
        static bool IsPrintable(int code) => code is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return ((char)(IsPrintable(value) ? value : 0x100 + Enumerable.Range(0, value).Count(code => !IsPrintable(code)))).ToString();
    }

    private static Task<CommandLineRun> Shell(string command)
    {
        ProcessStartInfo start = new("sh", ["-c", command]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        return CommandLineRun.Finish(Process.Start(start)!, []);
    }

    /// <summary>What a terminal is sent by a run.</summary>
    private static async Task<string> OnTerminal(params string[] arguments)
    {
        const string Script = "/usr/bin/script";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Script), $"There is no {Script}.");
        string command = string.Join(' ', new[] { CommandLineRun.Host, "exec", CommandLineRun.Program }.Concat(arguments).Select(argument => $"'{argument}'"));
        ProcessStartInfo start = new(Script, ["-qec", command, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        return (await CommandLineRun.Finish(Process.Start(start)!, [])).Output;
    }
}
