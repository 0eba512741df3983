using System.Runtime.InteropServices;
using System.Text;
using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>
/// Collects what tokenizer files say, in any order, and makes a <see cref="TokenVocabulary"/> of it. Tokens and merges are
/// written in the <see cref="ByteAlphabet"/>, added tokens as plain text.
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
    private readonly Dictionary<int, AddedToken> _addedTokens = [];
    private readonly HashSet<string> _marks = new(StringComparer.Ordinal) { EndOfText };
    private bool _hasVocabulary;

    /// <summary>Makes an empty draft.</summary>
    /// <param name="source">The file or folder that errors without a place name.</param>
    internal VocabularyDraft(string source) => _source = source;

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

    /// <summary>Adds a token that stands beside the model's. It may be one of the model's already, with the same id.</summary>
    /// <param name="content">The token as it appears in text.</param>
    /// <param name="id">Its id.</param>
    /// <param name="special">Whether it must be special: whether it is an error if ordinary text becomes it.</param>
    /// <param name="place">Where it is given.</param>
    internal void AddAddedToken(string content, int id, bool special, FilePlace place)
    {
        if (content.Length == 0)
        {
            throw place.Error($"added token {id} is empty");
        }

        if (!_addedTokens.TryAdd(id, new AddedToken(content, special, place)))
        {
            throw place.Error($"added token {id} is given twice");
        }

        if (_addedTokens.Count > MostAddedTokens)
        {
            throw place.Error($"there are more than {MostAddedTokens} added tokens");
        }
    }

    /// <summary>Says that all tokens of the model were added, so that a merge of others is refused where it stands.</summary>
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

    /// <summary>Makes the vocabulary.</summary>
    /// <param name="size">The ids that it is to have; those beyond the tokens are unused. Null: as many as there are tokens.</param>
    internal TokenVocabulary Build(int? size)
    {
        foreach ((int id, AddedToken added) in _addedTokens)
        {
            if (!TryClaim(added.Content, id, added.Place) && _tokens[id] != added.Content)
            {
                throw added.Place.Error($"added token '{added.Content}' cannot have id {id}: '{_tokens[id]}' has it");
            }
        }

        byte[][] tokens = DecodeTokens(size);
        TokenMerge[] merges = ResolveMerges(out HashSet<int> ordinary);
        List<int> specialTokens = FindSpecialTokens(tokens, ordinary);
        if (TokenVocabulary.TryCreate(
            tokens, merges, [.. specialTokens], out TokenVocabulary? vocabulary, out VocabularyFault fault))
        {
            return vocabulary;
        }

        throw fault.Part == VocabularyPart.Merges
            ? _merges[fault.Index].Place.Error(fault.Reason)
            : new ModelFormatException(_source, fault.Reason);
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
            if (_tokens[id] is null)
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
            string written = _tokens[id]!;
            if (_addedTokens.ContainsKey(id))
            {
                tokens[id] = Encoding.UTF8.GetBytes(written);
            }
            else if (!ByteAlphabet.TryDecode(written, out tokens[id], out char stranger))
            {
                throw new ModelFormatException(
                    _source, $"token {id}, '{written}', has U+{(int)stranger:X4}, which stands for no byte in GPT-2's alphabet");
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

    /// <summary>The ids, ascending, of added tokens and marks that ordinary text cannot become by itself.</summary>
    private List<int> FindSpecialTokens(byte[][] tokens, HashSet<int> ordinary)
    {
        List<int> specialTokens = [];
        for (int id = 0; id < _tokens.Count; id++)
        {
            bool isAdded = _addedTokens.TryGetValue(id, out AddedToken? added);
            if (!isAdded && !_marks.Contains(_tokens[id]!))
            {
                continue;
            }

            if (tokens[id].Length > 1 && !ordinary.Contains(id))
            {
                specialTokens.Add(id);
            }
            else if (added is { Special: true })
            {
                throw added.Place.Error($"token {id}, '{added.Content}', is special, but ordinary text becomes it too");
            }
        }

        return specialTokens;
    }

    private sealed record AddedToken(string Content, bool Special, FilePlace Place);
}
