using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Scheduling;

namespace TinyGpt.Dialogue.Inbox;

/// <summary>
/// What the game asked for between ticks, in the order of its calls, until the next tick does it. Not thread-safe; allocates nothing in the long run.
/// </summary>
internal sealed class StageInbox(Roster roster, PageReservations reservations, AnswerContext context)
{
    private readonly List<Input> _inputs = [];
    private readonly List<int> _ids = []; // the tokens of all lines

    private enum InputKind
    {
        Say,
        Interrupt,
        Cancel,
        Close,
        Begin,
        Stop,
    }

    public bool IsEmpty => _inputs.Count == 0;

    /// <summary>Says a line, if it can be said.</summary>
    public LineFault Say(AnswerRun run, ReadOnlySpan<char> line, in AnswerRequest request)
    {
        LineFault fault = WriteLine(run, line, request.MaxTokens(run.Talk.Card.Persona), out Range ids, out int textLength);
        if (fault == LineFault.None)
        {
            run.Post(isLine: true);
            _inputs.Add(new Input(InputKind.Say, run, ids, default, textLength, run.ReadBytes, 0, request));
        }

        return fault;
    }

    /// <param name="run">The answer that is interrupted.</param>
    /// <param name="shownBytes">Bytes of the answer that were shown.</param>
    public void Interrupt(AnswerRun run, int shownBytes) => Add(InputKind.Interrupt, run, shownBytes);

    public void Cancel(AnswerRun run) => Add(InputKind.Cancel, run, 0);

    public void Close(AnswerRun run) => Add(InputKind.Close, run, 0);

    /// <summary>Begins an exchange, if its opening line can be said.</summary>
    public LineFault Begin(ExchangeTurns exchange, ReadOnlySpan<char> opening, int lines)
    {
        AnswerRun second = exchange.Second;
        int answerTokens = second.Talk.Card.Persona.MaxAnswerTokens;
        LineFault fault = WriteLine(second, opening, answerTokens, out Range heard, out int textLength);
        if (fault == LineFault.None)
        {
            // The same line as its speaker remembers it; what fits the one's context fits the other's log.
            byte[] bytes = Rent(opening, out int byteCount);
            context.Prompts.SaidLine(exchange.First.Talk.Heard.Marks, bytes.AsSpan(0, byteCount), context.LineIds, out int said, out _);
            ArrayPool<byte>.Shared.Return(bytes);
            _ids.AddRange(context.LineIds.AsSpan(0, said));
            second.Post(isLine: false);
            _inputs.Add(new Input(InputKind.Begin, second, heard, heard.End.._ids.Count, textLength, 0, lines, AnswerRequest.Free));
            exchange.Post();
        }

        return fault;
    }

    /// <summary>Stops an exchange: of the line under way stays what was read, where it is heard.</summary>
    public void Stop(ExchangeTurns exchange)
    {
        AnswerRun speaker = exchange.Speaker;
        Add(InputKind.Stop, speaker, exchange.IsHeard ? speaker.ReadBytes : int.MaxValue);
    }

    /// <summary>Does everything that was asked for.</summary>
    /// <returns>Whether a talk was closed and forgotten.</returns>
    public bool Apply()
    {
        bool isAnyClosed = false;
        foreach (Input input in _inputs)
        {
            AnswerRun run = input.Run;
            ReadOnlySpan<int> ids = CollectionsMarshal.AsSpan(_ids);
            switch (input.Kind)
            {
                case InputKind.Say:
                    run.Hear(ids[input.Ids], input.TextLength, input.ShownBytes, input.Request);
                    break;
                case InputKind.Interrupt:
                    run.Cut(input.ShownBytes);
                    break;
                case InputKind.Cancel:
                    run.TakeBack();
                    break;
                case InputKind.Close:
                    run.Cut(int.MaxValue);
                    reservations.Release(run);
                    roster.Remove(run);
                    isAnyClosed = true;
                    break;
                case InputKind.Begin:
                    run.Exchange!.Begin(ids[input.Ids], ids[input.SaidIds], input.TextLength, input.Lines);
                    break;
                case InputKind.Stop:
                    run.Exchange!.Stop(run, input.ShownBytes);
                    break;
            }
        }

        _inputs.Clear();
        _ids.Clear();
        return isAnyClosed;
    }

    /// <summary>Says why a line cannot be said.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void Require(LineFault fault, ReadOnlySpan<char> line, AnswerRun run, in AnswerRequest request)
    {
        string? problem = fault switch
        {
            LineFault.Blank => "The line is empty.",
            LineFault.Unwritable => "The line has a character that the model's vocabulary cannot write.",
            LineFault.TooLong => $"The line of {line.Length} characters has more tokens than the context has room for beside the card of "
                + $"{run.Talk.Card.Name} and the answer, which is {Math.Max(0, run.Talk.RoomBeside(request.MaxTokens(run.Talk.Card.Persona)))}: shorten it.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(line));
        }
    }

    private void Add(InputKind kind, AnswerRun run, int shownBytes)
    {
        run.Post(isLine: false);
        _inputs.Add(new Input(kind, run, default, default, 0, shownBytes, 0, default));
    }

    /// <summary>Appends a line to the others of this tick, if it fits the context beside the card and the answer.</summary>
    private LineFault WriteLine(AnswerRun run, ReadOnlySpan<char> line, int answerTokens, out Range ids, out int textLength)
    {
        byte[] bytes = Rent(line, out int byteCount);
        OperationStatus status =
            context.Prompts.HeardLine(run.Talk.Heard, bytes.AsSpan(0, byteCount), context.LineIds, out int length, out textLength);
        ArrayPool<byte>.Shared.Return(bytes);
        ids = default;
        if (textLength == 0 || status == OperationStatus.InvalidData)
        {
            return textLength == 0 ? LineFault.Blank : LineFault.Unwritable;
        }

        if (status != OperationStatus.Done || length > run.Talk.RoomBeside(answerTokens))
        {
            return LineFault.TooLong;
        }

        ids = _ids.Count..(_ids.Count + length);
        _ids.AddRange(context.LineIds.AsSpan(0, length));
        return LineFault.None;
    }

    /// <summary>A text as UTF-8 in an array of the shared pool.</summary>
    private static byte[] Rent(ReadOnlySpan<char> text, out int length)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        length = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>A call of the game.</summary>
    /// <param name="Kind">What it asks for.</param>
    /// <param name="Run">The talk's run; of an exchange the second side's, or the speaker's.</param>
    /// <param name="Ids">Tokens of a line that the talk's character hears, in <see cref="_ids"/>.</param>
    /// <param name="SaidIds">Tokens of the same line for the character that says it, or none.</param>
    /// <param name="TextLength">Bytes of the line.</param>
    /// <param name="ShownBytes">Bytes that the player has seen of the answer under way.</param>
    /// <param name="Lines">Lines of an exchange.</param>
    /// <param name="Request">What is asked of the character.</param>
    private readonly record struct Input(
        InputKind Kind, AnswerRun Run, Range Ids, Range SaidIds, int TextLength, int ShownBytes, int Lines, AnswerRequest Request);
}
