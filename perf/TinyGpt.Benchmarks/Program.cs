using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using TinyGpt.Benchmarks;
using TinyGpt.Kernels;

// Each run builds the kernels anew; the two minutes that are usual are too short for a small machine that does something else as well.
TimeSpan buildTimeout = TimeSpan.FromMinutes(10);

// Every tier is a type argument: the JIT compiles each benchmark once per tier, with direct calls, as it does for the engine.
(KernelTier Tier, Type Kernels)[] tiers =
[
    Describe<ScalarKernels>(),
    Describe<Avx2Kernels>(),
    Describe<AvxVnniKernels>(),
    Describe<Avx512Kernels>(),
    Describe<NeonKernels>(),
    Describe<NeonDpKernels>(),
];
Type[] benchmarks =
[
    typeof(MemoryMatrixBenchmarks<>),
    typeof(CachedMatrixBenchmarks<>),
    typeof(RowBenchmarks<>),
    typeof(ActivationBenchmarks<>),
    typeof(AttentionBenchmarks<>),
    typeof(LogitBenchmarks<>),
];

foreach ((KernelTier tier, _) in tiers.Where(tier => !KernelTiers.IsSupported(tier.Tier)))
{
    Console.WriteLine($"// left out: {KernelTiers.Name(tier)}, this process lacks {KernelTiers.Requirement(tier)}");
}

IConfig configuration = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new RateColumn())
    .WithBuildTimeout(buildTimeout);
BenchmarkSwitcher.FromTypes(
    [
        .. from benchmark in benchmarks
           from tier in tiers
           where KernelTiers.IsSupported(tier.Tier)
           select benchmark.MakeGenericType(tier.Kernels),
    ]).Run(args, configuration);

static (KernelTier Tier, Type Kernels) Describe<TKernels>()
    where TKernels : struct, IKernels => (TKernels.Tier, typeof(TKernels));
