using System.Diagnostics;
using System.Globalization;
using System.Text;
using TinyGpt.Kernels;
using TinyGpt.Tavern;

namespace TinyGpt.Perf;

/// <summary>
/// What a fresh process does for <see cref="StartBenchmark"/>: opens a model, answers one token, then works a little to reach its usual
/// memory, and prints what it measured. The built-in model is asked a question, after its whole card.
/// </summary>
internal static class StartProbe
{
    /// <summary>The first argument of a process that is to be a probe.</summary>
    public const string Command = "probe-start";

    private const string Question = "What do you sell?";
    private const int ShortPromptTokens = 16;
    private const int LongPromptTokens = 128;
    private const int NewTokens = 32;

    /// <summary>What a probe is asked to do.</summary>
    /// <param name="File">The <c>.tgpt</c> file, or null for the built-in model.</param>
    /// <param name="Threads">Threads that compute.</param>
    /// <param name="Tier">The kernel tier.</param>
    /// <param name="Checksums">Whether to verify every checksum of a file.</param>
    public sealed record Request(string? File, int Threads, KernelTier Tier, bool Checksums)
    {
        /// <summary>
        /// The arguments for a process that begins now. The clock counts from the machine's start, the same for all processes.
        /// </summary>
        public string[] ToArguments() =>
        [
            Command, File ?? "", Text(Threads), KernelTiers.Name(Tier), Checksums ? "1" : "0", Text(Stopwatch.GetTimestamp()),
        ];
    }

    /// <summary>What a probe measured.</summary>
    /// <param name="LoadMilliseconds">From the call to the open model.</param>
    /// <param name="FirstTokenMilliseconds">From there to the first token.</param>
    /// <param name="SinceStartMilliseconds">From before the process was started to the first token.</param>
    /// <param name="PeakBytes">The most that the process had resident.</param>
    /// <param name="PlannedBytes">What the memory plan said.</param>
    /// <param name="PromptTokens">Tokens before the first one that was answered.</param>
    public readonly record struct Finding(
        double LoadMilliseconds,
        double FirstTokenMilliseconds,
        double SinceStartMilliseconds,
        long PeakBytes,
        long PlannedBytes,
        int PromptTokens)
    {
        /// <summary>Reads what a probe printed.</summary>
        /// <exception cref="FormatException">It is something else.</exception>
        public static Finding Parse(string line)
        {
            string[] fields = line.Split(' ');
            return fields.Length == 6
                ? new(
                    Number(fields[0]),
                    Number(fields[1]),
                    Number(fields[2]),
                    (long)Number(fields[3]),
                    (long)Number(fields[4]),
                    (int)Number(fields[5]))
                : throw new FormatException($"A probe printed '{line}'.");
        }

        /// <summary>The line that <see cref="Parse"/> reads.</summary>
        public override string ToString() => string.Join(
            ' ',
            Text(LoadMilliseconds),
            Text(FirstTokenMilliseconds),
            Text(SinceStartMilliseconds),
            Text(PeakBytes),
            Text(PlannedBytes),
            Text(PromptTokens));
    }

    /// <summary>Does what the arguments of <see cref="Request.ToArguments"/> ask for.</summary>
    public static Finding Run(ReadOnlySpan<string> arguments)
    {
        long launched = long.Parse(arguments[5], CultureInfo.InvariantCulture);
        if (!KernelTiers.TryParse(arguments[3], out KernelTier tier))
        {
            throw new FormatException($"'{arguments[3]}' is no kernel tier.");
        }

        long begun = Stopwatch.GetTimestamp();
        using GptModel model = arguments[1].Length == 0
            ? TavernModel.Load()
            : new(TgptFile.Open(arguments[1], new TgptReadOptions { VerifyChecksums = arguments[4] == "1" }));
        double load = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;

        begun = Stopwatch.GetTimestamp();
        GptEngineOptions options = new() { Threads = int.Parse(arguments[2], CultureInfo.InvariantCulture), Tier = tier };
        using GptEngine engine = new(model, options);
        using GptSession session = engine.CreateSession(
            SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = NewTokens, StopAtEndOfText = false });
        if (arguments[1].Length == 0)
        {
            TavernCard innkeeper = TavernFolk.All[0];
            session.Append(Encoding.UTF8.GetBytes($"{innkeeper}\nPlayer: {Question}\n{innkeeper.Name}:"));
        }
        else
        {
            session.Append(Tokens(ShortPromptTokens, model.Config));
        }

        int promptTokens = session.Tokens.Length;
        while (session.GeneratedTokens == 0 && engine.Step(StepBudget.OnePass) != StepStatus.Idle)
        {
        }

        double firstToken = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        double sinceStart = Stopwatch.GetElapsedTime(launched).TotalMilliseconds;

        session.Rewind(0);
        session.Append(Tokens(Math.Min(LongPromptTokens, model.Config.ContextLength - NewTokens), model.Config));
        byte[] discarded = new byte[4096];
        while (engine.Step(StepBudget.Unlimited) != StepStatus.Idle)
        {
            while (session.TryRead(discarded, out _))
            {
            }
        }

        return new Finding(load, firstToken, sinceStart, PeakMemory.Read(), engine.MemoryPlan.Total, promptTokens);
    }

    private static int[] Tokens(int count, ModelConfig config) =>
        [.. Enumerable.Range(1, count).Select(number => number * 31 % config.VocabularySize)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
