using System.Diagnostics;
using System.Text;
using System.Text.Json;
using TinyGpt.Import;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>One run of <c>tinygpt</c> in a separate process, as users and scripts run it.</summary>
/// <param name="ExitCode">What the process returned.</param>
/// <param name="OutputBytes">All of standard output.</param>
/// <param name="Error">All of standard error.</param>
internal sealed record CommandLineRun(int ExitCode, byte[] OutputBytes, string Error)
{
    // The user who runs the tests may have set these.
    private static readonly string[] OwnVariables =
    [
        KernelTiers.EnvironmentVariable, HubOptions.EndpointVariable, HubOptions.TokenVariable, HubOptions.OfflineVariable,
        HubCache.FolderVariable,
    ];

    /// <summary>The program that runs <see cref="Program"/>.</summary>
    public static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The command line's assembly.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "tinygpt.dll");

    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Runs to the end.</summary>
    /// <param name="arguments">The command line, argument by argument.</param>
    public static Task<CommandLineRun> Of(params string[] arguments) => WithInput([], arguments);

    /// <summary>Runs to the end with something on standard input.</summary>
    public static async Task<CommandLineRun> WithInput(byte[] input, params string[] arguments)
    {
        using Process process = Start([], arguments);
        return await Finish(process, input);
    }

    /// <summary>Runs to the end with an environment variable set.</summary>
    public static Task<CommandLineRun> WithVariable(string name, string value, params string[] arguments) =>
        WithVariables(new() { [name] = value }, arguments);

    /// <summary>Runs to the end with environment variables set.</summary>
    public static async Task<CommandLineRun> WithVariables(Dictionary<string, string> variables, params string[] arguments)
    {
        using Process process = Start(variables, arguments);
        return await Finish(process, []);
    }

    /// <summary>Starts a run; its standard input stays open.</summary>
    public static Process Start(params string[] arguments) => Start([], arguments);

    /// <summary>The run's result; closes its standard input first.</summary>
    public static async Task<CommandLineRun> Finish(Process process, byte[] input)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using MemoryStream output = new();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output, cancellation);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.StandardInput.BaseStream.WriteAsync(input, cancellation);
        process.StandardInput.Close();
        await reading;
        string error = await errors;
        await process.WaitForExitAsync(cancellation);
        return new CommandLineRun(process.ExitCode, output.ToArray(), error);
    }

    /// <summary>The output of a run that must have gone well.</summary>
    public string Succeeded()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return Output;
    }

    /// <summary>The object that a run must have printed, alone and on one line.</summary>
    public JsonElement Json()
    {
        string output = Succeeded();
        Assert.Equal(output.Length - 1, output.IndexOf('\n', StringComparison.Ordinal));
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>The one line of a run that must have failed, without the program's name.</summary>
    public string Failed(int exitCode = 1)
    {
        const string Name = "tinygpt: ";
        Assert.Equal("", Output);
        Assert.StartsWith(Name, Error, StringComparison.Ordinal);
        string line = Assert.Single(Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("unexpected", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
        return line[Name.Length..];
    }

    /// <summary>Checks that a run failed for a reason, which its one line names.</summary>
    public void FailedWith(string reason) => Assert.Contains(reason, Failed(), StringComparison.Ordinal);

    /// <summary>Starts a run with environment variables set; its standard input stays open.</summary>
    public static Process Start(Dictionary<string, string> variables, string[] arguments)
    {
        string[] command = [.. Interrupt.Heard, Host];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Program);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (string name in OwnVariables)
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
