using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace TinyGpt.Text;

/// <summary>
/// The tokens of a model: the bytes of each, the merges of byte-pair encoding in the order of their ranks, and the special
/// tokens. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// What holds for every vocabulary: no two ids have the same bytes, except the unused ids, which have none; a merge joins two
/// used tokens into the token with their bytes; no two merges join the same pair; a special token's bytes are valid UTF-8, and
/// no merge reads or makes one.
/// </remarks>
public sealed class TokenVocabulary
{
    /// <summary>The most tokens that a vocabulary can have.</summary>
    public const int MostTokens = ModelConfig.LargestVocabulary;

    /// <summary>The most merges that a vocabulary can have.</summary>
    public const int MostMerges = 1 << 20;

    /// <summary>The most special tokens that a vocabulary can have.</summary>
    public const int MostSpecialTokens = 4096;

    /// <summary>The most bytes that a token can have.</summary>
    public const int MostTokenBytes = 1024;

    private readonly byte[] _blob;
    private readonly int[] _starts;
    private readonly TokenMerge[] _merges;
    private readonly SpecialToken[] _specialTokens;
    private readonly TokenIndex _tokenIndex;

    private TokenVocabulary(
        byte[] blob, int[] starts, TokenMerge[] merges, SpecialToken[] specialTokens, TokenIndex tokenIndex, MergeIndex mergeIndex)
    {
        _blob = blob;
        _starts = starts;
        _merges = merges;
        _specialTokens = specialTokens;
        _tokenIndex = tokenIndex;
        MergeIndex = mergeIndex;
        for (int id = 0; id < Count; id++)
        {
            LongestToken = Math.Max(LongestToken, starts[id + 1] - starts[id]);
        }
    }

    /// <summary>The number of ids, unused ones included; ids run from 0 to this - 1.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The bytes of the longest token, 0 to <see cref="MostTokenBytes"/>.</summary>
    public int LongestToken { get; }

    /// <summary>The merges; an index here is the merge's rank.</summary>
    public ReadOnlySpan<TokenMerge> Merges => _merges;

    /// <summary>The special tokens, in the order of their ids.</summary>
    public ReadOnlySpan<SpecialToken> SpecialTokens => _specialTokens;

    /// <summary>Finds merges by their pair.</summary>
    internal MergeIndex MergeIndex { get; }

    /// <summary>All tokens' bytes, in the order of their ids.</summary>
    internal ReadOnlySpan<byte> Blob => _blob;

    /// <summary>Makes a vocabulary.</summary>
    /// <param name="tokens">Each id's bytes; empty for an id that is not used. 1 to <see cref="MostTokens"/> of them.</param>
    /// <param name="merges">The merges in the order of their ranks, at most <see cref="MostMerges"/>.</param>
    /// <param name="specialTokens">The ids of the special tokens, ascending, at most <see cref="MostSpecialTokens"/>.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="ArgumentException">Something does not hold that holds for every vocabulary; the message says what.</exception>
    public static TokenVocabulary Create(IReadOnlyList<byte[]> tokens, ReadOnlySpan<TokenMerge> merges, ReadOnlySpan<int> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return TryCreate(tokens, merges, specialTokens, out TokenVocabulary? vocabulary, out VocabularyFault fault)
            ? vocabulary
            : throw new ArgumentException(fault.Reason);
    }

    /// <summary>Reads the binary form that <see cref="Write"/> makes.</summary>
    /// <param name="data">The whole binary form, and nothing after it.</param>
    /// <param name="file">The name that an error message gives to where the data is from.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="ModelFormatException">
    /// The data is damaged, of another version, or breaks a rule. Everything is checked before memory is taken for it.
    /// </exception>
    public static TokenVocabulary Read(ReadOnlySpan<byte> data, string file) => TokenVocabularyFormat.Read(data, file);

    /// <summary>Writes the vocabulary's binary form at the stream's position.</summary>
    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(TokenVocabularyFormat.ToBytes(this));
    }

    /// <summary>A token's bytes; empty for an id that is not used.</summary>
    /// <param name="id">0 to <see cref="Count"/> - 1.</param>
    /// <returns>The bytes, valid as long as the vocabulary lives. They need not be UTF-8: a token may end inside a character.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id)
    {
        if ((uint)id >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The vocabulary's ids run from 0 to {Count - 1}.");
        }

        return _blob.AsSpan(_starts[id].._starts[id + 1]);
    }

    /// <summary>Finds a token by its bytes.</summary>
    /// <param name="bytes">The token's bytes.</param>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether a token, special ones included, has these bytes.</returns>
    public bool TryGetId(ReadOnlySpan<byte> bytes, out int id) => _tokenIndex.TryFind(bytes, out id);

    /// <summary>Finds a special token by the way it is written.</summary>
    /// <param name="text">The token's text, <c>&lt;|endoftext|&gt;</c>.</param>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether there is such a special token.</returns>
    public bool TryGetSpecialToken(ReadOnlySpan<char> text, out int id)
    {
        foreach (SpecialToken special in _specialTokens)
        {
            if (text.SequenceEqual(special.Text))
            {
                id = special.Id;
                return true;
            }
        }

        id = -1;
        return false;
    }

    /// <summary><see cref="Create"/> for callers that name a fault in their own terms.</summary>
    internal static bool TryCreate(
        IReadOnlyList<byte[]> tokens,
        ReadOnlySpan<TokenMerge> merges,
        ReadOnlySpan<int> specialTokens,
        [NotNullWhen(true)] out TokenVocabulary? vocabulary,
        out VocabularyFault fault)
    {
        vocabulary = null;
        if (VocabularyFault.OfCounts(tokens.Count, merges.Length, specialTokens.Length) is { } wrongCount)
        {
            fault = wrongCount;
            return false;
        }

        int[] starts = new int[tokens.Count + 1];
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id].Length > MostTokenBytes)
            {
                fault = VocabularyFault.OfLongToken(id, tokens[id].Length);
                return false;
            }

            starts[id + 1] = starts[id] + tokens[id].Length;
        }

        byte[] blob = new byte[starts[^1]];
        for (int id = 0; id < tokens.Count; id++)
        {
            tokens[id].CopyTo(blob, starts[id]);
        }

        return TryAdopt(blob, starts, merges.ToArray(), specialTokens, out vocabulary, out fault);
    }

    /// <summary>Makes a vocabulary of arrays that become its own. Counts and lengths have been checked; all else is checked here.</summary>
    internal static bool TryAdopt(
        byte[] blob,
        int[] starts,
        TokenMerge[] merges,
        ReadOnlySpan<int> specialTokens,
        [NotNullWhen(true)] out TokenVocabulary? vocabulary,
        out VocabularyFault fault)
    {
        vocabulary = null;
        fault = default;
        TokenIndex tokenIndex = new(blob, starts);
        for (int id = 0; id < starts.Length - 1; id++)
        {
            if (starts[id + 1] > starts[id] && !tokenIndex.TryAdd(id, out int same))
            {
                fault = new VocabularyFault($"tokens {same} and {id} have the same bytes", VocabularyPart.Tokens, id);
                return false;
            }
        }

        SpecialToken[] specials = new SpecialToken[specialTokens.Length];
        for (int index = 0; index < specials.Length; index++)
        {
            if (DescribeSpecialTokenFault(blob, starts, specialTokens, index) is { } reason)
            {
                fault = new VocabularyFault(reason, VocabularyPart.SpecialTokens, index);
                return false;
            }

            int id = specialTokens[index];
            specials[index] = new SpecialToken(Encoding.UTF8.GetString(blob.AsSpan(starts[id]..starts[id + 1])), id);
        }

        MergeIndex mergeIndex = new(merges);
        for (int rank = 0; rank < merges.Length; rank++)
        {
            string? reason = DescribeMergeFault(blob, starts, specialTokens, merges[rank]);
            if (reason is null && !mergeIndex.TryAdd(rank, out int same))
            {
                reason = $"joins the same pair as merge {same}";
            }

            if (reason is not null)
            {
                fault = new VocabularyFault($"merge {rank} {reason}", VocabularyPart.Merges, rank);
                return false;
            }
        }

        vocabulary = new TokenVocabulary(blob, starts, merges, specials, tokenIndex, mergeIndex);
        return true;
    }

    private static string? DescribeSpecialTokenFault(byte[] blob, int[] starts, ReadOnlySpan<int> specialTokens, int index)
    {
        int id = specialTokens[index];
        if ((uint)id >= (uint)(starts.Length - 1))
        {
            return $"special token {index} has id {(uint)id}, but ids end at {starts.Length - 2}";
        }

        if (index > 0 && id <= specialTokens[index - 1])
        {
            return $"special token {index} has id {id}, which is not greater than the one before it";
        }

        ReadOnlySpan<byte> bytes = blob.AsSpan(starts[id]..starts[id + 1]);
        return bytes.IsEmpty ? $"special token {id} has no bytes"
            : !Utf8.IsValid(bytes) ? $"special token {id} is not valid UTF-8"
            : null;
    }

    private static string? DescribeMergeFault(byte[] blob, int[] starts, ReadOnlySpan<int> specialTokens, TokenMerge merge)
    {
        foreach (int id in (ReadOnlySpan<int>)[merge.Left, merge.Right, merge.Result])
        {
            if ((uint)id >= (uint)(starts.Length - 1))
            {
                return $"names token {(uint)id}, but ids end at {starts.Length - 2}";
            }

            if (starts[id] == starts[id + 1])
            {
                return $"names token {id}, which has no bytes";
            }

            if (specialTokens.BinarySearch(id) >= 0)
            {
                return $"names token {id}, which is special";
            }
        }

        ReadOnlySpan<byte> left = blob.AsSpan(starts[merge.Left]..starts[merge.Left + 1]);
        ReadOnlySpan<byte> right = blob.AsSpan(starts[merge.Right]..starts[merge.Right + 1]);
        ReadOnlySpan<byte> result = blob.AsSpan(starts[merge.Result]..starts[merge.Result + 1]);
        return result.Length == left.Length + right.Length && result.StartsWith(left) && result.EndsWith(right)
            ? null
            : $"makes token {merge.Result}, whose bytes are not those of tokens {merge.Left} and {merge.Right}";
    }
}
