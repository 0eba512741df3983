using System.Globalization;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// Shows the effect of weight placement: a token's matrices are multiplied where the model has them, and as equal copies in memory that the
/// system gave later. Where it gives pages of 4 KiB, places can differ by a tenth; with huge pages they did not (perf/NOTES.md).
/// </summary>
internal static class PlacementProfile
{
    private const int Rounds = 40;
    private const int Copies = 2;
    private const int Tokens = 4;

    /// <summary>Measures on one thread, in turn, and writes a Markdown table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="output">Takes the table.</param>
    /// <param name="cancellation">Checked between samples.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static void Run(GptModel model, KernelTier tier, TextWriter output, CancellationToken cancellation)
    {
        List<(string Name, MatrixWork Work)> places = [("where the model has them", MatrixWork.OfTokens(tier, model.Weights, Tokens))];
        for (int copy = 1; copy <= Copies; copy++)
        {
            places.Add(($"copy {copy}", MatrixWork.OfTokensElsewhere(tier, model.Weights, Tokens)));
        }

        try
        {
            List<double>[] rates = [.. places.Select(_ => new List<double>())];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < places.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    rates[i].Add(places[i].Work.WeightBytes * (double)Tokens / places[i].Work.Run(1) / 1e9);
                }
            }

            output.WriteLine($"\n{KernelTiers.Name(tier)}, one thread: the matrices of a token, GB/s\n");
            output.WriteLine("| weights | quarter | median | three quarters |");
            output.WriteLine("| --- | ---: | ---: | ---: |");
            for (int i = 0; i < places.Count; i++)
            {
                rates[i].Sort();
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {places[i].Name} | {rates[i][Rounds / 4]:F2} | {rates[i][Rounds / 2]:F2} | {rates[i][Rounds * 3 / 4]:F2} |"));
            }
        }
        finally
        {
            places.ForEach(place => place.Work.Dispose());
        }
    }
}
