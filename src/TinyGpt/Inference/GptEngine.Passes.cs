using System.Diagnostics;
using TinyGpt.Cache;
using TinyGpt.Decoding;

namespace TinyGpt;

/// <summary>How sessions share forward passes: which tokens of a session join a batch, and what happens to the logits.</summary>
public sealed partial class GptEngine
{
    private const double ChoiceLearningRate = 0.25;

    private readonly Share[] _shares;
    private int _shareCount;
    private int _generated;
    private int _firstServed;
    private double _choiceTicks; // how long the choice of a token took of late
    private int _turn;
    private int _spare;

    /// <summary>A session's part in the forward pass under way, or the rest of it while tokens are chosen.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Rows">Its tokens that are certain.</param>
    /// <param name="LogitIndex">Where the logits of the last of them will be, or -1 if its prompt goes on.</param>
    /// <param name="Guesses">The draft tokens after them, whose logits follow.</param>
    /// <param name="FirstGuess">The first of the draft tokens.</param>
    private readonly record struct Share(GptSession Session, int Rows, int LogitIndex = -1, int Guesses = 0, int FirstGuess = 0);

    /// <summary>
    /// Abandons the forward pass under way if the session is part of it, because its sequence is about to change. If the pass is computed and tokens
    /// are being chosen, only the session's part in it is given up.
    /// </summary>
    internal void AbandonPassOf(GptSession session)
    {
        for (int i = 0; i < _shareCount; i++)
        {
            if (_shares[i].Session == session)
            {
                if (_decoder.IsUnderway)
                {
                    AbandonPass();
                }
                else if (i >= _generated)
                {
                    _shares[i] = new Share(session, 0);
                }

                return;
            }
        }
    }

    private static bool CanGoOn(GptSession session) => session.IsBusy && session.PassInterval > 0 && !session.IsWaitingForReader;

    private static bool IsReady(GptSession session) => CanGoOn(session) && session.Pending > 0;

    private bool IsDue(GptSession session) => IsReady(session) && _turn % session.PassInterval == 0;

    /// <summary>
    /// Advances to the next turn in which any session takes part in a forward pass.
    /// </summary>
    /// <returns>How many take part; 0 if no session has anything to compute.</returns>
    private int NextTurn()
    {
        if (!_sessions.Exists(IsReady))
        {
            return 0;
        }

        while (true)
        {
            _turn = (_turn + 1) & int.MaxValue;
            int due = 0;
            foreach (GptSession session in _sessions)
            {
                due += IsDue(session) ? 1 : 0;
            }

            if (due > 0)
            {
                return due;
            }
        }
    }

    /// <summary>Composes the next batch, if any session has something to compute.</summary>
    private bool TryComposePass()
    {
        // Those that are due may all have ended for want of room; then it is the turn of others.
        while (_shareCount == 0)
        {
            int due = NextTurn();
            if (due == 0)
            {
                return false;
            }

            DealRows(due);
        }

        int guesses = Math.Min(_spare, _maxLookupTokens);
        for (int i = 0; i < _shareCount; i++)
        {
            guesses -= AddRows(ref _shares[i], guesses);
        }

        _generated = 0;
        _decoder.Begin();
        return true;
    }

    /// <summary>
    /// Gives one token to every session that is due and the rest to prompts. Sessions take turns, so that none is always last. Draft tokens
    /// get what is left.
    /// </summary>
    private void DealRows(int due)
    {
        PassRows rows = _decoder.Rows;
        rows.Clear();
        int spare = rows.Capacity - due;
        int count = _sessions.Count;
        for (int i = 0; i < count; i++)
        {
            GptSession session = _sessions[(_firstServed + i) % count];
            if (!IsDue(session) || !session.TryMakeRoom())
            {
                continue;
            }

            int share = 1 + Math.Min(spare, session.Pending - 1);
            if (!session.Cache.TryReserve(share, out PageCopy copy, out bool copies))
            {
                session.EndForFullArena();
                continue;
            }

            spare -= share - 1;
            _shares[_shareCount++] = new Share(session, share);
            if (copies)
            {
                rows.AddCopy(copy);
            }
        }

        _firstServed = (_firstServed + 1) % count;
        _spare = spare;
    }

    /// <summary>Adds a session's tokens to the batch.</summary>
    /// <returns>How many of them are draft tokens.</returns>
    private int AddRows(ref Share share, int mostGuesses)
    {
        PassRows rows = _decoder.Rows;
        GptSession session = share.Session;
        int position = session.Cache.Length;
        foreach (int token in session.Tokens.Slice(position, share.Rows))
        {
            rows.Add(token, position++, session.Cache);
        }

        if (!session.IsAnswering || share.Rows < session.Pending)
        {
            return 0;
        }

        int logitIndex = rows.WantLogits();
        Span<int> guesses = stackalloc int[mostGuesses];
        int count = session.Guess(guesses);

        // All sessions have the pages for their certain tokens. Draft tokens take pages that are still free and free them after the forward pass.
        if (count > 0 && !session.Cache.TryReserve(share.Rows + count, out _, out _))
        {
            count = 0;
        }

        share = share with { LogitIndex = logitIndex, Guesses = count, FirstGuess = rows.Count };
        foreach (int guess in guesses[..count])
        {
            rows.Add(guess, position++, session.Cache);
            rows.WantLogits();
        }

        return count;
    }

    /// <summary>Lets the sessions of a finished forward pass choose their tokens, one token per slice.</summary>
    private bool TryGenerate(ref StepClock clock, CancellationToken cancellation)
    {
        while (_generated < _shareCount)
        {
            ref Share share = ref _shares[_generated];
            if (share.LogitIndex >= 0)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!clock.TryStartSlice((long)_choiceTicks) || !share.Session.TryPrepareChoice(clock.PieceDeadline))
                {
                    return false;
                }
            }

            long start = Stopwatch.GetTimestamp();

            share.Session.Advance(share.Rows, hasLogits: share.LogitIndex >= 0);

            // Since the forward pass started, the reader may have stopped the session or appended text.
            if (share.LogitIndex >= 0 && share.Session.IsAnswering && share.Session.Pending == 0)
            {
                Span<float> logits = _decoder.Logits(share.LogitIndex);
                ObserveLogits?.Invoke(share.Session, logits);
                if (!_decoder.IsFinite(share.LogitIndex))
                {
                    _generated++;
                    throw share.Session.EndForNonFiniteLogits();
                }

                share.Session.Generate(_sampler, logits);
                _choiceTicks += ChoiceLearningRate * (Stopwatch.GetTimestamp() - start - _choiceTicks);
                if (IsGuessed(share))
                {
                    // The draft token is accepted: it counts as if a separate forward pass had just computed it.
                    share = new Share(share.Session, 1, share.LogitIndex + 1, share.Guesses - 1, share.FirstGuess + 1);
                    continue;
                }
            }

            _generated++;
        }

        ComputedTokens += _decoder.Rows.Count;
        EndPass();
        return true;
    }

    /// <summary>Whether the answer continues with the draft token, and there is room for the text of one more.</summary>
    private bool IsGuessed(in Share share) =>
        share.Guesses > 0 && IsReady(share.Session) && share.Session.Tokens[^1] == _decoder.Rows.Token(share.FirstGuess);

    private void AbandonPass()
    {
        _decoder.Abandon();

        // A session that has already taken its token keeps it. For the others the forward pass never happened.
        EndPass();
    }

    private void EndPass()
    {
        PassRows rows = _decoder.Rows;
        for (int i = 0; i < rows.CopyCount; i++)
        {
            _arena.Release(rows.Copy(i).From);
        }

        for (int i = 0; i < _shareCount; i++)
        {
            // Pages that were taken for rejected draft tokens.
            KvSequence sequence = _shares[i].Session.Cache;
            sequence.Truncate(sequence.Length);
        }

        rows.Clear();
        _shareCount = 0;
    }
}
