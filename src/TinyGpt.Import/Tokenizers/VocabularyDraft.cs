using System.Runtime.InteropServices;
using System.Text;
using TinyGpt.Text;
using TinyGpt.Text.Unicode;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Collects what tokenizer files say, in any order, and makes a <see cref="TokenVocabulary"/> of it. Tokens and merges are
/// written as <see cref="Spelling"/> says, added tokens as plain text.
/// </summary>
internal sealed class VocabularyDraft
{
    /// <summary>The most added tokens, and the most names of special tokens.</summary>
    internal const int MostAddedTokens = 1 << 14;

    private const string EndOfText = "<|endoftext|>";

    private readonly string _source;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string?> _tokens = []; // by id; null where none was given
    private readonly List<(string Left, string Right, FilePlace Place)> _merges = [];
    private readonly Dictionary<int, DraftToken> _addedTokens = [];
    private readonly HashSet<string> _marks = new(StringComparer.Ordinal) { EndOfText };
    private readonly HashSet<int> _unused = [];
    private readonly HashSet<int> _onlyAdded = []; // added tokens that are none of the model's own
    private bool _hasVocabulary;

    /// <summary>Makes an empty draft.</summary>
    /// <param name="source">The file or folder that errors without a place name.</param>
    internal VocabularyDraft(string source) => _source = source;

    /// <summary>How tokens and merges are written.</summary>
    internal TokenSpelling Spelling { get; set; }

    /// <summary>What becomes of text before its tokens merge.</summary>
    internal TokenizerRules Rules { get; set; } = TokenizerRules.Gpt2;

    /// <summary>For each id how early its token is made; null where merges say it.</summary>
    internal float[]? Scores { get; set; }

    /// <summary>Whether text gets its prefix space before it is searched for normalized added tokens.</summary>
    internal bool PrefixesNormalizedTokens { get; set; }

    /// <summary>Whether a token of one character has GPT-1's mark of a word's end, which byte-level vocabularies have not.</summary>
    internal bool MarksWordEnds => _ids.Keys.Any(
        token => token.Length == TokenSpellings.WordEnd.Length + 1 && token.EndsWith(TokenSpellings.WordEnd, StringComparison.Ordinal));

    /// <summary>Adds a token of the model.</summary>
    internal void AddToken(string written, int id, FilePlace place)
    {
        if (written.Length == 0)
        {
            throw place.Error($"token {id} is empty");
        }

        if (_ids.ContainsKey(written))
        {
            throw place.Error($"the name '{written}' comes twice");
        }

        if (!TryClaim(written, id, place))
        {
            throw place.Error($"'{written}' cannot have id {id}: '{_tokens[id]}' has it");
        }
    }

    /// <summary>Adds a token to the model's tokens. The model may already have it with the same id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="token">The token.</param>
    internal void AddAddedToken(int id, DraftToken token)
    {
        if (token.Content.Length == 0)
        {
            throw token.Place.Error($"added token {id} is empty");
        }

        if (!_addedTokens.TryAdd(id, token))
        {
            throw token.Place.Error($"added token {id} is given twice");
        }

        if (_addedTokens.Count > MostAddedTokens)
        {
            throw token.Place.Error($"there are more than {MostAddedTokens} added tokens");
        }
    }

    /// <summary>Says that an id has no token, though higher ones have.</summary>
    internal void AddUnused(int id) => _unused.Add(id);

    /// <summary>Says that all tokens of the model were added, so that a merge of other tokens is refused at its place.</summary>
    internal void EndVocabulary() => _hasVocabulary = true;

    /// <summary>Adds the merge of the next rank.</summary>
    internal void AddMerge(string left, string right, FilePlace place)
    {
        if (_merges.Count == TokenVocabulary.MostMerges)
        {
            throw place.Error($"there are more than {TokenVocabulary.MostMerges} merges");
        }

        if (_hasVocabulary)
        {
            Find(left, place);
            Find(right, place);
            Find(left + right, place);
        }

        _merges.Add((Kept(left), Kept(right), place));
    }

    /// <summary>Says that a token, if there is one written so and ordinary text never becomes it, is special.</summary>
    internal void AddMark(string content, FilePlace place)
    {
        _marks.Add(content);
        if (_marks.Count > MostAddedTokens)
        {
            throw place.Error($"there are more than {MostAddedTokens} names of special tokens");
        }
    }

    /// <summary>The id of a token by the way it is written, added tokens included, or null.</summary>
    internal int? FindId(string written) =>
        _ids.TryGetValue(written, out int id) ? id
        : _addedTokens.FirstOrDefault(added => added.Value.Content == written) is { Value: not null } found ? found.Key
        : null;

    /// <summary>Makes the vocabulary.</summary>
    /// <param name="size">The number of ids; those after the tokens are unused. Null means the number of tokens.</param>
    internal TokenVocabulary Build(int? size)
    {
        foreach ((int id, DraftToken added) in _addedTokens)
        {
            if (TryClaim(added.Content, id, added.Place))
            {
                _onlyAdded.Add(id);
            }
            else if (_tokens[id] != added.Content)
            {
                throw added.Place.Error($"added token '{added.Content}' cannot have id {id}: '{_tokens[id]}' has it");
            }
        }

        byte[][] tokens = DecodeTokens(size);
        TokenMerge[] merges = ResolveMerges(out HashSet<int> ordinary);
        List<AddedToken> addedTokens = FindAddedTokens(tokens, ordinary);
        VocabularyFault? fault = TokenVocabulary.FindFaultOfSizes(tokens, merges.Length, addedTokens.Count);
        if (fault is null)
        {
            (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
            VocabularyContent content = new()
            {
                Blob = blob,
                Starts = starts,
                Merges = merges,
                AddedTokens = [.. addedTokens],
                Scores = Scores is null ? null : [.. Scores, .. new float[tokens.Length - Scores.Length]],
                ByteTokens = Spelling == TokenSpelling.PiecesAndBytes ? FindByteTokens() : null,
                Rules = Rules,
            };
            if (TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault found))
            {
                return vocabulary;
            }

            fault = found;
        }

        throw fault.Value.Part == VocabularyPart.Merges
            ? _merges[fault.Value.Index].Place.Error(fault.Value.Reason)
            : new ModelFormatException(_source, fault.Value.Reason);
    }

    /// <summary>Gives an id to a token; false if the id has one. That the token has another id is an error.</summary>
    private bool TryClaim(string token, int id, FilePlace place)
    {
        if (id is < 0 or >= TokenVocabulary.MostTokens)
        {
            throw place.Error($"'{token}' has id {id}; ids run from 0 to {TokenVocabulary.MostTokens - 1}");
        }

        if (id < _tokens.Count && _tokens[id] is not null)
        {
            return false;
        }

        if (!_ids.TryAdd(token, id))
        {
            throw place.Error($"'{token}' has two ids, {_ids[token]} and {id}");
        }

        if (id >= _tokens.Count)
        {
            CollectionsMarshal.SetCount(_tokens, id + 1);
        }

        _tokens[id] = token;
        return true;
    }

    private byte[][] DecodeTokens(int? size)
    {
        for (int id = 0; id < _tokens.Count; id++)
        {
            if (_tokens[id] is null && !_unused.Contains(id))
            {
                throw new ModelFormatException(_source, $"no token has id {id}, but higher ids are used");
            }
        }

        if (size < _tokens.Count)
        {
            throw new ModelFormatException(_source, $"the tokenizer has {_tokens.Count} tokens, but the model only {size}");
        }

        byte[][] tokens = new byte[size ?? _tokens.Count][];
        Array.Fill(tokens, []);
        for (int id = 0; id < _tokens.Count; id++)
        {
            if (_tokens[id] is not { } written)
            {
                continue;
            }

            if (_addedTokens.ContainsKey(id))
            {
                tokens[id] = Encoding.UTF8.GetBytes(written);
            }
            else if (!TokenSpellings.TryDecode(written, Spelling, out tokens[id], out char stranger))
            {
                throw new ModelFormatException(
                    _source, $"token {id}, '{written}', has U+{(int)stranger:X4}, which is no byte in GPT-2's alphabet");
            }
        }

        return tokens;
    }

    /// <summary>Looks up the tokens of the merges; also gives all ids that take part in one.</summary>
    private TokenMerge[] ResolveMerges(out HashSet<int> ordinary)
    {
        ordinary = [];
        TokenMerge[] merges = new TokenMerge[_merges.Count];
        for (int rank = 0; rank < merges.Length; rank++)
        {
            (string left, string right, FilePlace place) = _merges[rank];
            merges[rank] = new TokenMerge(Find(left, place), Find(right, place), Find(left + right, place));
            ordinary.Add(merges[rank].Left);
            ordinary.Add(merges[rank].Right);
            ordinary.Add(merges[rank].Result);
        }

        return merges;
    }

    /// <summary>The vocabulary's own copy of a text where it has one, so that a million merges do not hold two million texts.</summary>
    private string Kept(string token) => _ids.TryGetValue(token, out int id) ? _tokens[id]! : token;

    private int Find(string token, FilePlace place) =>
        _ids.TryGetValue(token, out int id)
            ? id
            : throw place.Error($"a merge needs the token '{token}', which the vocabulary does not have");

    /// <summary>The added tokens and marks, ids ascending, that ordinary text cannot become by itself.</summary>
    private List<AddedToken> FindAddedTokens(byte[][] tokens, HashSet<int> ordinary)
    {
        List<AddedToken> addedTokens = [];
        for (int id = 0; id < _tokens.Count; id++)
        {
            bool isAdded = _addedTokens.TryGetValue(id, out DraftToken? added);
            bool isMark = (_tokens[id] is { } written && _marks.Contains(written)) || id == Rules.BeginOfText || id == Rules.Unknown;
            if (!isAdded && !isMark)
            {
                continue;
            }

            bool isOrdinary = ordinary.Contains(id)
                || (Rules.Kind == TokenizerKind.ByteLevel && tokens[id].Length <= 1 && !HasOrdinaryTwin(id, tokens));
            if (!isOrdinary)
            {
                AddedTokenTraits kind = !isMark && added!.IsSpecial == false ? AddedTokenTraits.UserDefined : AddedTokenTraits.None;
                AddedTokenTraits prefix = PrefixesNormalizedTokens && added is { IsNormalized: true } ? AddedTokenTraits.WithPrefix : 0;
                addedTokens.Add(new AddedToken(id, kind | prefix | (added?.Traits ?? AddedTokenTraits.None)));
                RequireUnchanged(added);
            }
            else if (added is { IsSpecial: true })
            {
                throw added.Place.Error($"token {id}, '{added.Content}', is special, but ordinary text becomes it too");
            }
        }

        return addedTokens;
    }

    /// <summary>Whether an added token of one byte is written like one of the model's tokens, so that ordinary text need not become it.</summary>
    private bool HasOrdinaryTwin(int id, byte[][] tokens)
    {
        if (!_onlyAdded.Contains(id) || tokens[id].Length == 0)
        {
            return false;
        }

        for (int other = 0; other < tokens.Length; other++)
        {
            if (other != id && !_onlyAdded.Contains(other) && tokens[other].AsSpan().SequenceEqual(tokens[id]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Refuses a token that is looked for in text after that was changed, if the change would change the token too.</summary>
    private void RequireUnchanged(DraftToken? added)
    {
        if (added is not { IsNormalized: true })
        {
            return;
        }

        byte[] content = Encoding.UTF8.GetBytes(added.Content);
        PooledBytes normalized = new(content.Length);
        try
        {
            TextNormalizer.Normalize(content, Rules.Normalization, ref normalized);
            if (!normalized.Span.SequenceEqual(content))
            {
                throw added.Place.Error($"added token '{added.Content}' with 'normalized', which the normalizer changes, is not supported");
            }
        }
        finally
        {
            normalized.Dispose();
        }
    }

    private int[] FindByteTokens()
    {
        int[] byteTokens = new int[256];
        Array.Fill(byteTokens, -1);
        for (int id = 0; id < _tokens.Count; id++)
        {
            if (_tokens[id] is { } written && TokenSpellings.TryGetByte(written, out byte value) && !_addedTokens.ContainsKey(id))
            {
                byteTokens[value] = id; // there is no other: they are written in one way
            }
        }

        return byteTokens;
    }
}
