using System.Globalization;
using TinyGpt.Kernels;
using TinyGpt.Model;

namespace TinyGpt.Perf;

/// <summary>
/// Takes passes apart: what each stage of the forward pass takes of a token, by threads, all numbers of threads in turn on the same machine.
/// </summary>
internal static class PassProfile
{
    private const int Repeats = 9;

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
                string precision = KvPrecisions.Name(way.KvPrecision);
                output.WriteLine($"\n{KernelTiers.Name(tier)}: decode of {tokens} tokens behind {way.Context}, {precision} keys and values\n");
                Write(output, settings.Threads, threads => ProfiledEngine.ToDecode(model, tier, threads, way.KvPrecision, start, tokens, cancellation));
            }
        }

        foreach (int prompt in settings.Prompts.Where(prompt => prompt < model.Config.ContextLength))
        {
            string precision = KvPrecisions.Name(settings.PromptKvPrecision);
            output.WriteLine($"\n{KernelTiers.Name(tier)}: prompt of {prompt} tokens, {precision} keys and values\n");
            Write(output, settings.Threads, threads => ProfiledEngine.ToRead(model, tier, threads, settings.PromptKvPrecision, prompt, cancellation));
        }
    }

    private static void Write(TextWriter output, IReadOnlyList<int> threads, Func<int, ProfiledEngine> prepare)
    {
        List<ProfiledEngine> engines = [];
        try
        {
            engines.AddRange(threads.Select(prepare));
            List<double[]>[] samples = [.. engines.Select(_ => new List<double[]>())];
            for (int repeat = 0; repeat < Repeats; repeat++)
            {
                for (int i = 0; i < engines.Count; i++)
                {
                    samples[i].Add(engines[i].TakeSample());
                }
            }

            WriteTable(output, threads, [.. samples.Select(MedianOf)]);
            if (engines.Sum(engine => engine.Rests) is > 0 and int rests)
            {
                output.WriteLine($"\nOthers shared the processors: workers rested {rests} times.");
            }
        }
        finally
        {
            engines.ForEach(engine => engine.Dispose());
        }
    }

    /// <summary>The sample whose sum is the median: its stages belong together.</summary>
    private static double[] MedianOf(List<double[]> samples) => samples.OrderBy(times => times.Sum()).ElementAt(samples.Count / 2);

    private static void WriteTable(TextWriter output, IReadOnlyList<int> threads, double[][] times)
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
