using System.Diagnostics.CodeAnalysis;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Grammars;
using TinyGpt.Dialogue.Inbox;
using TinyGpt.Dialogue.Stage;

namespace TinyGpt.Dialogue;

/// <summary>
/// A talk of a character with the player, or its side of one with another character: lines go in, <see cref="DialogueStage.Tick"/> has the
/// character answer, text comes out. Thread-safe; what is asked for happens in the next tick, in the order of the calls.
/// </summary>
/// <remarks>
/// A talk holds up to 4,096 bytes of unread text; a character waits while they are full. Text that is unread when
/// something else is asked for is dropped, since it is never shown.
/// </remarks>
public sealed class Talk
{
    private readonly StageCore _core;
    private TextListener? _listener;
    private object? _listenerState;

    internal Talk(StageCore core, Npc npc, AnswerRun run)
    {
        _core = core;
        Npc = npc;
        Run = run;
    }

    /// <summary>The character that answers.</summary>
    public Npc Npc { get; }

    /// <summary>The talk partner, as the layout names it. In an exchange it is the other character.</summary>
    public string Partner => Run.Talk.Partner;

    /// <summary>The seed of everything that is random in the talk; derived from the stage's.</summary>
    public ulong Seed => Run.Talk.Seed;

    /// <summary>What the talk is doing as of the last tick; <see cref="TalkState.Waiting"/> as soon as something is said.</summary>
    public TalkState State
    {
        get
        {
            lock (_core.Gate)
            {
                return Run.IsPosted ? TalkState.Waiting : Run.State;
            }
        }
    }

    /// <summary>How the last answer ended; <see cref="TalkEnd.None"/> before the first, and while one is waited for or under way.</summary>
    public TalkEnd LastEnd
    {
        get
        {
            lock (_core.Gate)
            {
                return Run.IsPosted ? TalkEnd.None : Run.End;
            }
        }
    }

    /// <summary>Whether there is unread text.</summary>
    public bool HasText
    {
        get
        {
            lock (_core.Gate)
            {
                return Run.HasText;
            }
        }
    }

    /// <summary>
    /// A line that sums up what the character should remember of before, or empty (the default). In the prompt, line breaks, other
    /// control characters and the first characters of the layout's marks become spaces. It follows the card, counts from the next answer on, and costs the reading of what follows it.
    /// Setting it allocates; on a closed talk it has no effect.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="ArgumentException">
    /// With it there is no room for a line and an answer in the model's context, or it cannot be written with the model's vocabulary. The
    /// summary stays as it was.
    /// </exception>
    public string Summary
    {
        get
        {
            lock (_core.Gate)
            {
                return Run.Talk.Summary;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            int[] ids = Run.Talk.EncodeSummary(value);
            lock (_core.Gate)
            {
                Run.Talk.SetSummary(value, ids);
            }
        }
    }

    /// <summary>The talk's answers and what was said in it.</summary>
    internal AnswerRun Run { get; }

    internal bool IsClosed { get; private set; }

    /// <summary>
    /// Says something to the character and has it answer. If it is still speaking, it is interrupted: of its answer stays what was read. So
    /// it does if the answer is complete and not yet read to its end. Allocates nothing in the long run.
    /// </summary>
    /// <param name="line">
    /// One line; line breaks, other control characters and the first character of whatever the layout marks turns with become spaces, and spaces
    /// around it are left out. With the card and the longest answer it must fit the model's context; what was said before makes room for it.
    /// </param>
    /// <exception cref="ArgumentException">The line is blank or too long, or cannot be written with the model's vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Say(ReadOnlySpan<char> line)
    {
        lock (_core.Gate)
        {
            Post(line, FreeRequest());
        }
    }

    /// <summary>
    /// Says what a player wrote, whatever that is: as <see cref="Say"/>, but a line that cannot be said changes nothing instead of throwing.
    /// Allocates nothing in the long run.
    /// </summary>
    /// <param name="line">As for <see cref="Say"/>.</param>
    /// <returns>
    /// Whether it was said; false if it is blank, too long for the model's context beside card and answer, or has a character that the model's
    /// vocabulary cannot write.
    /// </returns>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public bool TrySay(ReadOnlySpan<char> line)
    {
        lock (_core.Gate)
        {
            RequireOwn();
            bool isSaid = _core.Inbox.Say(Run, line, FreeRequest()) == LineFault.None;
            _core.Wake();
            return isSaid;
        }
    }

    /// <summary>Says something to the character and has it answer with a text of a grammar.</summary>
    /// <param name="line">As for <see cref="Say(ReadOnlySpan{char})"/>.</param>
    /// <param name="grammar">
    /// What the answer must look like; it is compiled the first time that the stage sees it (by reference: keep it, and call
    /// <see cref="DialogueStage.Prepare(Grammar)"/> while the game loads). The answer is always a whole text of it: the persona's
    /// <see cref="Persona.MaxAnswerTokens"/> and stops do not count.
    /// </param>
    /// <param name="remember">Whether line and answer stay in the talk; otherwise they are forgotten when the answer is complete.</param>
    /// <exception cref="ArgumentNullException">The grammar is null.</exception>
    /// <exception cref="ArgumentException">
    /// The line is blank or too long or cannot be written, or with the card and the line the grammar's longest text does not fit the context.
    /// </exception>
    /// <exception cref="GrammarException">The grammar cannot be compiled, or has texts that contain the end of an answer.</exception>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Ask(ReadOnlySpan<char> line, Grammar grammar, bool remember = true)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        Post(line, _core.Requests.ByGrammar(grammar, new GrammarWork()) with { IsAside = !remember });
    }

    /// <summary>
    /// Says something to the character and has it answer within a constraint: a JSON schema, a regular expression, a grammar in GBNF or a pattern.
    /// </summary>
    /// <param name="line">As for <see cref="Say(ReadOnlySpan{char})"/>.</param>
    /// <param name="constraint">
    /// What a whole answer must be. It is compiled the first time that the stage sees it (by reference: keep it, and call
    /// <see cref="DialogueStage.Prepare(Constraint)"/> while the game loads). The answer never has the first character of what ends an answer in the
    /// layout, such as a line break. Ticks allocate until the constraint's caches have grown to what its answers need.
    /// </param>
    /// <param name="maxTokens">
    /// The most tokens of the answer, 1 or more; null (the default) for the persona's <see cref="Persona.MaxAnswerTokens"/>. Raised to what the
    /// shortest answer needs. Where tokens run out, the shortest end is taken in time, so that the answer is always whole. Stops do not count.
    /// </param>
    /// <param name="remember">Whether line and answer stay in the talk; otherwise they are forgotten when the answer is complete.</param>
    /// <exception cref="ArgumentNullException">The constraint is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is not positive.</exception>
    /// <exception cref="ArgumentException">
    /// The line is blank or too long or cannot be written, or with the card and the line the answer does not fit the context.
    /// </exception>
    /// <exception cref="ConstraintException">No text of the constraint can be written with the model's vocabulary within the layout.</exception>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Ask(ReadOnlySpan<char> line, Constraint constraint, int? maxTokens = null, bool remember = true)
    {
        ArgumentNullException.ThrowIfNull(constraint);
        int most = maxTokens ?? Run.Talk.Card.Persona.MaxAnswerTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1, nameof(maxTokens));
        Post(line, _core.Requests.ByConstraint(constraint, most) with { IsAside = !remember });
    }

    /// <summary>Says something to the character and has it choose its answer. Allocates.</summary>
    /// <param name="line">As for <see cref="Say(ReadOnlySpan{char})"/>.</param>
    /// <param name="options">
    /// 2 … <see cref="Grammar.MostParts"/> texts of one line, none of them blank, without what ends an answer in the layout, and of at most 4,096
    /// bytes of UTF-8. Each costs a forward pass or more.
    /// </param>
    /// <param name="remember">
    /// Whether the chosen text is the character's answer, which is read like any other; otherwise line and choice are forgotten, and the
    /// choice has no text to read.
    /// </param>
    /// <returns>The choice, which later ticks make.</returns>
    /// <exception cref="ArgumentNullException">The line or the list is null.</exception>
    /// <exception cref="ArgumentException">
    /// The line is blank or too long or cannot be written, there are too few or too many options, or one of them is null or not as it must be.
    /// </exception>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public Choice Choose(string line, IReadOnlyList<string> options, bool remember = true)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(options);
        AnswerRequest request = _core.Requests.ByOptions(options) with { IsAside = !remember };
        Post(line, request);
        return request.Choice!.Result;
    }

    /// <summary>
    /// The choice that is under way as of the last tick, such as one that <see cref="DialogueStage.Restore"/> made again; null if there is none.
    /// </summary>
    public Choice? PendingChoice
    {
        get
        {
            lock (_core.Gate)
            {
                return Run.Request.Choice?.Result;
            }
        }
    }

    /// <summary>
    /// Interrupts the character: of its answer stays what was read, and a choice under way is cancelled. Does nothing if all of it was.
    /// </summary>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Interrupt()
    {
        lock (_core.Gate)
        {
            RequireOwn();
            _core.Inbox.Interrupt(Run, Run.ReadBytes);
            _core.Wake();
        }
    }

    /// <summary>Interrupts the character where the game has got to in showing what it read.</summary>
    /// <param name="shownBytes">
    /// Bytes of UTF-8 of the answer that the player has seen, 0 or more; more than there are means all of them, and within a character the whole
    /// characters before it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Interrupt(int shownBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shownBytes);
        lock (_core.Gate)
        {
            RequireOwn();
            _core.Inbox.Interrupt(Run, shownBytes);
            _core.Wake();
        }
    }

    /// <summary>
    /// Takes the line back that is being answered, and what was answered of it: neither was ever said, and a choice is cancelled. Between answers
    /// it takes nothing back, but unread text is dropped.
    /// </summary>
    /// <exception cref="InvalidOperationException">The talk is closed, or belongs to an <see cref="Exchange"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Cancel()
    {
        lock (_core.Gate)
        {
            RequireOwn();
            _core.Inbox.Cancel(Run);
            _core.Wake();
        }
    }

    /// <summary>
    /// Ends the talk and gives back what it holds: of the answer under way stays what was said so far. Nothing can be said in it any more; its
    /// transcript stays. Can be called more than once, and does nothing once the stage is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The talk is a side of an <see cref="Exchange"/>: close that.</exception>
    public void Close()
    {
        if (Run.Exchange is not null)
        {
            throw new InvalidOperationException("The talk is a side of an exchange: close that.");
        }

        CloseSide();
    }

    /// <summary>Copies text of the answer that was not read yet: whole UTF-8 characters. Allocates nothing.</summary>
    /// <param name="destination">Where to; 4 bytes or more, so that any character fits.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>Whether anything was. If not, nothing is there, or the next character does not fit.</returns>
    public bool TryRead(Span<byte> destination, out int written)
    {
        lock (_core.Gate)
        {
            bool any = Run.TryRead(destination, out written);
            if (any && !Run.HasText)
            {
                _core.Wake(); // an answer may have waited for room, or for the line to be heard to its end
            }

            return any;
        }
    }

    /// <summary>
    /// Takes an action that the character took in an answer, the oldest first: see <see cref="Npc.Actions"/>. It is there when the answer has been
    /// computed to its end, even if its text is not read yet; an answer that is interrupted or cancelled before has none. At most 16 wait; older
    /// ones are dropped. Allocates where there is one.
    /// </summary>
    /// <param name="call">The action, with all of its arguments valid; null if there is none.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryTakeAction([NotNullWhen(true)] out ActionCall? call)
    {
        lock (_core.Gate)
        {
            call = Run.Calls?.Take();
            return call is not null;
        }
    }

    /// <summary>Has text handed to a listener within the ticks that make it, on the thread that ticks, instead of being kept for reading.</summary>
    /// <param name="listener">
    /// Called with whole characters, in place of the listener before; null to read by <see cref="TryRead"/> again. Not saved with the stage.
    /// </param>
    /// <param name="state">Given to every call, so that the listener can be a static method; may be null.</param>
    public void Listen(TextListener? listener, object? state = null)
    {
        lock (_core.Gate)
        {
            (_listener, _listenerState) = (listener, state);
        }
    }

    /// <summary>
    /// The lines of the talk, the oldest first, as far as they are kept: at most 256, with at most the tokens of two contexts of the model.
    /// Asides are not among them once they are answered. Allocates.
    /// </summary>
    /// <returns>A copy; an answer is in it once it has ended.</returns>
    public IReadOnlyList<TranscriptLine> Transcript()
    {
        lock (_core.Gate)
        {
            return Run.Talk.Transcript(_core.Context.Texts);
        }
    }

    /// <summary>Ends the talk, of an exchange too.</summary>
    internal void CloseSide()
    {
        lock (_core.Gate)
        {
            if (!IsClosed && !_core.IsDisposed)
            {
                IsClosed = true;
                _core.Inbox.Close(Run);
                _core.Wake();
            }
        }
    }

    /// <summary>Takes text for the listener, if there are both. The gate is held.</summary>
    internal bool TryDeliver(Span<byte> destination, out int written, [NotNullWhen(true)] out TextListener? listener, out object? state)
    {
        (listener, state) = (_listener, _listenerState);
        written = 0;
        return listener is not null && Run.TryRead(destination, out written);
    }

    /// <exception cref="InvalidOperationException">The talk is closed.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    internal void RequireOpen()
    {
        _core.RequireAlive();
        if (IsClosed)
        {
            throw new InvalidOperationException($"The talk with {Npc.Name} is closed: open another.");
        }
    }

    private void Post(ReadOnlySpan<char> line, in AnswerRequest request)
    {
        lock (_core.Gate)
        {
            RequireOwn();
            StageInbox.Require(_core.Inbox.Say(Run, line, request), line, Run, request);
            _core.Wake();
        }
    }

    /// <summary>What is asked of the character where the game asks for nothing else. The gate is held.</summary>
    private AnswerRequest FreeRequest()
    {
        AnswerRequest request = Npc.Character.Request;
        if (request.Actions is not null)
        {
            Run.MakeRoomForCalls();
        }

        return request;
    }

    private void RequireOwn()
    {
        RequireOpen();
        if (Run.Exchange is not null)
        {
            throw new InvalidOperationException("The talk is a side of an exchange: begin, stop or close that, or open a talk with the character.");
        }
    }
}
