namespace TinyGpt;

/// <summary>The names of <see cref="KvPrecision"/>, as command lines and reports write them. Thread-safe.</summary>
public static class KvPrecisions
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<KvPrecision> All { get; } = [KvPrecision.Float32, KvPrecision.Int8];

    /// <summary>The name: <c>float32</c> or <c>int8</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such precision.</exception>
    public static string Name(KvPrecision precision) => precision switch
    {
        KvPrecision.Float32 => "float32",
        KvPrecision.Int8 => "int8",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "There is no such precision."),
    };

    /// <summary>Finds the precision of a name; case matters.</summary>
    public static bool TryParse(string? name, out KvPrecision precision)
    {
        foreach (KvPrecision candidate in All)
        {
            if (Name(candidate) == name)
            {
                precision = candidate;
                return true;
            }
        }

        precision = default;
        return false;
    }
}
