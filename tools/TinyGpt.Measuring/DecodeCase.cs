namespace TinyGpt.Measuring;

/// <summary>One way to decode that is to be measured.</summary>
/// <param name="Batch">Sequences that are decoded together.</param>
/// <param name="Context">Tokens that each has when the timed decoding begins; 0 means the one token that there must be.</param>
/// <param name="KvPrecision">How keys and values are kept.</param>
public readonly record struct DecodeCase(int Batch, int Context, KvPrecision KvPrecision = KvPrecision.Float32)
{
    /// <summary>Every batch after every context with every precision.</summary>
    public static IReadOnlyList<DecodeCase> Combine(
        IReadOnlyList<int> batches, IReadOnlyList<int> contexts, IReadOnlyList<KvPrecision> precisions) =>
    [
        .. from batch in batches
           from context in contexts
           from precision in precisions
           select new DecodeCase(batch, context, precision),
    ];
}
