using System.Collections.Concurrent;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using TinyGpt.Constraints.Vocabularies;

namespace TinyGpt.Constraints;

/// <summary>
/// A model's vocabulary as constraints need it: the tokens' bytes as a tree. Making it takes some tenths of a second for a vocabulary of
/// 128,000; make one a model and keep it. Immutable and thread-safe.
/// </summary>
public sealed class ConstraintVocabulary
{
    private readonly byte[][] _texts;
    private readonly (int First, int Other)[] _doubles;
    private readonly ConcurrentBag<MatchingMemory> _memories = [];

    /// <summary>Makes the vocabulary of a model.</summary>
    /// <param name="model">The model; not used afterwards.</param>
    /// <exception cref="ArgumentException">The model has no tokenizer.</exception>
    public ConstraintVocabulary(GptModel model)
        : this(RequireTokenizer(model), model.Config.EndOfTextToken, model.Config.VocabularySize)
    {
    }

    /// <summary>Makes the vocabulary of a model for answers within a layout of turns.</summary>
    /// <param name="model">The model; not used afterwards.</param>
    /// <param name="end">The token with which an answer may end that could also go on, such as the layout's end of a turn, or null for none.</param>
    /// <param name="excluded">Bytes that no answer may have, such as those that begin a mark of the layout.</param>
    /// <exception cref="ArgumentException">The model has no tokenizer.</exception>
    public ConstraintVocabulary(GptModel model, int? end, ReadOnlySpan<byte> excluded)
        : this(RequireTokenizer(model), end, model.Config.VocabularySize) => Bytes &= ~ByteSet.Of(excluded);

    /// <summary>Makes the vocabulary of a tokenizer.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="endOfText">The token that ends an answer which could also continue, or null for none.</param>
    public ConstraintVocabulary(TokenVocabulary vocabulary, int? endOfText)
        : this(vocabulary, endOfText, (vocabulary ?? throw new ArgumentNullException(nameof(vocabulary))).Count)
    {
    }

    private ConstraintVocabulary(TokenVocabulary vocabulary, int? endOfText, int tokenCount)
    {
        EndOfText = endOfText;
        TokenCount = Math.Max(vocabulary.Count, Math.Min((endOfText ?? -1) + 1, tokenCount));
        _texts = new byte[TokenCount][];
        _texts.AsSpan().Fill([]);
        HashSet<int> special = [];
        foreach (SpecialToken token in vocabulary.SpecialTokens)
        {
            special.Add(token.Id);
        }

        List<int> ids = new(vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> text = vocabulary.TokenBytes(id);
            if (!special.Contains(id) && id != endOfText && text.Length is > 0 and <= TokenTrie.MaxDepth)
            {
                _texts[id] = text.ToArray();
                ids.Add(id);
            }
        }

        ids.Sort((a, b) => _texts[a].AsSpan().SequenceCompareTo(_texts[b]) is var order && order != 0 ? order : a - b);
        List<int> distinct = new(ids.Count);
        List<(int First, int Other)> doubles = [];
        ByteSet bytes = default;
        foreach (int id in ids)
        {
            byte[] text = _texts[id];
            if (distinct.Count > 0 && text.AsSpan().SequenceEqual(_texts[distinct[^1]]))
            {
                doubles.Add((distinct[^1], id));
                continue;
            }

            distinct.Add(id);
            bytes |= text.Length == 1 ? ByteSet.Of(text[0]) : default;
            LongestToken = Math.Max(LongestToken, text.Length);
        }

        _doubles = [.. doubles];
        Bytes = bytes;
        ReadOnlySpan<int> order = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(distinct);
        Trie = new TokenTrie(_texts, order);
        List<TextSlices> slices = [];
        foreach (OrdinaryCharacters characters in OrdinaryCharacters.All)
        {
            slices.Add(new TextSlices(characters, _texts, order, Words));
        }

        Slices = [.. slices];
    }

    /// <summary>Ids that constraints can allow are below this.</summary>
    public int TokenCount { get; }

    /// <summary>The token that ends an answer which could also continue, or null for none.</summary>
    public int? EndOfText { get; }

    /// <summary>Bytes that it holds beside the caches of compiled constraints, for a plan of memory; exact to some percent.</summary>
    public long MemoryBytes => Trie.Bytes + Slices.Sum(slice => slice.Bytes) + (_texts.Length * 48L);

    /// <summary>
    /// The most bytes that the caches of one compiled constraint hold, whatever it is, beside its grammar
    /// (<see cref="CompiledConstraint.PlannedBytes"/> has both). Caches of disposed constraints are used again, so count those in use at once.
    /// </summary>
    /// <param name="options">How large the caches are, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public long PlanBytes(ConstraintOptions? options = null)
    {
        options ??= ConstraintOptions.Default;
        options.Validate();
        return MatchingMemory.MaxBytes(this, options);
    }

    /// <summary>The bytes that are tokens. Answers consist of no others, so that no token ends where none can follow.</summary>
    internal ByteSet Bytes { get; }

    /// <summary>The bytes of the longest token.</summary>
    internal int LongestToken { get; }

    /// <summary>All tokens' bytes.</summary>
    internal TokenTrie Trie { get; }

    /// <summary>The tokens that are ordinary text, and the others' bytes, by what is ordinary.</summary>
    internal TextSlices[] Slices { get; }

    /// <summary>Numbers of 64 bits of a token set.</summary>
    internal int Words => (TokenCount + 63) / 64;

    /// <summary>A token's bytes; empty for special and unused ones.</summary>
    internal ReadOnlySpan<byte> TokenBytes(int token) => (uint)token < (uint)_texts.Length ? _texts[token] : default;

    /// <summary>The longest token with which a text begins, or -1.</summary>
    internal int LongestPrefix(ReadOnlySpan<byte> text, out int length)
    {
        int found = -1;
        int node = TokenTrie.Root;
        length = 0;
        for (int i = 0; i < text.Length && (node = Trie.Child(node, text[i])) >= 0; i++)
        {
            if (Trie.Token(node) is var token && token != TokenTrie.NoToken)
            {
                found = token;
                length = i + 1;
            }
        }

        return found;
    }

    /// <summary>Allows the tokens that have the same bytes as one that is allowed.</summary>
    internal void AllowDoubles(Span<ulong> allowed)
    {
        foreach ((int first, int other) in _doubles)
        {
            allowed[other / 64] |= (allowed[first / 64] >> (first % 64) & 1) << (other % 64);
        }
    }

    /// <summary>Memory for one compiled constraint, used before if there is any.</summary>
    internal MatchingMemory Rent(ConstraintOptions options) =>
        _memories.TryTake(out MatchingMemory? memory) && memory.Options == options ? memory : new MatchingMemory(this, options);

    /// <summary>Gives memory back. It is kept unless a large constraint made it larger than others need.</summary>
    internal void Return(MatchingMemory memory)
    {
        if (memory.Bytes <= PlanBytes(memory.Options))
        {
            _memories.Add(memory);
        }
    }

    private static TokenVocabulary RequireTokenizer(GptModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return (model.Tokenizer ?? throw new ArgumentException("The model has no tokenizer, so it cannot write texts.", nameof(model))).Vocabulary;
    }
}
