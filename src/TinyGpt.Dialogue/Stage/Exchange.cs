using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Inbox;
using TinyGpt.Dialogue.Stage;

namespace TinyGpt.Dialogue;

/// <summary>
/// A talk of two characters with each other: each hears the other's lines as its partner's turns. Thread-safe; what is asked for happens in the
/// next tick. Beginning, stopping and reading allocate nothing in the long run.
/// </summary>
public sealed class Exchange
{
    private readonly StageCore _core;
    private readonly ExchangeTurns _turns;

    internal Exchange(StageCore core, ExchangeTurns turns, Talk first, Talk second)
    {
        (_core, _turns) = (core, turns);
        (FirstSide, SecondSide) = (first, second);
    }

    /// <summary>The character that says the opening line.</summary>
    public Npc First => FirstSide.Npc;

    /// <summary>The character that answers it.</summary>
    public Npc Second => SecondSide.Npc;

    /// <summary>
    /// The first character's side: its transcript and summary. Nothing can be said into it: what asks for something throws
    /// <see cref="InvalidOperationException"/>.
    /// </summary>
    public Talk FirstSide { get; }

    /// <summary>The second character's side, of which the same is true.</summary>
    public Talk SecondSide { get; }

    /// <summary>
    /// Whether the player hears it, true by default: then each line waits until the one before has been read. Otherwise the characters talk
    /// on by themselves, and what they say is in the transcript only.
    /// </summary>
    public bool IsHeard
    {
        get
        {
            lock (_core.Gate)
            {
                return _turns.IsHeard;
            }
        }

        set
        {
            lock (_core.Gate)
            {
                _turns.IsHeard = value;
                _core.Wake();
            }
        }
    }

    /// <summary>Whether a line is to come or under way; false for a new exchange.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_core.Gate)
            {
                return _turns.IsRunning;
            }
        }
    }

    /// <summary>Has the first character say something and the second answer it, and so on in turn.</summary>
    /// <param name="opening">
    /// The first character's line, which the game shows by itself; as for <see cref="Talk.Say"/>, and it must fit the second one's context.
    /// </param>
    /// <param name="lines">The most lines that follow it, 1 or more, 6 by default; an empty line ends the exchange as well.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lines"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">The line is empty or too long, or cannot be written with the model's vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The exchange is running or closed.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Begin(ReadOnlySpan<char> opening, int lines = 6)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lines, 1);
        lock (_core.Gate)
        {
            FirstSide.RequireOpen();
            SecondSide.RequireOpen();
            if (_turns.IsRunning)
            {
                throw new InvalidOperationException("The exchange is running: stop it first.");
            }

            LineFault fault = _core.Inbox.Begin(_turns, opening, lines);
            StageInbox.Require(fault, opening, _turns.Second, AnswerRequest.Free);
            _core.Wake();
        }
    }

    /// <summary>
    /// Interrupts the exchange: of the line under way stays what was read, or all of it where <see cref="IsHeard"/> is false. Does nothing if
    /// no line is to come.
    /// </summary>
    /// <exception cref="InvalidOperationException">The exchange is closed.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Stop()
    {
        lock (_core.Gate)
        {
            FirstSide.RequireOpen();
            _core.Inbox.Stop(_turns);
            _core.Wake();
        }
    }

    /// <summary>
    /// Ends the exchange and gives back what it holds: of the line under way stays what was said so far. It cannot begin again; the transcripts
    /// of its sides stay. Can be called more than once, and does nothing once the stage is disposed.
    /// </summary>
    public void Close()
    {
        FirstSide.CloseSide();
        SecondSide.CloseSide();
    }

    /// <summary>Copies text that was not read yet: whole UTF-8 characters, of one line at a time. Allocates nothing.</summary>
    /// <param name="destination">Where to; 4 bytes or more, so that any character fits.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <param name="speaker">The speaker, or null if nothing was written.</param>
    /// <returns>Whether anything was. If not, nothing is there, or the next character does not fit.</returns>
    public bool TryRead(Span<byte> destination, out int written, out Npc? speaker)
    {
        Talk side = FirstSide.HasText ? FirstSide : SecondSide;
        bool any = side.TryRead(destination, out written);
        speaker = any ? side.Npc : null;
        return any;
    }

    /// <summary>
    /// Has text handed to a listener; the talk that it is given is the side of the character that speaks. See <see cref="Talk.Listen"/>.
    /// </summary>
    /// <param name="listener">The listener, in place of the one before; null to read by <see cref="TryRead"/> again.</param>
    /// <param name="state">Given to every call; may be null.</param>
    public void Listen(TextListener? listener, object? state = null)
    {
        FirstSide.Listen(listener, state);
        SecondSide.Listen(listener, state);
    }
}
