using System.Diagnostics;
using TinyGpt.Cache;
using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;
using TinyGpt.Model;

namespace TinyGpt.Decoding;

/// <summary>What a stage took so far, in ticks of <see cref="Stopwatch"/>.</summary>
/// <param name="Elapsed">From the first chunk to the end of the slowest worker.</param>
/// <param name="Waited">The part of it in which the caller had nothing left to do and waited for workers.</param>
/// <param name="Worked">What all workers but the caller spent in it.</param>
internal readonly record struct StageTime(long Elapsed, long Waited, long Worked);

/// <summary>
/// Runs forward passes in slices. A stage consists of independent units (tokens, panels, heads). A slice is a run of
/// units that is expected to take about <see cref="TimedSlice"/>, from how long earlier slices of that stage took. Where the slices
/// begin and end never changes a result. Not thread-safe: one caller at a time.
/// </summary>
internal abstract class Decoder : IDisposable
{
    private const double LearningRate = 0.5;
    private const double FirstGuess = 20e-9; // seconds for a unit of work, between the slowest tier and the fastest

    // Enough chunks that the first worker to finish waits only for a small part of the slice (DECISIONS.md).
    private const int ClaimsPerThread = 16;

    private static readonly double TimedSlice = 100e-6 * Stopwatch.Frequency;
    private static readonly double UntimedSlice = 4e-3 * Stopwatch.Frequency;
    private static readonly double SmallestClaim = 2e-6 * Stopwatch.Frequency;

    private readonly WorkerTeam _team;
    private readonly double[] _ticksPerWork = new double[(int)Stage.End];
    private readonly StageTime[] _stageTimes = new StageTime[(int)Stage.End];
    private int _nextUnit;

    protected Decoder(ModelConfig config, ModelWeights weights, KvArena cache, DecoderLimits limits)
    {
        Config = config;
        Weights = weights;
        Cache = cache;
        Scratch = new DecoderScratch(config, limits);
        Rows = new PassRows(limits, cache.Sequences.Length);
        _team = new WorkerTeam(limits.Threads, RunUnits);
        Array.Fill(_ticksPerWork, FirstGuess * Stopwatch.Frequency);
    }

    public abstract KernelTier Tier { get; }

    public int Threads => _team.Threads;

    /// <summary>The tokens of the forward pass under way, or of the next one while it is composed.</summary>
    public PassRows Rows { get; }

    /// <summary>How often a worker was sent to sleep because other programs share the processors.</summary>
    public int WorkerRests => _team.Rests;

    /// <summary>What each stage took so far.</summary>
    public ReadOnlySpan<StageTime> StageTimes => _stageTimes;

    /// <summary>Whether a forward pass is under way.</summary>
    public bool IsUnderway { get; private set; }

    protected ModelConfig Config { get; }

    protected ModelWeights Weights { get; }

    protected KvArena Cache { get; }

    protected DecoderScratch Scratch { get; }

    /// <summary>The stage under way.</summary>
    protected Stage Stage { get; private set; }

    /// <summary>The block under way.</summary>
    protected int Layer { get; private set; }

    private ref readonly StageDefinition Current => ref Stages[(int)Stage];

    /// <summary>Makes the decoder of a tier that this process supports.</summary>
    public static Decoder Create(KernelTier tier, ModelConfig config, ModelWeights weights, KvArena cache, DecoderLimits limits) =>
        tier switch
        {
            KernelTier.Avx2 => new Decoder<Avx2Kernels>(config, weights, cache, limits),
            KernelTier.AvxVnni => new Decoder<AvxVnniKernels>(config, weights, cache, limits),
            KernelTier.Avx512 => new Decoder<Avx512Kernels>(config, weights, cache, limits),
            KernelTier.Avx512Vnni => new Decoder<Avx512VnniKernels>(config, weights, cache, limits),
            KernelTier.Neon => new Decoder<NeonKernels>(config, weights, cache, limits),
            KernelTier.NeonDp => new Decoder<NeonDpKernels>(config, weights, cache, limits),
            _ => new Decoder<ScalarKernels>(config, weights, cache, limits),
        };

    /// <summary>Starts a forward pass over <see cref="Rows"/>, which holds at least one token.</summary>
    public void Begin()
    {
        IsUnderway = true;
        Stage = Stage.CopyPages;
        Layer = 0;
        _nextUnit = 0;
    }

    /// <summary>Continues the forward pass until it ends or the clock has no room for another slice.</summary>
    /// <returns>Whether the forward pass has ended. Then the logits are ready and keys and values are written.</returns>
    /// <exception cref="OperationCanceledException">Canceled between two slices. The forward pass can be continued.</exception>
    public bool Advance(StepBudget budget, ref StepClock clock, CancellationToken cancellation)
    {
        while (Stage != Stage.End)
        {
            int units = Current.Units();
            while (_nextUnit < units)
            {
                cancellation.ThrowIfCancellationRequested();
                double ticksPerUnit = _ticksPerWork[(int)Stage] * Current.UnitCost();
                int slice = SliceUnits(budget, units - _nextUnit, ticksPerUnit);
                if (!clock.TryStartSlice((long)(slice * ticksPerUnit)))
                {
                    return false;
                }

                RunSlice(slice, ticksPerUnit);
            }

            NextStage();
        }

        IsUnderway = false;
        return true;
    }

    /// <summary>Abandons the forward pass under way. Sequences keep their lengths, so the same tokens can be computed again.</summary>
    public void Abandon()
    {
        FinishCopies();
        IsUnderway = false;
    }

    /// <summary>
    /// Finishes the page copies of the forward pass under way. Page tables name the copies from the start of the pass, so
    /// call this before you read pages between two slices.
    /// </summary>
    public void FinishCopies()
    {
        if (IsUnderway && Stage == Stage.CopyPages)
        {
            Current.Run(_nextUnit, Current.Units() - _nextUnit, 0);
            NextStage();
        }
    }

    /// <summary>The logits of the last forward pass, one for each token of the vocabulary. The caller may change them.</summary>
    /// <param name="index">As <see cref="PassRows.WantLogits"/> returned it.</param>
    public unsafe Span<float> Logits(int index) =>
        new(Scratch.Logits + ((nint)index * Scratch.LogitsStride), Config.VocabularySize);

    /// <summary>
    /// Whether logits, and the residual that they come from, are finite. Quantization between the two may hide what is not, and not
    /// on every tier.
    /// </summary>
    /// <param name="index">As for <see cref="Logits"/>; before the next forward pass is composed.</param>
    public unsafe bool IsFinite(int index) => FiniteNumbers.Are(Logits(index)) && FiniteNumbers.Are(
        new(Scratch.Residual + ((nint)Rows.LogitRow(index) * Scratch.WidthStride), Config.Width));

    /// <summary>The final hidden state of the one token of the last forward pass whose logits were wanted, in the precision that the head sees.</summary>
    /// <param name="state">Receives it; its length is the hidden size.</param>
    public unsafe void CopyFinalState(Span<float> state)
    {
        Debug.Assert(Rows.LogitCount == 1, "Only a single token is stored as plain values with one scale per group.");
        QuantizedActivations row = Scratch.NormalizedLast(1);
        for (int feature = 0; feature < Config.Width; feature++)
        {
            state[feature] = row.Values[feature] * row.Scales[feature / PanelLayout.InputsPerGroup];
        }
    }

    public void Dispose()
    {
        _team.Dispose();
        Scratch.Dispose();
    }

    /// <summary>The stages of a forward pass in order, by <see cref="Decoding.Stage"/>. Those of a block repeat for every block.</summary>
    protected abstract ReadOnlySpan<StageDefinition> Stages { get; }

    private static int SliceUnits(StepBudget budget, int remaining, double ticksPerUnit)
    {
        if (budget.CountsSlices)
        {
            return Math.Max(1, remaining / 3);
        }

        double units = (budget.IsTimed ? TimedSlice : UntimedSlice) / ticksPerUnit;
        return units >= remaining ? remaining : Math.Max(1, (int)units);
    }

    private void RunUnits(int first, int count, int worker) => Current.Run(first, count, worker);

    private void RunSlice(int units, double ticksPerUnit)
    {
        int claim = units;
        if (_team.Threads > 1)
        {
            int claims = ClaimsPerThread * _team.Threads;
            int even = (units + claims - 1) / claims;
            double smallest = SmallestClaim / (ticksPerUnit * _team.Threads);
            claim = smallest >= units ? units : Math.Max(even, (int)smallest);
        }

        (long waited, long worked) = _team.Times;
        long start = Stopwatch.GetTimestamp();
        _team.Run(_nextUnit, units, Math.Max(1, claim));
        long elapsed = Stopwatch.GetTimestamp() - start;
        _nextUnit += units;
        ref StageTime time = ref _stageTimes[(int)Stage];
        time = new StageTime(
            time.Elapsed + elapsed, time.Waited + _team.Times.Waited - waited, time.Worked + _team.Times.Worked - worked);
        ref double estimate = ref _ticksPerWork[(int)Stage];
        double measured = Math.Max(elapsed, 1) / (units * Current.UnitCost());
        estimate += LearningRate * (measured - estimate);
    }

    private void NextStage()
    {
        bool lastLayer = Layer == Config.Layers - 1;
        _nextUnit = 0;
        if (Stage == Stage.DownProjection && !lastLayer)
        {
            Layer++;
            Stage = Stage.AttentionNorm;
        }
        else if (Stage == Stage.QueryKeyValue && lastLayer && Rows.LogitCount == 0)
        {
            // Only keys and values of the middle of a prompt were wanted.
            Stage = Stage.End;
        }
        else
        {
            Stage++;
        }
    }
}
