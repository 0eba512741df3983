using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Kernels;

namespace TinyGpt;

/// <summary>How much an engine can do at once, which is also how much memory it takes. Immutable and thread-safe.</summary>
public sealed record GptEngineOptions
{
    /// <summary>Sessions that can exist at the same time; 1 … 4,096, 1 by default.</summary>
    public int MaxSequences { get; init; } = 1;

    /// <summary>
    /// Pages of 64 positions in the KV arena, 1 or more; by default enough for all sequences at full length, or at
    /// <see cref="PlannedContext"/>. Fewer suffice if sessions share prefixes or stay short. No sequence can be longer than all pages together.
    /// </summary>
    public int? KvPages { get; init; }

    /// <summary>
    /// The maximum number of tokens in each sequence, 1 or more. Null (the default), or more than the model's context, means the whole context.
    /// Unless <see cref="KvPages"/> is set, the KV arena has room for this number in every sequence. In a model of the Llama family, the keys and
    /// values of the whole context take more memory than the weights.
    /// </summary>
    public int? PlannedContext { get; init; }

    /// <summary>How keys and values are kept; <see cref="KvPrecision.Float32"/> by default.</summary>
    public KvPrecision KvPrecision { get; init; }

    /// <summary>Threads that compute, the caller's included; 1 … 256, 1 by default, which starts none.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// The maximum number of tokens in one forward pass, which limits how much of a prompt is read at once. 1 … 4,096, 64 by default; at least <see cref="MaxSequences"/>
    /// and <see cref="MaxLookupTokens"/> together are used.
    /// </summary>
    public int MaxBatchTokens { get; init; } = 64;

    /// <summary>
    /// The maximum number of draft tokens in one forward pass for all sessions together, and the maximum of a session's <see cref="SessionOptions.LookupTokens"/>
    /// can be; 0 … 16, 0 by default. Each takes memory for its logits, 4 bytes a token of the vocabulary.
    /// </summary>
    public int MaxLookupTokens { get; init; }

    /// <summary>The kernel tier to use; null (the default) takes the one that the environment variable TINYGPT_TIER names, or else the best.</summary>
    public KernelTier? Tier { get; init; }

    /// <summary>
    /// How many <see cref="Threads"/> serve this process best when nothing else computes: one for each fast core that it may use, within its
    /// container's quota, 8 at most. Two hardware threads of a core count once, and cores that are made to save power do not count, because
    /// all threads wait for the slowest one at the end of every stage. A game that computes on other threads subtracts those.
    /// </summary>
    public static int RecommendedThreads => ProcessorTopology.Current.RecommendedThreads;

    internal int PagesFor(ModelConfig config) => KvPages ?? MaxSequences * KvArena.PagesFor(ContextFor(config));

    /// <summary>The maximum number of tokens in a sequence: what the model, the plan and all pages together allow.</summary>
    internal int ContextFor(ModelConfig config)
    {
        int planned = Math.Min(config.ContextLength, PlannedContext ?? config.ContextLength);
        return (int)Math.Min(planned, (long)(KvPages ?? int.MaxValue) * GptEngine.PositionsPerPage);
    }

    internal DecoderLimits Limits => new(
        Rows: Math.Max(MaxBatchTokens, MaxSequences + MaxLookupTokens), LogitRows: MaxSequences + MaxLookupTokens, Threads);

    /// <summary>Checks every value's range, as making an engine does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the property, its value and its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxSequences, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(KvPages ?? 1, 1, nameof(KvPages));
        ArgumentOutOfRangeException.ThrowIfLessThan(PlannedContext ?? 1, 1, nameof(PlannedContext));
        if (!Enum.IsDefined(KvPrecision))
        {
            throw new ArgumentOutOfRangeException(nameof(KvPrecision), KvPrecision, "There is no such precision.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatchTokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBatchTokens, 4096);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxLookupTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxLookupTokens, SessionOptions.MostLookupTokens);
    }
}
