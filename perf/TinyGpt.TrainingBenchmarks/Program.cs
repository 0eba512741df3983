using System.Globalization;
using TinyGpt.Kernels;
using TinyGpt.Measuring;
using TinyGpt.TrainingBenchmarks;

const int Tokens = 6144;
const int PeakRepeats = 20;

if (args is ["rounding", string folder, string talks])
{
    RoundingCost.Run(folder, talks, Environment.ProcessorCount);
    return 0;
}

if (args is not [string what, ..] || what is not ("matrices" or "step"))
{
    Console.Error.WriteLine("Usage: TinyGpt.TrainingBenchmarks matrices|step [threads] [steps] [dropout], or rounding FOLDER TALKS.jsonl");
    return 2;
}

int threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
KernelTier tier = KernelTiers.IsSupported(KernelTier.Avx512) ? KernelTier.Avx512 : KernelTiers.Best;
double peak = MultiplyPeak.MeasureFloats(tier, threads, PeakRepeats)?.Max() ?? throw new PlatformNotSupportedException("There is no vector unit.");
Console.WriteLine($"peak of {threads} threads: {2 * peak:F1} GFLOP/s");
if (what == "matrices")
{
    MatrixBenchmark.Run(Tokens, threads, peak);
}
else
{
    int steps = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
    float dropout = args.Length > 3 ? float.Parse(args[3], CultureInfo.InvariantCulture) : 0f;
    StepBenchmark.Run(threads, steps, dropout, peak);
}

return 0;
