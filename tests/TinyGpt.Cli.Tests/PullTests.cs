using System.Diagnostics;
using System.Text.Json;
using TinyGpt.Import.Tests;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Models of a hub, which is a server of the tests' own on this machine.</summary>
public sealed class PullTests : IDisposable
{
    private const string Name = FakeHub.DefaultName;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeHub _hub = new() { Files = TinyModel.Files() };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Packed => Path.Combine(_folder.Path, "models", "owner--tiny", "main", "tiny.tgpt");

    private string Partial => Path.Combine(_folder.Path, "models", "owner--tiny", "main", "checkpoint", "model.safetensors.partial");

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pulled_model_answers_by_its_name_as_its_folder_does()
    {
        Assert.Equal(Packed + Environment.NewLine, (await Run("pull", Name)).Succeeded());
        using TemporaryFolder source = new();
        foreach ((string name, byte[] content) in _hub.Files.Where(file => TinyModel.Needed.Contains(file.Key)))
        {
            source.Write(name, content);
        }

        int requests = _hub.Requests.Count;
        foreach (string[] command in new string[][]
        {
            ["generate", "-p", "ab", "-n", "3"], ["tokenize", "abba", "--json"], ["logits", "--ids", "1,2"],
        })
        {
            string expected = (await Run([.. command, "-m", source.Path])).Succeeded();
            Assert.NotEqual("", expected);
            Assert.Equal(expected, (await Run([.. command, "-m", Name])).Succeeded());
            Assert.Equal(expected, (await Run([.. command, "-m", Packed])).Succeeded());
        }

        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Fact]
    public async Task Json_has_every_property()
    {
        JsonElement json = (await Run("pull", Name, "--revision", "main", "--json")).Json();
        Assert.Equal(
            ["name", "revision", "commit", "output", "fileBytes", "downloadedBytes"],
            json.EnumerateObject().Select(property => property.Name));
        Assert.Equal((Name, "main", _hub.Commit), (Text(json, "name"), Text(json, "revision"), Text(json, "commit")));
        Assert.Equal(Packed, Text(json, "output"));
        Assert.Equal(new FileInfo(Packed).Length, json.GetProperty("fileBytes").GetInt64());
        Assert.Equal(TinyModel.Needed.Sum(name => _hub.Files[name].Length), json.GetProperty("downloadedBytes").GetInt64());
        Assert.Equal(0, (await Run("pull", Name, "--json")).Json().GetProperty("downloadedBytes").GetInt64());
    }

    [Fact]
    public async Task A_model_is_pulled_on_first_use_where_that_was_agreed_to()
    {
        string[] generate = ["generate", "-m", Name, "-p", "ab", "-n", "3"];
        string line = (await Run(generate)).Failed();
        Assert.Contains($"{Name}: there is no such file or folder", line, StringComparison.Ordinal);
        Assert.Contains($"'tinygpt pull {Name}'", line, StringComparison.Ordinal);
        Assert.Contains("--yes", line, StringComparison.Ordinal);
        Assert.Empty(_hub.Requests);

        string answer = (await Run([.. generate, "--yes"])).Succeeded();
        Assert.Equal(answer, (await Run(generate)).Succeeded());
    }

    [Fact]
    public async Task A_person_at_a_terminal_is_asked()
    {
        const string Script = "/usr/bin/script"; // gives a program a terminal
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Script), "There is no program here that makes terminals.");
        foreach (string answer in new[] { "n", "y" })
        {
            ProcessStartInfo start = new(Script) { RedirectStandardInput = true, RedirectStandardOutput = true };
            string[] arguments =
                ["-q", "-e", "-c", $"'{CommandLineRun.Host}' exec '{CommandLineRun.Program}' generate -m {Name} -p ab -n 3", "/dev/null"];
            Array.ForEach(arguments, start.ArgumentList.Add);
            foreach ((string name, string value) in Variables())
            {
                start.Environment[name] = value;
            }

            using Process process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(answer + "\n");
            await process.StandardInput.FlushAsync(Cancellation);
            string shown = await process.StandardOutput.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            Assert.Contains($"{Name} is not in the cache. Download ", shown, StringComparison.Ordinal);
            Assert.Contains($" in 4 files from 127.0.0.1 to {_folder.Path}? [y/N]", shown, StringComparison.Ordinal);
            Assert.Equal(answer == "y" ? 0 : 1, process.ExitCode);
            Assert.Equal(answer == "y", File.Exists(Packed));
        }
    }

    [Theory]
    [InlineData("--offline", "0")]
    [InlineData("--json", "1")]
    public async Task Offline_the_cache_is_all_there_is(string option, string variable)
    {
        Dictionary<string, string> offline = new(Variables()) { ["HF_HUB_OFFLINE"] = variable };
        (await CommandLineRun.WithVariables(offline, "pull", Name, option)).FailedWith("HF_HUB_OFFLINE");
        (await CommandLineRun.WithVariables(offline, "generate", "-m", Name, "-p", "a", "--yes", option)).FailedWith("HF_HUB_OFFLINE");
        Assert.Empty(_hub.Requests);

        await Run("pull", Name);
        int requests = _hub.Requests.Count;
        Assert.Equal(0, (await CommandLineRun.WithVariables(offline, "pull", Name, option)).ExitCode);
        Assert.Equal(0, (await CommandLineRun.WithVariables(offline, "generate", "-m", Name, "-p", "a", "-n", "1", option)).ExitCode);
        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Fact]
    public async Task A_token_opens_a_private_model_and_is_never_shown()
    {
        const string Token = "hf_secret";
        _hub.Misbehave = request => request.Header("Authorization") == $"Bearer {Token}" ? null : ServerReply.Status(401);
        string line = (await Run("pull", Name)).Failed();
        Assert.Contains("401 Unauthorized", line, StringComparison.Ordinal);
        Assert.Contains("set HF_TOKEN", line, StringComparison.Ordinal);
        foreach (string token in new[] { "hf_wrong_" + Token, Token })
        {
            CommandLineRun run = await CommandLineRun.WithVariables(new(Variables()) { ["HF_TOKEN"] = token }, "pull", Name);
            Assert.Equal(token == Token ? 0 : 1, run.ExitCode);
            Assert.DoesNotContain(Token, run.Error + run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_named_without_its_password()
    {
        using LocalServer proxy = new(_ => ServerReply.Status(407));
        CommandLineRun run = await CommandLineRun.WithVariables(
            new(Variables())
            {
                ["HF_ENDPOINT"] = "https://hub.example",
                ["HTTPS_PROXY"] = $"http://me:hf_secret@127.0.0.1:{proxy.Address.Port}",
            },
            "pull",
            Name);
        string line = run.Failed();
        Assert.Contains("the proxy refuses", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", line, StringComparison.Ordinal);
        Assert.Equal("hub.example:443", proxy.Requests[0].Target);
    }

    [Fact]
    public async Task What_goes_wrong_is_one_line()
    {
        (await Run("pull", "owner/none")).FailedWith("404 NotFound: there is no such model");
        (await CommandLineRun.WithVariables(new(Variables()) { ["HF_ENDPOINT"] = "nonsense" }, "pull", Name)).FailedWith("HF_ENDPOINT");
        _hub.Files["config.json"] = """{"model_type":"mamba"}"""u8.ToArray();
        (await Run("pull", Name)).FailedWith("mamba");
        _hub.Files.Remove(TinyModel.Weights);
        (await Run("pull", Name)).FailedWith("neither safetensors nor GGUF");
    }

    [Fact]
    public async Task A_broken_connection_and_a_busy_server_are_overcome()
    {
        Queue<ServerReply> wrong = new(
        [
            ServerReply.Status(429, ("Retry-After", "0")),
            ServerReply.Cut(_hub.Files[TinyModel.Weights], 1000, _hub.Tag(_hub.Files[TinyModel.Weights])),
            ServerReply.Status(503, ("Retry-After", "0")),
        ]);
        _hub.Misbehave = request => request.File == TinyModel.Weights && wrong.TryDequeue(out ServerReply? reply) ? reply : null;
        (await Run("pull", Name)).Succeeded();
        Assert.Equal([0, 0, 1000, 1000], _hub.RequestsFor(TinyModel.Weights).Select(request => request.Start));
    }

    [Fact]
    public async Task Ctrl_C_keeps_what_came_and_the_next_run_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signal.");
        byte[] weights = _hub.Files[TinyModel.Weights];
        _hub.Misbehave = request => request.File == TinyModel.Weights ? ServerReply.Silent(weights, 2000, _hub.Tag(weights)) : null;
        using (Process pull = CommandLineRun.Start(Variables(), ["pull", Name]))
        {
            while (!File.Exists(Partial) || new FileInfo(Partial).Length < 2000)
            {
                await Task.Delay(10, Cancellation);
            }

            Interrupt.Send(pull);
            await pull.WaitForExitAsync(Cancellation);
            Assert.Equal(130, pull.ExitCode);
            Assert.Equal("tinygpt: cancelled" + Environment.NewLine, await pull.StandardError.ReadToEndAsync(Cancellation));
        }

        Assert.Equal(2000, new FileInfo(Partial).Length);
        _hub.Misbehave = _ => null;
        JsonElement json = (await Run("pull", Name, "--json")).Json();
        Assert.Equal(weights.Length - 2000, json.GetProperty("downloadedBytes").GetInt64());
    }

    [Fact]
    public async Task Two_processes_download_a_model_once()
    {
        CommandLineRun[] runs = await Task.WhenAll(Run("pull", Name), Run("pull", Name));
        Assert.All(runs, run => Assert.Equal(Packed + Environment.NewLine, run.Succeeded()));
        Assert.All(TinyModel.Needed, name => Assert.Single(_hub.RequestsFor(name)));
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private Dictionary<string, string> Variables() => new()
    {
        ["TINYGPT_CACHE"] = _folder.Path,
        ["HF_ENDPOINT"] = _hub.Address.AbsoluteUri,
        ["NO_PROXY"] = "127.0.0.1",
    };

    private Task<CommandLineRun> Run(params string[] arguments) => CommandLineRun.WithVariables(Variables(), arguments);
}
