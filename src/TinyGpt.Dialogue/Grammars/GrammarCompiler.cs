using System.Text;
using TinyGpt.Dialogue.Grammars;

namespace TinyGpt.Dialogue;

/// <summary>
/// Compiles grammars for the vocabulary of one model. Everything is worked out here: the automaton, and for each of its states the set of
/// tokens that can come next, so that a constrained token costs the copying of a set. Immutable and thread-safe; allocates, and keeps some bytes
/// for each byte of the vocabulary.
/// </summary>
/// <remarks>
/// A literal can be written in any split into tokens. Compiling walks the vocabulary once a state: some milliseconds for most grammars, up
/// to a second for texts of a thousand characters with 50,000 tokens. A grammar can be nested 64 deep, have 65,536 parts (each counted as often as
/// it is used), and come to some million nodes and 65,536 states, of which a literal takes one a byte. Larger ones are refused before they are
/// walked, and so is, after a second of work at most, what would take longer.
/// </remarks>
public sealed class GrammarCompiler
{
    private readonly TokenTrie _trie;
    private readonly Tokenizer _tokenizer;
    private readonly int? _endOfText;

    /// <summary>Makes a compiler.</summary>
    /// <param name="model">The model that is to keep to the grammars; must stay alive as long as they are used.</param>
    /// <exception cref="ArgumentNullException">The model is null.</exception>
    /// <exception cref="ArgumentException">The model has no tokenizer.</exception>
    public GrammarCompiler(GptModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _tokenizer = model.Tokenizer ?? throw new ArgumentException("The model has no tokenizer, so it cannot write texts.", nameof(model));
        _trie = new TokenTrie(_tokenizer.Vocabulary);
        _endOfText = model.Config.EndOfTextToken;
    }

    /// <summary>Compiles a grammar.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="before">A text that stands before it, such as the space that begins a token; empty (the default) for none.</param>
    /// <param name="after">
    /// A text with which the model may end an answer that could also go on, such as a line break; it becomes part of the answer unless it
    /// is one of <see cref="SessionOptions.StopStrings"/>. The model's end-of-text token can end such an answer as well. Empty (the default) for
    /// no such text; without it and without that token a model says as much as the grammar lets it.
    /// </param>
    /// <returns>The constraint for <see cref="SessionOptions.Constraint"/>.</returns>
    /// <exception cref="ArgumentNullException">The grammar or a text is null.</exception>
    /// <exception cref="GrammarException">
    /// The grammar is too large or too deep, takes too much work, has an object within a text, or the vocabulary has no tokens for it.
    /// </exception>
    public CompiledGrammar Compile(Grammar grammar, string before = "", string after = "")
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return Compile(grammar, before, after, new GrammarWork());
    }

    /// <summary>Compiles a grammar with what is left of some work.</summary>
    internal CompiledGrammar Compile(Grammar grammar, string before, string after, GrammarWork work)
    {
        grammar.Size.Check();
        CheckTexts(grammar);
        CheckText(before);
        CheckText(after);
        ByteGraph graph = new();
        int start = graph.AddNode();
        int end = new GrammarTranslation(graph).Add(grammar, graph.Then(start, Encoding.UTF8.GetBytes(before)));
        int ending = graph.Count;
        int final = -1;
        if (after.Length > 0)
        {
            int node = graph.AddNode();
            graph.AddJump(end, node);
            final = graph.Then(node, Encoding.UTF8.GetBytes(after));
        }

        ByteAutomaton automaton = new(graph, start, end, ending, final, work);
        TokenSets sets = FindTokens(automaton, work, out bool[] isAlive);
        return isAlive[0] ? new CompiledGrammar(grammar, automaton, sets, _trie.Vocabulary, _endOfText)
            : throw new GrammarException("The model's vocabulary has no tokens that write any text of the grammar.");
    }

    /// <summary>Works out what can follow each state, from the last states to the first: a token must lead to where tokens lead on.</summary>
    private TokenSets FindTokens(ByteAutomaton automaton, GrammarWork work, out bool[] isAlive)
    {
        TokenSets sets = new(automaton.Count, Math.Max(_trie.Vocabulary.Count, (_endOfText ?? -1) + 1));
        isAlive = new bool[automaton.Count];
        int[] path = new int[_trie.LongestToken + 1];
        List<int> tokens = [];
        int[] order = automaton.InOrder();
        for (int i = order.Length - 1; i >= 0; i--)
        {
            int state = order[i];
            tokens.Clear();
            if (!automaton.IsFinal(state))
            {
                work.FollowBytes(_trie.Walk(automaton, state, isAlive, path, tokens));
            }

            bool mayEnd = automaton.MayEnd(state);
            isAlive[state] = mayEnd || tokens.Count > 0;
            if (mayEnd && !automaton.IsFinal(state) && _endOfText is { } token)
            {
                tokens.Add(token);
            }

            sets.Add(state, tokens);
        }

        return sets;
    }

    private void CheckTexts(Grammar grammar)
    {
        switch (grammar)
        {
            case LiteralGrammar literal:
                CheckText(literal.Value);
                break;
            case ChoiceGrammar choice:
                Array.ForEach([.. choice.Alternatives], CheckTexts);
                break;
            case SequenceGrammar sequence:
                Array.ForEach([.. sequence.Parts], CheckTexts);
                break;
            case RepeatGrammar repeat:
                CheckText(repeat.Separator);
                CheckTexts(repeat.Item);
                break;
            case JsonValueGrammar json:
                CheckTexts(json.Value);
                break;
            case ObjectGrammar members:
                foreach ((string name, Grammar value) in members.Members)
                {
                    CheckText(name);
                    CheckTexts(value);
                }

                break;
        }
    }

    private void CheckText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int missing = _tokenizer.IndexOfUnencodable(bytes);
        if (missing >= 0)
        {
            throw new GrammarException(
                $"The model's vocabulary has no token for byte 0x{bytes[missing]:X2} of '{text}': use a text of characters that it knows.");
        }
    }
}
