using System.Globalization;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// Shows what the matrix kernels of one thread make of the core that they get: speeds by how wide the core was around each sample
/// (<see cref="CoreWidth"/>). On a machine of one's own all samples fall into one column.
/// </summary>
internal static class CoreWidthProfile
{
    private const int Rounds = 150;
    private const double Step = 0.5;
    private const int FewestSamples = 5;

    // 1,536 × 768 weights, 1.3 MB: in the cache, and with the same number of groups per panel as gpt2-124m.
    private static readonly TensorShape Cached = new("cached", TensorKind.Panels, 1536, 768);

    // As many groups a panel as the built-in model has.
    private static readonly TensorShape Short = new("short", TensorKind.Panels, 1536, 256);

    /// <summary>Measures in turn, and writes a Markdown table.</summary>
    /// <param name="model">Its matrices are the ones that come from memory.</param>
    /// <param name="tier">A tier that this process can execute, other than the scalar one.</param>
    /// <param name="output">Takes the table.</param>
    /// <param name="cancellation">Checked between samples.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static void Run(GptModel model, KernelTier tier, TextWriter output, CancellationToken cancellation)
    {
        using MatrixWork oneRow = MatrixWork.For(tier, [Cached], 256, 1);
        using MatrixWork shortPanels = MatrixWork.For(tier, [Short], 768, 1);
        using MatrixWork sixRows = MatrixWork.For(tier, [Cached], 384, 6);
        using MatrixWork manyRows = MatrixWork.For(tier, [Cached], 384, 64);
        using MatrixWork all = MatrixWork.OfPrompt(tier, model.Info.Tensors, 64, 64);
        (string Name, Func<double> Measure)[] cases =
        [
            ("registers alone", () => MultiplyPeak.MeasureIntegers(tier, 1, 1)![0]),
            ("one row, cached", () => Speed(oneRow)),
            ("one row, panels of 4 groups", () => Speed(shortPanels)),
            ("6 rows, cached", () => Speed(sixRows)),
            ("64 rows, cached", () => Speed(manyRows)),
            ("64 rows, all matrices of the model", () => Speed(all)),
        ];
        List<(double Width, double Speed)>[] samples = [.. cases.Select(_ => new List<(double, double)>())];
        Array.ForEach(cases, one => one.Measure());
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                double before = CoreWidth.Measure();
                double speed = cases[i].Measure();
                samples[i].Add((Math.Min(before, CoreWidth.Measure()), speed));
            }
        }

        Write(output, KernelTiers.Name(tier), [.. cases.Select(one => one.Name)], samples);
    }

    private static double Speed(MatrixWork work) => work.MultiplyAdds / work.Run(1) / 1e9;

    private static void Write(TextWriter output, string tier, string[] names, List<(double Width, double Speed)>[] samples)
    {
        double[] columns = [.. samples
            .SelectMany(list => list)
            .CountBy(sample => Column(sample.Width))
            .Where(column => column.Value >= FewestSamples * names.Length)
            .Select(column => column.Key)
            .Order()];
        output.WriteLine($"\n{tier}, one thread: medians of G multiply-adds/s by independent additions a cycle, the fewer of before and after a sample\n");
        output.WriteLine($"| additions a cycle | {string.Join(" | ", columns.Select(from => Invariant($"{from:F1} – {from + Step:F1}")))} | all |");
        output.WriteLine($"| --- |{string.Concat(columns.Select(_ => " ---: |"))} ---: |");
        output.WriteLine(
            $"| samples | {string.Join(" | ", columns.Select(from => samples.Sum(list => list.Count(sample => Column(sample.Width) == from))))} | "
            + $"{samples.Sum(list => list.Count)} |");
        for (int i = 0; i < names.Length; i++)
        {
            string cells = string.Join(" | ", columns.Select(from => Median(samples[i].Where(sample => Column(sample.Width) == from))));
            output.WriteLine($"| {names[i]} | {cells} | {Median(samples[i])} |");
        }
    }

    private static double Column(double width) => Math.Floor(width / Step) * Step;

    private static string Median(IEnumerable<(double Width, double Speed)> samples)
    {
        double[] speeds = [.. samples.Select(sample => sample.Speed)];
        return speeds.Length < FewestSamples ? "" : Invariant($"{Spread.Of(speeds).Median:F1}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
