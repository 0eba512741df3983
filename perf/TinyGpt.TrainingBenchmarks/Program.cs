using System.Globalization;
using TinyGpt.Kernels;
using TinyGpt.Perf;
using TinyGpt.TrainingBenchmarks;

int threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
double peak = MultiplyPeak.MeasureFloats(KernelTiers.IsSupported(KernelTier.Avx512) ? KernelTier.Avx512 : KernelTiers.Best, threads, 20)?.Max()
    ?? throw new PlatformNotSupportedException("No vector unit to measure against.");
Console.WriteLine($"peak with {threads} threads: {2 * peak:F1} GFLOP/s");
MatrixBenchmark.Run(6144, threads, peak);
