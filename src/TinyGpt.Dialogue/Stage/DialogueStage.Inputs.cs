using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using TinyGpt.Dialogue.Grammars;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue;

/// <summary>What games ask for between ticks, and what becomes of it in the next.</summary>
public sealed partial class DialogueStage
{
    private readonly int[] _lineIds;
    private readonly List<Input> _inputs = [];
    private readonly List<int> _inputIds = [];
    private readonly Dictionary<Grammar, AnswerRequest> _grammars = new(ReferenceEqualityComparer.Instance);

    private enum InputKind
    {
        Say,
        Interrupt,
        Cancel,
        Close,
        Begin,
        Stop,
    }

    /// <summary>Why a line cannot be said.</summary>
    private enum LineFault
    {
        None,
        Blank,
        Unwritable,
        TooLong,
    }

    /// <summary>A call of the game.</summary>
    /// <param name="Kind">What it asks for.</param>
    /// <param name="Talk">Of which talk; of an exchange the second side.</param>
    /// <param name="Ids">Tokens of a line that the talk's character hears, in <see cref="_inputIds"/>.</param>
    /// <param name="SaidIds">Tokens of the same line for the character that says it, or none.</param>
    /// <param name="TextLength">Bytes of the line.</param>
    /// <param name="ShownBytes">Bytes that the player has seen of the answer under way.</param>
    /// <param name="Lines">Lines of an exchange.</param>
    /// <param name="Request">What is asked of the character.</param>
    private readonly record struct Input(
        InputKind Kind, Talk Talk, Range Ids, Range SaidIds, int TextLength, int ShownBytes, int Lines, AnswerRequest Request);

    internal void Say(Talk talk, ReadOnlySpan<char> line, AnswerRequest request)
    {
        lock (Gate)
        {
            RequireOwn(talk);
            LineFault fault = TryWriteLine(talk, line, request, out Range ids, out int textLength);
            RequireWritten(line, talk, request, fault, ids);
            PostLine(talk, ids, textLength, request);
        }
    }

    internal bool TrySay(Talk talk, ReadOnlySpan<char> line)
    {
        lock (Gate)
        {
            RequireOwn(talk);
            bool isWritten = TryWriteLine(talk, line, AnswerRequest.Free, out Range ids, out int textLength) == LineFault.None;
            if (isWritten)
            {
                PostLine(talk, ids, textLength, AnswerRequest.Free);
            }

            return isWritten;
        }
    }

    internal void Interrupt(Talk talk, int? shownBytes)
    {
        lock (Gate)
        {
            RequireOwn(talk);
            Post(new Input(InputKind.Interrupt, talk, default, default, 0, shownBytes ?? talk.ReadBytes, 0, default));
        }
    }

    internal void Cancel(Talk talk)
    {
        lock (Gate)
        {
            RequireOwn(talk);
            Post(new Input(InputKind.Cancel, talk, default, default, 0, 0, 0, default));
        }
    }

    internal void Close(Talk talk)
    {
        lock (Gate)
        {
            if (!talk.IsClosed && !_disposed)
            {
                talk.IsClosed = true;
                Post(new Input(InputKind.Close, talk, default, default, 0, 0, 0, default));
            }
        }
    }

    internal void Begin(Exchange exchange, ReadOnlySpan<char> opening, int lines)
    {
        lock (Gate)
        {
            RequireOpen(exchange.FirstSide);
            RequireOpen(exchange.SecondSide);
            if (exchange.LinesLeft > 0 || exchange.Posted > 0)
            {
                throw new InvalidOperationException("The exchange is running: stop it first.");
            }

            LineFault fault = TryWriteLine(exchange.SecondSide, opening, AnswerRequest.Free, out Range heard, out int textLength);
            RequireWritten(opening, exchange.SecondSide, AnswerRequest.Free, fault, heard);

            // The same line as its speaker remembers it; what fits the one's context fits the other's log.
            byte[] bytes = Rent(opening, out int byteCount);
            Prompts.SaidLine(exchange.FirstSide.Heard.Marks, bytes.AsSpan(0, byteCount), _lineIds, out int said, out _);
            ArrayPool<byte>.Shared.Return(bytes);
            _inputIds.AddRange(_lineIds.AsSpan(0, said));
            Range ids = heard.End.._inputIds.Count;
            Post(new Input(InputKind.Begin, exchange.SecondSide, heard, ids, textLength, 0, lines, AnswerRequest.Free));
            exchange.Posted++;
        }
    }

    internal void Stop(Exchange exchange)
    {
        lock (Gate)
        {
            RequireOpen(exchange.FirstSide);
            Talk speaker = exchange.FirstSide.IsBusy ? exchange.FirstSide : exchange.SecondSide;
            int shown = exchange.IsHeard ? speaker.ReadBytes : int.MaxValue;
            Post(new Input(InputKind.Stop, speaker, default, default, 0, shown, 0, default));
        }
    }

    /// <summary>What is asked of a character that answers under a grammar; compiled where the stage sees the grammar for the first time.</summary>
    internal AnswerRequest RequestGrammar(Grammar grammar, bool isAside, GrammarWork? work = null)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        lock (_grammars)
        {
            if (!_grammars.TryGetValue(grammar, out AnswerRequest request))
            {
                CompiledGrammar compiled = _compiler.Compile(grammar, Prompts.Layout.AnswerLead, Prompts.Layout.AnswerEnd, work ?? new GrammarWork());
                if (compiled.CanContain(Encoding.UTF8.GetBytes(Prompts.Layout.AnswerEnd)))
                {
                    throw new GrammarException(
                        "A text of the grammar contains what ends an answer in the stage's layout and would be cut short: write other texts.");
                }

                SessionOptions options = new()
                {
                    Constraint = compiled,
                    MaxNewTokens = compiled.MostTokens,
                    StopStrings = [Prompts.Layout.AnswerEnd],
                    LookupTokens = LookupTokens,
                };
                request = new AnswerRequest(grammar, options, null, IsAside: false);
                _grammars.Add(grammar, request);
            }

            return request with { IsAside = isAside };
        }
    }

    internal AnswerRequest RequestChoice(IReadOnlyList<string> options, bool isAside)
    {
        if (options.Count < 2 || options.Count > Grammar.MostParts)
        {
            throw new ArgumentException($"A choice has 2 … {Grammar.MostParts} options, not {options.Count}.", nameof(options));
        }

        int[][] tokens = new int[options.Count][];
        int[] said = new int[options.Count];
        for (int i = 0; i < tokens.Length; i++)
        {
            string option = options[i];
            if (string.IsNullOrWhiteSpace(option) || option.AsSpan().ContainsAnyInRange('\0', '\u001F') || ContainsEnd(option)
                || Encoding.UTF8.GetByteCount(option) > Talk.OutputCapacity)
            {
                throw new ArgumentException(
                    $"Option {i} is empty, longer than {Talk.OutputCapacity} bytes, has a control character, or contains the end of an answer.",
                    nameof(options));
            }

            int[] ids = Prompts.Option(option);
            said[i] = ids.Length;
            tokens[i] = [.. ids, .. Prompts.AnswerEnd];
        }

        return new AnswerRequest(null, null, new PendingChoice(new Choice([.. options]), tokens, said), isAside);
    }

    private static void RequireOwn(Talk talk)
    {
        RequireOpen(talk);
        if (talk.Exchange is not null)
        {
            throw new InvalidOperationException("The talk is a side of an exchange: begin, stop or close that, or open a talk with the character.");
        }
    }

    private static void RequireOpen(Talk talk)
    {
        ObjectDisposedException.ThrowIf(talk.Stage._disposed, talk.Stage);
        if (talk.IsClosed)
        {
            throw new InvalidOperationException($"The talk with {talk.Npc.Name} is closed: open another.");
        }
    }

    private void Post(in Input input)
    {
        // What has not been read by now is never shown: whatever the call asks for, it ends the answer.
        input.Talk.IsMuted = true;
        input.Talk.Output.Clear();
        _inputs.Add(input);
        Wake();
    }

    private void PostLine(Talk talk, Range ids, int textLength, in AnswerRequest request)
    {
        Post(new Input(InputKind.Say, talk, ids, default, textLength, talk.ReadBytes, 0, request));
        talk.Posted++;
    }

    /// <summary>Writes a line behind the others of this tick, if it fits the context beside the card and the answer.</summary>
    /// <param name="talk">Whose character hears it.</param>
    /// <param name="line">The line.</param>
    /// <param name="request">What is asked of the character.</param>
    /// <param name="ids">Where its tokens are; as far as they go where it does not fit.</param>
    /// <param name="textLength">Bytes of the line.</param>
    /// <returns>Why it cannot be said.</returns>
    private LineFault TryWriteLine(Talk talk, ReadOnlySpan<char> line, in AnswerRequest request, out Range ids, out int textLength)
    {
        byte[] bytes = Rent(line, out int byteCount);
        OperationStatus status = Prompts.HeardLine(talk.Heard, bytes.AsSpan(0, byteCount), _lineIds, out int length, out textLength);
        ArrayPool<byte>.Shared.Return(bytes);
        int start = _inputIds.Count;
        ids = start..(start + (status == OperationStatus.Done ? length : _lineIds.Length));
        if (textLength == 0 || status == OperationStatus.InvalidData)
        {
            return textLength == 0 ? LineFault.Blank : LineFault.Unwritable;
        }

        if (status != OperationStatus.Done || length > RoomForLine(talk, request))
        {
            return LineFault.TooLong;
        }

        _inputIds.AddRange(_lineIds.AsSpan(0, length));
        return LineFault.None;
    }

    private int RoomForLine(Talk talk, in AnswerRequest request) =>
        Model.Config.ContextLength - FixedTokens(talk) - MostAnswerTokens(talk, request);

    private void RequireWritten(ReadOnlySpan<char> line, Talk talk, in AnswerRequest request, LineFault fault, Range ids)
    {
        switch (fault)
        {
            case LineFault.Blank:
                throw new ArgumentException("The line is empty.", nameof(line));
            case LineFault.Unwritable:
                throw new ArgumentException("The line has a character that the model's vocabulary cannot write.", nameof(line));
            case LineFault.TooLong:
                throw new ArgumentException(
                    $"The line takes {ids.End.Value - ids.Start.Value} tokens or more, and beside the card of {talk.Npc.Name} and the answer the "
                    + $"context has room for {Math.Max(0, RoomForLine(talk, request))}: shorten it.",
                    nameof(line));
        }
    }

    /// <summary>A text as UTF-8 in an array of the shared pool.</summary>
    private static byte[] Rent(ReadOnlySpan<char> text, out int length)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        length = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private void ApplyInputs()
    {
        foreach (Input input in _inputs)
        {
            Talk talk = input.Talk;
            ReadOnlySpan<int> ids = CollectionsMarshal.AsSpan(_inputIds);
            switch (input.Kind)
            {
                case InputKind.Say:
                    talk.Posted--;
                    CutAnswer(talk, input.ShownBytes);
                    talk.Log.Add(TurnKind.Heard, ids[input.Ids], [], [], talk.Heard.Before.Length, input.TextLength, _now);
                    Await(talk, input.Request);
                    break;
                case InputKind.Interrupt:
                    CutAnswer(talk, input.ShownBytes);
                    break;
                case InputKind.Cancel:
                    TakeBack(talk);
                    break;
                case InputKind.Close:
                    CutAnswer(talk, int.MaxValue);
                    Forget(talk);
                    break;
                case InputKind.Begin:
                    BeginExchange(talk, ids[input.Ids], ids[input.SaidIds], input);
                    break;
                case InputKind.Stop:
                    talk.Exchange!.LinesLeft = 0;
                    talk.Exchange.Next = null;
                    CutAnswer(talk, input.ShownBytes);
                    break;
            }
        }

        _inputs.Clear();
        _inputIds.Clear();
    }

    private void BeginExchange(Talk second, ReadOnlySpan<int> heard, ReadOnlySpan<int> said, in Input input)
    {
        Exchange exchange = second.Exchange!;
        Talk first = exchange.OtherSide(second);
        exchange.Posted--;
        exchange.LinesLeft = input.Lines;
        first.Log.Add(
            TurnKind.Said, first.Npc.AnswerStart, said, [], first.Npc.AnswerStartBytes + Prompts.LeadBytes, input.TextLength, _now);
        second.Log.Add(TurnKind.Heard, heard, [], [], second.Heard.Before.Length, input.TextLength, _now);
        Await(second, AnswerRequest.Free);
    }

    private void Forget(Talk talk)
    {
        if (talk.Session is { } session)
        {
            talk.Session = null;
            _sessions.Return(session);
        }

        _talks.Remove(talk);
        if (talk.Exchange is { } exchange)
        {
            exchange.LinesLeft = 0;
            exchange.Next = null;
            _exchanges.Remove(exchange);
        }
    }

    private bool ContainsEnd(string text) => text.Contains(Prompts.Layout.AnswerEnd, StringComparison.Ordinal);
}
