namespace TinyGpt.Constraints.Languages;

/// <summary>A set of Unicode code points without surrogates, as sorted ranges that do not touch. Immutable.</summary>
internal sealed class CodePointSet
{
    private const int LastCodePoint = 0x10FFFF;
    private const int FirstSurrogate = 0xD800;
    private const int LastSurrogate = 0xDFFF;

    private readonly (int First, int Last)[] _ranges;

    private CodePointSet((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>No code point.</summary>
    public static CodePointSet None { get; } = new([]);

    /// <summary>Every code point but surrogates.</summary>
    public static CodePointSet All { get; } = new([(0, FirstSurrogate - 1), (LastSurrogate + 1, LastCodePoint)]);

    /// <summary>The ranges, ascending, ends included.</summary>
    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>One code point.</summary>
    public static CodePointSet Of(int codePoint) => Of([(codePoint, codePoint)]);

    /// <summary>The code points from one to another, both included.</summary>
    public static CodePointSet Range(int first, int last) => Of([(first, last)]);

    /// <summary>The union of ranges in any order; surrogates and what is outside Unicode are left out.</summary>
    public static CodePointSet Of(scoped ReadOnlySpan<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> parts = new(ranges.Length + 1);
        foreach ((int first, int last) in ranges)
        {
            AddPart(parts, Math.Max(first, 0), Math.Min(last, FirstSurrogate - 1));
            AddPart(parts, Math.Max(first, LastSurrogate + 1), Math.Min(last, LastCodePoint));
        }

        parts.Sort();
        int count = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            if (count > 0 && parts[i].First <= parts[count - 1].Last + 1)
            {
                parts[count - 1] = (parts[count - 1].First, Math.Max(parts[count - 1].Last, parts[i].Last));
            }
            else
            {
                parts[count++] = parts[i];
            }
        }

        return new CodePointSet([.. parts[..count]]);
    }

    public bool Contains(int codePoint)
    {
        foreach ((int first, int last) in _ranges)
        {
            if (codePoint <= last)
            {
                return codePoint >= first;
            }
        }

        return false;
    }

    public CodePointSet Union(CodePointSet other) => Of([.. _ranges, .. other._ranges]);

    public CodePointSet Intersect(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    public CodePointSet Except(CodePointSet other) => Intersect(other.Complement());

    public CodePointSet Complement()
    {
        List<(int First, int Last)> gaps = new(_ranges.Length + 1);
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            AddPart(gaps, next, first - 1);
            next = last + 1;
        }

        AddPart(gaps, next, LastCodePoint);
        return Of(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(gaps));
    }

    private static void AddPart(List<(int First, int Last)> parts, int first, int last)
    {
        if (first <= last)
        {
            parts.Add((first, last));
        }
    }
}
