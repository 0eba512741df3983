using System.Diagnostics;
using System.Globalization;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Model;

namespace TinyGpt.Perf;

/// <summary>
/// Takes passes apart: what each stage of the forward pass takes of a token, by threads, all numbers of threads in turn on the same machine.
/// </summary>
internal static class PassProfile
{
    private const int Repeats = 9;

    // The runtime compiles what is called often once more, in the background, after a tenth of a second.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <summary>Profiles decoding behind each context and reading each prompt, and writes a Markdown table for each.</summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">Threads, contexts, prompts, tokens and tier; of the batches only 1 counts.</param>
    /// <param name="output">Takes the tables.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static void Run(GptModel model, BenchmarkSettings settings, TextWriter output, CancellationToken cancellation)
    {
        KernelTier tier = KernelTiers.Select(settings.Tier);
        foreach (DecodeCase way in settings.Decodes.Where(way => way.Batch == 1))
        {
            int start = Math.Max(1, way.Context);
            int tokens = Math.Min(settings.Tokens, model.Config.ContextLength - start);
            if (tokens > 0)
            {
                output.WriteLine($"\n{KernelTiers.Name(tier)}: decode of {tokens} tokens behind {way.Context}, {KvPrecisions.Name(way.KvPrecision)} keys and values\n");
                Write(output, settings.Threads, Measure(model, settings, tier, way.KvPrecision, start, read: 0, decode: tokens, cancellation));
            }
        }

        foreach (int prompt in settings.Prompts.Where(prompt => prompt < model.Config.ContextLength))
        {
            output.WriteLine($"\n{KernelTiers.Name(tier)}: prompt of {prompt} tokens, {KvPrecisions.Name(settings.PromptKvPrecision)} keys and values\n");
            Write(output, settings.Threads, Measure(model, settings, tier, settings.PromptKvPrecision, start: 0, prompt, decode: 0, cancellation));
        }
    }

    /// <summary>Microseconds a token of each stage and, last, of everything else: a row a number of threads, the median of the repeats.</summary>
    private static double[][] Measure(
        GptModel model, BenchmarkSettings settings, KernelTier tier, KvPrecision precision, int start, int read, int decode, CancellationToken cancellation)
    {
        IReadOnlyList<int> threads = settings.Threads;
        int[] prompt = RandomTokens(model, start + read);
        List<double[]>[] repeats = [.. threads.Select(_ => new List<double[]>())];
        GptEngine[] engines =
        [
            .. threads.Select(count => new GptEngine(model, new GptEngineOptions
            {
                Threads = count,
                Tier = tier,
                KvPrecision = precision,
                KvPages = ((start + read + decode) / GptEngine.PositionsPerPage) + 1,
            })),
        ];
        try
        {
            GptSession[] sessions =
            [
                .. engines.Select(engine => engine.CreateSession(
                    SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = Math.Max(1, decode), StopAtEndOfText = false })),
            ];
            for (int i = 0; i < engines.Length; i++)
            {
                if (start > 0)
                {
                    sessions[i].Append(prompt.AsSpan(0, start), answer: false);
                    Time(engines[i], sessions[i], start, cancellation);
                }

                long begun = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(begun) < WarmUp)
                {
                    TakeSample(i);
                }
            }

            for (int repeat = 0; repeat < Repeats; repeat++)
            {
                for (int i = 0; i < engines.Length; i++)
                {
                    repeats[i].Add(TakeSample(i));
                }
            }

            double[] TakeSample(int i)
            {
                sessions[i].Rewind(start);
                if (read > 0)
                {
                    sessions[i].Append(prompt.AsSpan(start), answer: false);
                }
                else
                {
                    sessions[i].Continue();
                }

                return Time(engines[i], sessions[i], Math.Max(read, decode), cancellation);
            }
        }
        finally
        {
            foreach (GptEngine engine in engines)
            {
                engine.Dispose();
            }
        }

        return [.. repeats.Select(MedianOf)];
    }

    private static double[] Time(GptEngine engine, GptSession session, int tokens, CancellationToken cancellation)
    {
        byte[] discarded = new byte[4096];
        long[] before = engine.StageTicks.ToArray();
        long begun = Stopwatch.GetTimestamp();
        while (engine.Step(StepBudget.Unlimited, cancellation) != StepStatus.Idle)
        {
            while (session.TryRead(discarded, out _))
            {
            }
        }

        double whole = Stopwatch.GetTimestamp() - begun;
        double[] ticks = [.. engine.StageTicks.ToArray().Zip(before, (after, earlier) => (double)(after - earlier))];
        return [.. ((double[])[.. ticks, whole - ticks.Sum()]).Select(time => time * 1e6 / Stopwatch.Frequency / tokens)];
    }

    /// <summary>The repeat whose sum is the median: its stages belong together.</summary>
    private static double[] MedianOf(List<double[]> repeats) => repeats.OrderBy(times => times.Sum()).ElementAt(repeats.Count / 2);

    private static int[] RandomTokens(GptModel model, int count)
    {
        Random random = new(0);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Config.VocabularySize))];
    }

    private static void Write(TextWriter output, IReadOnlyList<int> threads, double[][] times)
    {
        output.WriteLine($"| stage | {string.Join(" | ", threads.Select(count => $"µs a token, {count} {(count == 1 ? "thread" : "threads")} | share"))} | first / last |");
        output.WriteLine($"| --- |{string.Concat(threads.Select(_ => " ---: | ---: |"))} ---: |");
        string[] names = [.. Enum.GetNames<Stage>()[..(int)Stage.End], "all else"];
        for (int stage = 0; stage < names.Length; stage++)
        {
            if (times.Any(row => row[stage] > 0))
            {
                WriteRow(output, names[stage], times, row => row[stage]);
            }
        }

        WriteRow(output, "**sum**", times, row => row.Sum());
    }

    private static void WriteRow(TextWriter output, string name, double[][] times, Func<double[], double> value)
    {
        string cells = string.Join(" | ", times.Select(row =>
            string.Create(CultureInfo.InvariantCulture, $"{value(row):F1} | {100 * value(row) / row.Sum():F1} %")));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {cells} | {value(times[0]) / value(times[^1]):F2} |"));
    }
}
