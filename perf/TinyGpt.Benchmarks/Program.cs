using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using TinyGpt.Benchmarks;
using TinyGpt.Kernels;

// Each run builds the kernels anew; the two minutes that are usual are too short for a small machine that does something else as well.
TimeSpan buildTimeout = TimeSpan.FromMinutes(10);

Type[] benchmarks =
[
    typeof(MemoryMatrixBenchmarks),
    typeof(CachedMatrixBenchmarks),
    typeof(RowBenchmarks),
    typeof(ActivationBenchmarks),
    typeof(AttentionBenchmarks),
    typeof(LogitBenchmarks),
];

foreach (KernelTier tier in KernelTiers.All.Where(tier => !KernelTiers.IsSupported(tier)))
{
    Console.WriteLine($"// left out: {KernelTiers.Name(tier)}, this process lacks {KernelTiers.Requirement(tier)}");
}

IConfig configuration = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new RateColumn())
    .WithBuildTimeout(buildTimeout);
BenchmarkSwitcher.FromTypes(benchmarks).Run(args, configuration);
