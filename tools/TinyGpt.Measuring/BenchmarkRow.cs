namespace TinyGpt.Measuring;

/// <summary>One measurement. What does not apply is null.</summary>
public sealed record BenchmarkRow
{
    /// <summary>
    /// <c>decode</c>, <c>prefill</c>, <c>matrices</c> (those of a prompt alone), <c>token-matrices</c> (those of a token alone), <c>neighbour</c> (decoding beside a busy process),
    /// <c>load</c>, <c>first-token</c> or <c>memory</c>.
    /// </summary>
    public required string Phase { get; init; }

    /// <summary>The model's name or shape.</summary>
    public required string Shape { get; init; }

    /// <summary>Threads that computed, or that loaded.</summary>
    public required int Threads { get; init; }

    /// <summary>Sequences that were computed together.</summary>
    public int? Batch { get; init; }

    /// <summary>Decode: tokens of each sequence at the beginning. Prefill and first token: tokens of the prompt.</summary>
    public int? Context { get; init; }

    /// <summary>How keys and values were kept, decode and prefill.</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Tokens a second, of all sequences together.</summary>
    public Spread? TokensPerSecond { get; init; }

    /// <summary>Weights, scales, keys and values that had to be read for one token.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>The read bandwidth of the same number of threads doing nothing else, between the same repeats, in 10⁹ bytes per second.</summary>
    public double? BandwidthGBs { get; init; }

    /// <summary>Bytes read a second as a part of the bandwidth before and after the same repeat; the median of all repeats.</summary>
    public double? RatioToBandwidth { get; init; }

    /// <summary>Multiply-adds of the matrices, 10⁹ a second.</summary>
    public double? GigaMacs { get; init; }

    /// <summary>
    /// Multiply-adds per second as a part of what the same number of threads did on registers alone before and after the same repeat; the median of all
    /// repeats.
    /// </summary>
    public double? RatioToPeak { get; init; }

    /// <summary>Independent additions a cycle of the first thread's core around the repeats, the median (<see cref="Perf.CoreWidth"/>).</summary>
    public double? CoreWidth { get; init; }

    /// <summary>Bytes that the whole process allocated on the managed heap during all timed repeats.</summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>Neighbour: the speed beside a busy process as a part of one thread's speed without it; the median of all pairs.</summary>
    public double? RatioToOneThread { get; init; }

    /// <summary>Neighbour: the largest such part in the slowest tenth of the pairs.</summary>
    public double? RatioOfSlowestTenth { get; init; }

    /// <summary>
    /// Neighbour: the part of the slowest tenth's time in which the calling thread was ready and others had its processor; null where the system
    /// does not tell.
    /// </summary>
    public double? SlowestWaitedForProcessor { get; init; }

    /// <summary>Neighbour: the part of that time in which the calling thread had done its share and waited for workers.</summary>
    public double? SlowestWaitedForWorkers { get; init; }

    /// <summary>
    /// Load: from the call to an open model. First token: from an open model, engine and session included, to the first token.
    /// Each repeat is a separate process, so compiling the code is part of it.
    /// </summary>
    public Spread? Milliseconds { get; init; }

    /// <summary>First token: from the start of the process, the runtime's own start and the loading included.</summary>
    public Spread? MillisecondsSinceStart { get; init; }

    /// <summary>Load: whether every checksum was verified.</summary>
    public bool? Checksums { get; init; }

    /// <summary>Memory: the most that the process had resident, mapped weights included.</summary>
    public Spread? PeakBytes { get; init; }

    /// <summary>Memory: what <see cref="MemoryPlan.Total"/> said before.</summary>
    public long? PlannedBytes { get; init; }

    /// <summary>The median of <see cref="PeakBytes"/> as a part of <see cref="PlannedBytes"/>.</summary>
    public double? RatioToPlan { get; init; }

    /// <summary>The part of the machine's processor time that others used meanwhile, 0 … 1; null where the system does not tell.</summary>
    public double? OthersShare { get; init; }
}
