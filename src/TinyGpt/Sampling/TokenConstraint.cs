namespace TinyGpt;

/// <summary>
/// The tokens that an answer may consist of, as an automaton over token ids. <see cref="SessionOptions.Constraint"/> forbids everything else,
/// whatever the sampling options are. A grammar is a constraint. The session keeps the state, which is a number. So one constraint serves any number
/// of sessions and engines, and a session can be forked, rewound and saved without it.
/// </summary>
/// <remarks>
/// Every answer begins in <see cref="Start"/>. Before a token is chosen the session asks <see cref="Allow"/>, and afterwards it goes to
/// the state that <see cref="Advance"/> gives. The answer ends with <see cref="FinishReason.Complete"/> when nothing can follow, and with
/// <see cref="FinishReason.EndOfText"/> where the constraint allowed the model's end-of-text token and the model chose it. Implementations
/// must be immutable or thread-safe, allocate nothing in these methods, and always answer the same for the same state.
/// </remarks>
public abstract class TokenConstraint
{
    /// <summary>Ids that the constraint can allow are below this; at most the vocabulary of the model that it is used with.</summary>
    public abstract int TokenCount { get; }

    /// <summary>The state of an answer without tokens; 0 or more.</summary>
    public abstract int Start { get; }

    /// <summary>Sets the tokens that may come next.</summary>
    /// <param name="state">A state.</param>
    /// <param name="allowed">
    /// One bit per token of the model's vocabulary, all clear: token i is bit i % 64 of number i / 64. If all bits stay clear, the answer ends.
    /// </param>
    public abstract void Allow(int state, Span<ulong> allowed);

    /// <summary>The state after a token.</summary>
    /// <param name="state">A state.</param>
    /// <param name="token">A token that the state allows.</param>
    /// <returns>A state, 0 or more.</returns>
    public abstract int Advance(int state, int token);

    /// <summary>Whether the answer ends here because nothing can follow. This saves a forward pass.</summary>
    /// <param name="state">A state.</param>
    public abstract bool IsComplete(int state);

    /// <summary>
    /// Whether a number is a state now, for saves that may be damaged and for constraints that forget states to bound their memory. A
    /// session whose state is none any more asks <see cref="Replay"/>.
    /// </summary>
    /// <param name="state">Any number.</param>
    public abstract bool IsState(int state);

    /// <summary>
    /// Whether states mean the same in another process. Where not, a save is gone on with from the state that <see cref="Replay"/> finds.
    /// </summary>
    public virtual bool HasLastingStates => true;

    /// <summary>
    /// Says which tokens may come next if the answer is to be whole when its tokens run out: where that needs it, those after which it could
    /// not end in time are left out.
    /// </summary>
    /// <param name="state">A state.</param>
    /// <param name="tokens">How many tokens the answer may still have; 1 or more.</param>
    /// <param name="allowed">As for <see cref="Allow"/>.</param>
    /// <returns>Whether any were left out.</returns>
    public virtual bool AllowWithin(int state, int tokens, Span<ulong> allowed)
    {
        Allow(state, allowed);
        return false;
    }

    /// <summary>Works towards what <see cref="AllowWithin"/> will say, so that it says it at once. The work can be spread over steps.</summary>
    /// <param name="state">A state.</param>
    /// <param name="tokens">How many tokens the answer may still have; 1 or more.</param>
    /// <param name="deadline">
    /// A time of <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> at which to stop; the work done by then is kept. If it has passed, a
    /// piece of work is done all the same.
    /// </param>
    /// <returns>Whether all is done.</returns>
    public virtual bool TryPrepare(int state, int tokens, long deadline) => true;

    /// <summary>Whether the answer is whole if it ends here.</summary>
    /// <param name="state">A state.</param>
    public virtual bool CanEnd(int state) => IsComplete(state);

    /// <summary>Drafts the next tokens where the constraint leaves hardly a choice. They are checked like any draft token and decide nothing.</summary>
    /// <param name="state">A state.</param>
    /// <param name="tokens">Receives the tokens.</param>
    /// <returns>How many there are.</returns>
    public virtual int Draft(int state, Span<int> tokens) => 0;

    /// <summary>The state after an answer's first tokens.</summary>
    /// <param name="tokens">The tokens, each of which the constraint allowed.</param>
    /// <returns>A state, 0 or more, that holds at least until the next call of <see cref="Advance"/>.</returns>
    public virtual int Replay(ReadOnlySpan<int> tokens)
    {
        int state = Start;
        foreach (int token in tokens)
        {
            state = Advance(state, token);
        }

        return state;
    }
}
