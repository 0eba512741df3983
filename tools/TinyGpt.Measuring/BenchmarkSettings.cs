using TinyGpt.Kernels;

namespace TinyGpt.Measuring;

/// <summary>What <see cref="InferenceBenchmark"/> measures. Immutable and thread-safe.</summary>
public sealed record BenchmarkSettings
{
    /// <summary>Threads to compute with, one series of measurements each.</summary>
    public IReadOnlyList<int> Threads { get; init; } = [1];

    /// <summary>The ways to decode.</summary>
    public IReadOnlyList<DecodeCase> Decodes { get; init; } = [new(1, 0), new(8, 0)];

    /// <summary>Lengths of the prompts that are read.</summary>
    public IReadOnlyList<int> Prompts { get; init; } = [128, 512];

    /// <summary>How keys and values of prompts are kept.</summary>
    public KvPrecision PromptKvPrecision { get; init; } = KvPrecision.Float32;

    /// <summary>Tokens that each sequence generates in one repeat; 1 or more.</summary>
    public int Tokens { get; init; } = 128;

    /// <summary>Timed repeats of each measurement; 1 or more.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>
    /// The time after which no further repeats begin once there are three of each measurement that belongs together, or null for no limit.
    /// </summary>
    public TimeSpan? RepeatTime { get; init; }

    /// <summary>
    /// How long each measurement runs before it is timed. The first one runs four times as long: until then the runtime is still
    /// replacing quickly compiled code by optimized code.
    /// </summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Tokens of a prompt in one forward pass, or null for the engine's default.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>The kernel tier, or null for the engine's choice.</summary>
    public KernelTier? Tier { get; init; }
}
