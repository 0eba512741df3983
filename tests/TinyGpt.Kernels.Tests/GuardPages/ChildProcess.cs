using System.Diagnostics;

namespace TinyGpt.Kernels.Tests;

/// <summary>How a child process ended.</summary>
/// <param name="ExitCode">0 when all was well; the test platform's own codes are small numbers.</param>
/// <param name="LastCall">What the call record said last.</param>
/// <param name="Output">What the child printed, the runtime's report of a crash included.</param>
internal sealed record ChildOutcome(int ExitCode, string LastCall, string Output)
{
    /// <summary>Whether a signal (128 and its number on Unix) or an exception code (negative on Windows) ended the process.</summary>
    public bool Crashed => ExitCode is < 0 or >= 128;

    public override string ToString() => $"Exit code {ExitCode}. Last call: {LastCall}.\n{Output}";
}

/// <summary>Runs one explicit test of this program in a separate process.</summary>
internal static class ChildProcess
{
    private const string TierVariable = "TINYGPT_GUARD_TIER";
    private const string RecordVariable = "TINYGPT_GUARD_RECORD";
    private const string ViolationVariable = "TINYGPT_GUARD_VIOLATION";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>In the child: the violation that the parent asked for.</summary>
    public static Violation Violation => Enum.Parse<Violation>(Required(ViolationVariable));

    /// <summary>In the child: the record that the parent will read, and the tier.</summary>
    public static CallRecord OpenRecord(out KernelTier tier)
    {
        Assert.True(KernelTiers.TryParse(Required(TierVariable), out tier));
        return new(Required(RecordVariable), tier);
    }

    public static async Task<ChildOutcome> RunAsync(string test, KernelTier tier, Violation? violation = null)
    {
        string record = Path.GetTempFileName();
        try
        {
            using Process child = Start(test, tier, record, violation);
            Task<string> output = child.StandardOutput.ReadToEndAsync();
            Task<string> errors = child.StandardError.ReadToEndAsync();
            using CancellationTokenSource limit = new(Limit);
            try
            {
                await child.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                child.Kill(entireProcessTree: true);
                throw new TimeoutException($"After {Limit} the child process was still at: {CallRecord.Read(record)}");
            }

            return new(child.ExitCode, CallRecord.Read(record), await output + await errors);
        }
        finally
        {
            File.Delete(record);
        }
    }

    private static Process Start(string test, KernelTier tier, string record, Violation? violation)
    {
        // The tests run either as a program or through dotnet, which then has to be told what to run.
        string[] emulator = (Environment.GetEnvironmentVariable("TINYGPT_EMULATOR") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ProcessStartInfo start = new(emulator is [string first, ..] ? first : Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in emulator.Length == 0 ? [] : (string[])[.. emulator[1..], Environment.ProcessPath!])
        {
            start.ArgumentList.Add(argument);
        }

        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        string[] arguments =
            ["--filter-method", $"{typeof(GuardedCalls).FullName}.{test}", "--explicit", "only", "--no-progress", "--no-ansi"];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[TierVariable] = KernelTiers.Name(tier);
        start.Environment[RecordVariable] = record;
        start.Environment[ViolationVariable] = violation?.ToString();
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0"; // a crash on purpose leaves no dump
        return Process.Start(start)!;
    }

    private static string Required(string variable) =>
        Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException($"{variable} is not set: this test is started by the guard-page tests.");
}
