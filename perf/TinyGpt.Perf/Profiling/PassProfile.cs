using System.Globalization;
using TinyGpt.Decoding;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// Takes passes apart: what each stage of the forward pass takes of a token, by threads, all numbers of threads in turn on the same machine;
/// how much of their time threads compute, and what the kernels make of a core of which others have a part.
/// </summary>
internal static class PassProfile
{
    private const int Repeats = 9;

    /// <summary>Profiles decoding after each context and reading each prompt, and writes a Markdown table for each.</summary>
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
                output.WriteLine($"\n{KernelTiers.Name(tier)}: decode of {tokens} tokens after {way.Context}, {precision} keys and values\n");
                Write(output, settings.Threads, threads => ProfiledEngine.ToDecode(model, tier, threads, way.KvPrecision, start, tokens, cancellation));
            }
        }

        foreach (int prompt in settings.Prompts.Where(prompt => prompt < model.Config.ContextLength))
        {
            string precision = KvPrecisions.Name(settings.PromptKvPrecision);
            output.WriteLine($"\n{KernelTiers.Name(tier)}: prompt of {prompt} tokens, {precision} keys and values\n");
            Write(output, settings.Threads, threads => ProfiledEngine.ToRead(model, tier, threads, settings.PromptKvPrecision, prompt, cancellation));
        }

        PlacementProfile.Run(model, tier, output, cancellation);
        if (tier != KernelTier.Scalar)
        {
            CoreWidthProfile.Run(model, tier, output, cancellation);
        }
    }

    private static void Write(TextWriter output, IReadOnlyList<int> threads, Func<int, ProfiledEngine> prepare)
    {
        List<ProfiledEngine> engines = [];
        try
        {
            engines.AddRange(threads.Select(prepare));
            List<StageShare[]>[] samples = [.. engines.Select(_ => new List<StageShare[]>())];
            for (int repeat = 0; repeat < Repeats; repeat++)
            {
                for (int i = 0; i < engines.Count; i++)
                {
                    samples[i].Add(engines[i].TakeSample());
                }
            }

            StageShare[][] medians = [.. samples.Select(MedianOf)];
            WriteTimes(output, threads, medians);
            for (int i = 1; i < engines.Count; i++)
            {
                WriteScaling(output, threads, medians, i);
            }

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
    private static StageShare[] MedianOf(List<StageShare[]> samples) =>
        samples.OrderBy(sample => sample.Sum(stage => stage.Microseconds)).ElementAt(samples.Count / 2);

    private static void WriteTimes(TextWriter output, IReadOnlyList<int> threads, StageShare[][] samples)
    {
        output.WriteLine($"| stage | {string.Join(" | ", threads.Select(count => $"µs a token, {Count(count)} | share"))} |");
        output.WriteLine($"| --- |{string.Concat(threads.Select(_ => " ---: | ---: |"))}");
        foreach ((string name, StageShare[] shares) in Rows(samples))
        {
            string cells = string.Join(" | ", shares.Select((share, i) => string.Create(
                CultureInfo.InvariantCulture, $"{share.Microseconds:F1} | {100 * share.Microseconds / Sum(samples[i]).Microseconds:F1} %")));
            output.WriteLine($"| {name} | {cells} |");
        }
    }

    /// <summary>
    /// Takes a speed-up apart: threads × how much of their time they computed, divided by how much longer the same work took them.
    /// </summary>
    private static void WriteScaling(TextWriter output, IReadOnlyList<int> threads, StageShare[][] samples, int index)
    {
        output.WriteLine($"\n| {Count(threads[index])} against {threads[0]} | times as fast | busy | the same work takes |");
        output.WriteLine("| --- | ---: | ---: | ---: |");
        foreach ((string name, StageShare[] shares) in Rows(samples))
        {
            StageShare first = shares[0];
            StageShare share = shares[index];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {first.Microseconds / share.Microseconds:F2} | {100 * share.Worked / (threads[index] * share.Microseconds):F0} % | ")
                + string.Create(CultureInfo.InvariantCulture, $"{share.Worked / first.Worked:F2} × |"));
        }
    }

    /// <summary>The stages that take any time, all else, and the sum: what they take by each number of threads.</summary>
    private static IEnumerable<(string Name, StageShare[] Shares)> Rows(StageShare[][] samples)
    {
        string[] names = [.. Enum.GetNames<Stage>()[..(int)Stage.End], "all else"];
        for (int stage = 0; stage < names.Length; stage++)
        {
            StageShare[] shares = [.. samples.Select(sample => sample[stage])];
            if (shares.Any(share => share.Microseconds > 0))
            {
                yield return (names[stage], shares);
            }
        }

        yield return ("**sum**", [.. samples.Select(Sum)]);
    }

    private static StageShare Sum(StageShare[] sample) => new(sample.Sum(stage => stage.Microseconds), sample.Sum(stage => stage.Worked));

    private static string Count(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";
}
