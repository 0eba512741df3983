using TinyGpt.Dialogue.Grammars;

namespace TinyGpt.Dialogue;

/// <summary>
/// A grammar for the vocabulary of one model: what <see cref="SessionOptions.Constraint"/> takes. Immutable and thread-safe; any number of
/// sessions can share one. Its members allocate nothing.
/// </summary>
/// <remarks>
/// An answer is valid as soon as it ends with <see cref="FinishReason.Complete"/>, <see cref="FinishReason.Stop"/> at the text that was
/// given to end it, or <see cref="FinishReason.EndOfText"/>. Give it <see cref="MostTokens"/> as
/// <see cref="SessionOptions.MaxNewTokens"/>, so that nothing else ends it.
/// </remarks>
public sealed class CompiledGrammar : TokenConstraint
{
    private readonly ByteAutomaton _automaton;
    private readonly TokenSets _sets;
    private readonly TokenVocabulary _vocabulary;
    private readonly int? _endOfText;

    internal CompiledGrammar(Grammar source, ByteAutomaton automaton, TokenSets sets, TokenVocabulary vocabulary, int? endOfText)
    {
        Source = source;
        _automaton = automaton;
        _sets = sets;
        _vocabulary = vocabulary;
        _endOfText = endOfText;
        MostTokens = automaton.LongestText() + 1;
    }

    /// <summary>The grammar that was compiled.</summary>
    public Grammar Source { get; }

    /// <summary>The most tokens that an answer can have, its end included; 1 or more. A token is a byte at least.</summary>
    public int MostTokens { get; }

    /// <inheritdoc/>
    public override int TokenCount => _sets.Tokens;

    /// <inheritdoc/>
    public override int Start => 0;

    private int Ended => _automaton.Count;

    /// <inheritdoc/>
    public override void Allow(int state, Span<ulong> allowed)
    {
        if (state != Ended)
        {
            _sets.Allow(state, allowed);
        }
    }

    /// <inheritdoc/>
    public override int Advance(int state, int token)
    {
        if (token == _endOfText)
        {
            return Ended;
        }

        foreach (byte value in _vocabulary.TokenBytes(token))
        {
            state = state == Ended ? Ended : _automaton.Next(state, value);
            if (state == ByteAutomaton.Dead)
            {
                return Ended;
            }
        }

        return state;
    }

    /// <inheritdoc/>
    public override bool IsComplete(int state) => state == Ended || _automaton.IsFinal(state);

    /// <inheritdoc/>
    public override bool IsState(int state) => state >= 0 && state <= Ended;

    /// <summary>Whether a stop string of these bytes would cut a text short; see <see cref="ByteAutomaton.CanContain"/>.</summary>
    internal bool CanContain(ReadOnlySpan<byte> bytes) => _automaton.CanContain(bytes);
}
