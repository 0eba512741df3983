using System.Diagnostics;
using TinyGpt.Cache;
using TinyGpt.Model;

namespace TinyGpt;

/// <summary>How sessions share passes: who gets which rows, and what becomes of the logits.</summary>
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

    /// <summary>A session's part in the pass under way, or what is left of it while tokens are chosen.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Rows">Its rows whose tokens are certain.</param>
    /// <param name="LogitIndex">Where the logits of the last of them will be, or -1 if its prompt goes on.</param>
    /// <param name="Guesses">The rows of guessed tokens behind them, whose logits follow.</param>
    /// <param name="FirstGuess">The first of those rows.</param>
    private readonly record struct Share(GptSession Session, int Rows, int LogitIndex = -1, int Guesses = 0, int FirstGuess = 0);

    /// <summary>
    /// Gives the pass under way up if the session takes part in it: its sequence is about to change. Where the pass is computed and tokens
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
    /// Goes to the next turn in which any session takes part in a pass.
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

    /// <summary>Puts the next pass together, if any session has something to compute.</summary>
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
    /// Gives one row to every session that is due, the rest to prompts; the sessions in turn so that none is always last. What that leaves
    /// is for guesses.
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

    /// <summary>Adds a session's rows to the pass.</summary>
    /// <returns>How many guesses are among them.</returns>
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

        // Everybody has the pages of the rows that must be; guesses take what is still free, and give it back with the pass's end.
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

    /// <summary>Lets the sessions of a finished pass choose their tokens, one token a slice.</summary>
    private bool TryGenerate(ref StepClock clock, CancellationToken cancellation)
    {
        while (_generated < _shareCount)
        {
            ref Share share = ref _shares[_generated];
            if (share.LogitIndex >= 0)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!clock.TryStartSlice((long)_choiceTicks))
                {
                    return false;
                }
            }

            long start = Stopwatch.GetTimestamp();

            share.Session.Advance(share.Rows, hasLogits: share.LogitIndex >= 0);

            // The reader may have stopped the session, or text may have been appended, since the pass began.
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
                    // The row of the guess is the row of a token now, as if a pass of its own had just computed it.
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

    /// <summary>Whether the answer goes on with the token that was guessed, and there is room for the text of one more.</summary>
    private bool IsGuessed(in Share share) =>
        share.Guesses > 0 && IsReady(share.Session) && share.Session.Tokens[^1] == _decoder.Rows.Token(share.FirstGuess);

    private void AbandonPass()
    {
        _decoder.Abandon();

        // A session that has already taken its token keeps it; for the others the pass never happened.
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
            // Pages that were taken for guesses that proved wrong.
            KvSequence sequence = _shares[i].Session.Cache;
            sequence.Truncate(sequence.Length);
        }

        rows.Clear();
        _shareCount = 0;
    }
}
