using TinyGpt.Inference;
using TinyGpt.Sampling;

namespace TinyGpt;

/// <summary>What a step does with a session: room in the context, draft tokens, tokens, and the answer's end.</summary>
public sealed partial class GptSession
{
    // The last token of an answer needs no position: it is never computed.
    private int Context => _tokens.Length - 1;

    /// <summary>Makes the next token's position exist, as the policy says.</summary>
    /// <returns>False if the answer ended because the context is full.</returns>
    internal bool TryMakeRoom()
    {
        if (_count <= Context)
        {
            return true;
        }

        if (_options.ContextPolicy == ContextPolicy.Stop || _pinned >= Context)
        {
            EndAnswer(FinishReason.ContextFull);
            return false;
        }

        Slide([]);
        return true;
    }

    /// <summary>Ends the answer for want of pages.</summary>
    internal void EndForFullArena() => EndAnswer(FinishReason.ArenaFull);

    /// <summary>Ends the answer because its logits are no numbers.</summary>
    /// <returns>The error to throw.</returns>
    internal NonFiniteLogitsException EndForNonFiniteLogits()
    {
        EndAnswer(FinishReason.NonFiniteLogits);
        return new NonFiniteLogitsException(_count - 1);
    }

    /// <summary>Takes note of tokens that a forward pass computed.</summary>
    /// <param name="tokens">How many.</param>
    /// <param name="hasLogits">Whether the forward pass gives the logits of the last of them.</param>
    internal void Advance(int tokens, bool hasLogits)
    {
        // An answer or a score that started while the forward pass only read the text needs the last token's logits. The token is computed again.
        bool lacksLogits = IsAnswering && !hasLogits && tokens > 0 && tokens == Pending;
        Cache.Advance(lacksLogits ? tokens - 1 : tokens);
    }

    /// <summary>Drafts tokens of the answer, as far as its options, its length and the context allow.</summary>
    /// <param name="guesses">Receives the tokens.</param>
    /// <returns>How many there are.</returns>
    internal int Guess(Span<int> guesses)
    {
        if (IsScoring)
        {
            ReadOnlySpan<int> known = _tokens.AsSpan(_count, Math.Min(guesses.Length, _scoreEnd - 1 - _count));
            known.CopyTo(guesses);
            return known.Length;
        }

        // The last token that may be generated is never computed, so it is not drafted.
        int most = Math.Min(Math.Min(guesses.Length, _options.LookupTokens), Math.Min(_remaining - 1, Context - _count));
        if (most <= 0)
        {
            return 0;
        }

        int drafted = _constraint?.Draft(CurrentState(), guesses[..most]) ?? 0;
        return drafted > 0 ? drafted : PromptLookup.Guess(Tokens, guesses[..most]);
    }

    /// <summary>Works towards the choice of the next token, as far as the constraint has work to do for it.</summary>
    /// <param name="deadline">When to stop, as for <see cref="TokenConstraint.TryPrepare"/>.</param>
    /// <returns>Whether the token can be chosen now.</returns>
    internal bool TryPrepareChoice(long deadline) =>
        _constraint is null || !IsAnswering || IsScoring || _constraint.TryPrepare(CurrentState(), TokensLeft, deadline);

    /// <summary>How many tokens the answer may still have.</summary>
    private int TokensLeft => _options.ContextPolicy == ContextPolicy.Stop ? Math.Min(_remaining, _tokens.Length - _count) : _remaining;

    /// <summary>The state of the constraint, found again if the constraint has forgotten it.</summary>
    private int CurrentState()
    {
        if (!_constraint!.IsState(_constraintState))
        {
            _constraintState = _constraint.Replay(_tokens.AsSpan(_answerStart, _count - _answerStart));
        }

        return _constraintState;
    }

    private FinishReason WholeReason(FinishReason reason) => _isShortened ? FinishReason.Shortened : reason;

    private bool IsStopToken(int token)
    {
        for (int i = 0; i < _options.StopTokens.Count; i++)
        {
            if (_options.StopTokens[i] == token)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Chooses the next token from the logits of the sequence's end.</summary>
    internal void Generate(Sampler sampler, Span<float> logits)
    {
        if (IsScoring)
        {
            ScoreNext(sampler, logits);
            return;
        }

        int token;
        if (_constraint is null)
        {
            token = sampler.Choose(_sampling, logits, Tokens, ref _random);
        }
        else if (!sampler.TryChoose(_constraint, CurrentState(), TokensLeft, _sampling, logits, Tokens, ref _random, ref _isShortened, out token))
        {
            EndAnswer(WholeReason(FinishReason.Complete));
            return;
        }

        if ((_options.StopAtEndOfText && Engine.Model.Config.EndsText(token)) || IsStopToken(token))
        {
            EndAnswer(WholeReason(FinishReason.EndOfText));
            return;
        }

        _tokens[_count++] = token;
        GeneratedTokens++;
        _constraintState = _constraint?.Advance(_constraintState, token) ?? NoState;
        if (EndsWithStopString(token))
        {
            EndAnswer(FinishReason.Stop);
        }
        else if (_constraint is not null && _constraint.IsComplete(CurrentState()))
        {
            EndAnswer(WholeReason(FinishReason.Complete));
        }
        else if (--_remaining == 0)
        {
            EndAnswer(_isShortened && _constraint is not null && _constraint.CanEnd(CurrentState()) ? FinishReason.Shortened : FinishReason.Length);
        }
    }

    private void BeginAnswer()
    {
        if (Pending == 0)
        {
            // All keys and values are there, but not the logits of the last token. The token is computed again.
            Engine.AbandonPassOf(this);
            Cache.Truncate(_count - 1);
        }

        IsAnswering = true;
        GeneratedTokens = 0;
        _answerStart = _count;
        _remaining = _options.MaxNewTokens;
        _isShortened = false;
        _constraint = _options.Constraint;
        _constraintState = _constraint?.Start ?? NoState;
    }

    /// <summary>Hands a token's text to the output, which has room for any token.</summary>
    private bool EndsWithStopString(int token)
    {
        Tokenizer? tokenizer = Engine.Model.Tokenizer;
        if (_output is null || tokenizer is null || token >= tokenizer.VocabularySize)
        {
            return false; // a model may have more ids than its tokenizer has texts
        }

        _output.TryAppend(tokenizer.BytesAfter(_count > 1 ? _tokens[_count - 2] : -1, token));
        return _output.Stopped;
    }

    private void EndAnswer(FinishReason reason)
    {
        IsAnswering = false;
        Finish = reason;
        _scoreEnd = 0;
        if (reason is FinishReason.Length or FinishReason.ContextFull or FinishReason.ArenaFull or FinishReason.Stopped)
        {
            _output?.Release(); // the answer is cut and may go on, inside a character too
        }
        else
        {
            _output?.Flush();
        }
    }

    /// <summary>Refuses tokens for which there is no room, before anything has changed.</summary>
    /// <exception cref="ContextOverflowException">They do not fit, and the policy cannot make room.</exception>
    private void RequireRoom(int tokens)
    {
        int kept = _options.ContextPolicy == ContextPolicy.Stop ? _count : _pinned;
        if (tokens > 0 && tokens > Context - kept)
        {
            throw new ContextOverflowException(kept + (long)tokens, Context);
        }
    }

    /// <summary>Appends tokens for which the policy has room.</summary>
    private void AddTokens(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
        {
            return;
        }

        _output?.Flush(); // what an answer was cut inside of does not go on with these
        if (tokens.Length > Context - _count)
        {
            Slide(tokens);
            return;
        }

        tokens.CopyTo(_tokens.AsSpan(_count));
        _count += tokens.Length;
    }

    /// <summary>
    /// Keeps the pinned prefix, the new tokens, and with them the newest half of the rest; forgets the keys and values after the prefix.
    /// </summary>
    private void Slide(ReadOnlySpan<int> added)
    {
        Engine.AbandonPassOf(this);
        int keep = Math.Max(Math.Max(1, (Context - _pinned) / 2), added.Length);
        int fromOld = Math.Min(keep - added.Length, _count - _pinned);
        _tokens.AsSpan(_count - fromOld, fromOld).CopyTo(_tokens.AsSpan(_pinned));
        added.CopyTo(_tokens.AsSpan(_pinned + fromOld));
        int dropped = _count - fromOld - _pinned;
        _count = _pinned + fromOld + added.Length;
        _answerStart = Math.Clamp(_answerStart - dropped, _pinned, _count);
        Cache.Truncate(_pinned);
    }
}
