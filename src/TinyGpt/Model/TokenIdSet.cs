using System.Collections;
using System.Runtime.CompilerServices;

namespace TinyGpt;

/// <summary>A few token ids, ascending and each once; two sets with the same ids are equal. Immutable and thread-safe.</summary>
[CollectionBuilder(typeof(TokenIdSet), nameof(Create))]
public sealed class TokenIdSet : IReadOnlyList<int>, IEquatable<TokenIdSet>
{
    private readonly int[] _ids;

    private TokenIdSet(int[] ids) => _ids = ids;

    /// <summary>The set without ids.</summary>
    public static TokenIdSet Empty { get; } = new([]);

    /// <summary>The number of ids.</summary>
    public int Count => _ids.Length;

    /// <summary>An id by its place in ascending order.</summary>
    /// <param name="index">0 … <see cref="Count"/> - 1.</param>
    public int this[int index] => _ids[index];

    /// <summary>Makes a set of ids in any order; an id that comes twice counts once.</summary>
    /// <param name="ids">The ids.</param>
    public static TokenIdSet Create(ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty)
        {
            return Empty;
        }

        SortedSet<int> sorted = [.. ids];
        return new TokenIdSet([.. sorted]);
    }

    /// <summary>Whether an id is in the set. Allocates nothing.</summary>
    /// <param name="id">The id.</param>
    public bool Contains(int id) => _ids.AsSpan().Contains(id);

    /// <inheritdoc/>
    public bool Equals(TokenIdSet? other) => other is not null && _ids.AsSpan().SequenceEqual(other._ids);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TokenIdSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int id in _ids)
        {
            hash.Add(id);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _ids)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_ids).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
