namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Compares keys as Python does: texts by their characters, and 1, 1.0 and True are one key.</summary>
internal sealed class KeyComparer : IEqualityComparer<object>
{
    private const int MaxTupleDepth = 16;

    internal static readonly KeyComparer Instance = new();

    internal static bool CanBeKey(object key) => CanBeKey(key, MaxTupleDepth);

    public new bool Equals(object? x, object? y) => (x, y) switch
    {
        (TrackedText a, TrackedText b) => a.Value == b.Value,
        (Sequence a, Sequence b) => a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(pair => Equals(pair.First, pair.Second)),
        (bool or Int128 or double, bool or Int128 or double) => Numbers.AreEqual(x, y),
        _ => ReferenceEquals(x, y),
    };

    public int GetHashCode(object obj) => obj switch
    {
        TrackedText text => text.Value.GetHashCode(StringComparison.Ordinal),
        bool or Int128 or double => Numbers.ToDouble(obj).GetHashCode(),
        Sequence tuple => tuple.Items.Aggregate(tuple.Items.Count, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    private static bool CanBeKey(object key, int depth) => key switch
    {
        Sequence tuple => tuple.IsTuple && depth > 0 && tuple.Items.Count <= MaxTupleDepth && tuple.Items.All(item => CanBeKey(item, depth - 1)),
        Mapping or DictionaryView => false,
        _ => true,
    };
}
