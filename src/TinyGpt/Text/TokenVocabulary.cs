using System.Diagnostics.CodeAnalysis;
using System.Text;
using TinyGpt.Text;
using TinyGpt.Text.Merging;

namespace TinyGpt;

/// <summary>
/// The tokens of a model: the bytes of each, how they merge (merges in the order of their ranks, or merge scores), the special
/// tokens, and the kind of tokenizer that they are meant for (<see cref="Tokenizer.Create"/>). Immutable and thread-safe.
/// </summary>
/// <remarks>
/// For every vocabulary: no two ids have the same bytes, except unused ids, which have none, tokens that stand for
/// single bytes beside the pieces of text, and an added token that is written like an ordinary one; a merge joins two used tokens into the token with their bytes; no two merges join the same
/// pair; a special token's bytes are valid UTF-8, and no merge reads or makes one. In a vocabulary of words (GPT-1) a space at a
/// token's end is the mark of a word's end.
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

    private readonly VocabularyContent _content;
    private readonly SpecialToken[] _specialTokens;
    private readonly int[] _addedIds;
    private readonly TokenIndex _tokenIndex;

    private TokenVocabulary(VocabularyContent content, TokenIndex tokenIndex, MergeIndex mergeIndex)
    {
        _content = content;
        _tokenIndex = tokenIndex;
        MergeIndex = mergeIndex;
        _addedIds = [.. content.AddedTokens.Select(token => token.Id)];
        _specialTokens =
        [
            .. content.AddedTokens.Where(token => !token.IsUserDefined)
                .Select(token => new SpecialToken(Encoding.UTF8.GetString(content.Bytes(token.Id)), token.Id)),
        ];
        for (int id = 0; id < Count; id++)
        {
            LongestToken = Math.Max(LongestToken, content.Bytes(id).Length);
        }
    }

    /// <summary>The number of ids, unused ones included; ids run from 0 to this - 1.</summary>
    public int Count => _content.Count;

    /// <summary>The bytes of the longest token, 0 to <see cref="MostTokenBytes"/>.</summary>
    public int LongestToken { get; }

    /// <summary>The merges; an index here is the merge's rank. None if merge scores decide what merges.</summary>
    public ReadOnlySpan<TokenMerge> Merges => _content.Merges;

    /// <summary>The special tokens, in the order of their ids.</summary>
    public ReadOnlySpan<SpecialToken> SpecialTokens => _specialTokens;

    /// <summary>Finds merges by their pair.</summary>
    internal MergeIndex MergeIndex { get; }

    /// <summary>What becomes of text before its tokens merge.</summary>
    internal TokenizerRules Rules => _content.Rules;

    /// <summary>The special tokens, and those that any text becomes; ids ascending.</summary>
    internal ReadOnlySpan<AddedToken> AddedTokens => _content.AddedTokens;

    /// <summary>For each id how early its token is made, higher first; empty where merges say it.</summary>
    internal ReadOnlySpan<float> Scores => _content.Scores;

    /// <summary>The byte token of each byte that no other token covers, or -1; empty if there are none.</summary>
    internal ReadOnlySpan<int> ByteTokens => _content.ByteTokens;

    /// <summary>The parts.</summary>
    internal VocabularyContent Content => _content;

    /// <summary>Makes a vocabulary of byte-level tokens, whose text is split by GPT-2's pattern.</summary>
    /// <param name="tokens">Each id's bytes; empty for an id that is not used. 1 to <see cref="MostTokens"/> of them.</param>
    /// <param name="merges">The merges in the order of their ranks, at most <see cref="MostMerges"/>.</param>
    /// <param name="specialTokens">The ids of the special tokens, ascending, at most <see cref="MostSpecialTokens"/>.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="ArgumentException">Something does not hold that holds for every vocabulary; the message says what.</exception>
    public static TokenVocabulary Create(IReadOnlyList<byte[]> tokens, ReadOnlySpan<TokenMerge> merges, ReadOnlySpan<int> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        VocabularyFault? fault = FindFaultOfSizes(tokens, merges.Length, specialTokens.Length);
        if (fault is null)
        {
            (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
            AddedToken[] added = new AddedToken[specialTokens.Length];
            for (int index = 0; index < added.Length; index++)
            {
                added[index] = new AddedToken(specialTokens[index]);
            }

            VocabularyContent content = new() { Blob = blob, Starts = starts, Merges = merges.ToArray(), AddedTokens = added };
            if (TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault found))
            {
                return vocabulary;
            }

            fault = found;
        }

        throw new ArgumentException(fault.Value.Reason);
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
        stream.Write(TokenVocabularyFormat.ToBytes(_content));
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

        return _content.Bytes(id);
    }

    /// <summary>Finds a token by its bytes.</summary>
    /// <param name="bytes">The token's bytes.</param>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether a token, special ones included, has these bytes. Byte tokens are not found.</returns>
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

    /// <summary>Whether a token is special or one that any text becomes; false for an id that does not exist.</summary>
    internal bool IsAdded(int id) => _addedIds.AsSpan().BinarySearch(id) >= 0;

    /// <summary>Whether an added token is looked for together with the prefix space; false for an id that does not exist.</summary>
    internal bool IsWithPrefix(int id) =>
        _addedIds.AsSpan().BinarySearch(id) is >= 0 and int index && _content.AddedTokens[index].IsWithPrefix;

    /// <summary>Whether a token is a byte token.</summary>
    internal bool IsByte(int id) => _content.IsByte(id);

    /// <summary>What is wrong with the number of parts or the length of a token, or null.</summary>
    internal static VocabularyFault? FindFaultOfSizes(IReadOnlyList<byte[]> tokens, int merges, int addedTokens)
    {
        if (VocabularyFault.OfCounts(tokens.Count, merges, addedTokens) is { } wrongCount)
        {
            return wrongCount;
        }

        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id].Length > MostTokenBytes)
            {
                return VocabularyFault.OfLongToken(id, tokens[id].Length);
            }
        }

        return null;
    }

    /// <summary>Makes a vocabulary of parts that become its own. Counts and lengths have been checked; all else is checked here.</summary>
    internal static bool TryAdopt(
        VocabularyContent content, [NotNullWhen(true)] out TokenVocabulary? vocabulary, out VocabularyFault fault)
    {
        vocabulary = null;
        fault = default;
        TokenIndex tokenIndex = new(content.Blob, content.Starts);
        if (FindTwin(content, tokenIndex) is { } twins)
        {
            fault = twins;
            return false;
        }

        MergeIndex mergeIndex = new(content.Merges);
        if (VocabularyValidation.FindFault(content, mergeIndex) is { } found)
        {
            fault = found;
            return false;
        }

        vocabulary = new TokenVocabulary(content, tokenIndex, mergeIndex);
        return true;
    }

    /// <summary>
    /// Fills the index, and finds two tokens of the same kind with the same bytes. An added token may have those of an ordinary one, which
    /// the index then finds: the added one is found where it is written in text.
    /// </summary>
    private static VocabularyFault? FindTwin(VocabularyContent content, TokenIndex index)
    {
        HashSet<int> addedIds = [.. content.AddedTokens.Select(token => token.Id)];
        for (int id = 0; id < content.Count; id++)
        {
            if (!content.Bytes(id).IsEmpty && !content.IsByte(id) && !addedIds.Contains(id) && !index.TryAdd(id, out int same))
            {
                return new VocabularyFault($"tokens {same} and {id} have the same bytes", VocabularyPart.Tokens, id);
            }
        }

        Dictionary<string, int> added = new(StringComparer.Ordinal);
        foreach (int id in addedIds.Where(id => (uint)id < (uint)content.Count && !content.Bytes(id).IsEmpty))
        {
            if (!added.TryAdd(Encoding.Latin1.GetString(content.Bytes(id)), id))
            {
                int same = added[Encoding.Latin1.GetString(content.Bytes(id))];
                return new VocabularyFault($"tokens {same} and {id} have the same bytes", VocabularyPart.Tokens, id);
            }

            index.TryAdd(id, out _);
        }

        return null;
    }
}
