using System.Text;
using TinyGpt.Text.Chat;

namespace TinyGpt;

/// <summary>
/// Turns talks into token ids as a model was taught, and tells what ends an answer. Whatever a turn's text says, it stays text: it becomes no
/// special token, and a space breaks a family's marks in a turn if they are ordinary text to the model's tokenizer.
/// Immutable and thread-safe.
/// </summary>
/// <remarks>
/// A talk is <see cref="Encode"/> for its beginning, the session's answer, <see cref="EncodeNext"/> for what is said then, and so on. A
/// session that answers needs <see cref="StopTokens"/> and <see cref="StopStrings"/> in its options.
/// </remarks>
public sealed class ChatTemplate
{
    private const int NoToken = -1;
    private const int SomeToken = int.MaxValue; // whatever it is, it is not the text's beginning

    private readonly Tokenizer _tokenizer;
    private readonly ChatMarks _marks;

    /// <summary>Makes a template.</summary>
    /// <param name="format">The model's format.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="endOfText">The model's end-of-text token, or null where it has none; one without text counts as none.</param>
    /// <exception cref="ArgumentException">The format's family is unknown, or needs an end-of-text token.</exception>
    public ChatTemplate(ChatFormat format, Tokenizer tokenizer, int? endOfText)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(tokenizer);
        Format = format;
        _tokenizer = tokenizer;
        endOfText = endOfText < tokenizer.VocabularySize ? endOfText : null;
        string beginOfText = tokenizer.BeginOfText is { } begin ? Encoding.UTF8.GetString(tokenizer.TokenBytes(begin)) : "";
        _marks = ChatMarks.Of(format.Family, beginOfText, endOfText is { } end ? Encoding.UTF8.GetString(tokenizer.TokenBytes(end)) : null)
            ?? throw new ArgumentException(
                format.Family == ChatFamily.Unknown ? "The chat template is of no family that is known."
                    : $"The chat template '{format.Name}' needs an end-of-text token, which the model does not have.",
                nameof(format));
        int turnEnd = tokenizer.TryGetSpecialToken(_marks.TurnEnd, out int id) ? id : NoToken;
        StopStrings = turnEnd == NoToken ? [_marks.TurnEnd] : [];
        StopTokens = [.. new[] { turnEnd, endOfText ?? NoToken }.Where(token => token != NoToken).Distinct()];
    }

    /// <summary>The model's format.</summary>
    public ChatFormat Format { get; }

    /// <summary>The tokens that end an answer, for <see cref="SessionOptions.StopTokens"/>.</summary>
    public IReadOnlyList<int> StopTokens { get; }

    /// <summary>The texts that end an answer where the model has no token for it, for <see cref="SessionOptions.StopStrings"/>.</summary>
    public IReadOnlyList<string> StopStrings { get; }

    /// <summary>Encodes a talk from its beginning, and opens the model's turn if the last one is not its own.</summary>
    /// <param name="turns">The turns; the model's default system turn comes before them if they do not begin with one.</param>
    /// <returns>The ids, the model's begin-of-text token included.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public int[] Encode(params ReadOnlySpan<ChatTurn> turns)
    {
        ChatWriter writer = new(_tokenizer, NoToken);
        writer.AppendBeginOfText();
        if (turns is not [{ Role: TurnRole.System }, ..] && Format.DefaultSystem is { } system)
        {
            turns = new[] { new ChatTurn(TurnRole.System, system) }.Concat(turns.ToArray()).ToArray();
        }

        AppendTurns(writer, turns, isFirst: true);
        return writer.Finish();
    }

    /// <summary>Encodes what follows an answer that the model has generated: its turn's end, more turns, and the model's next turn opened.</summary>
    /// <param name="answer">The answer's tokens, <see cref="GptSession.AnswerTokens"/>.</param>
    /// <param name="turns">The turns.</param>
    /// <returns>The ids, to be appended to the session.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public int[] EncodeNext(ReadOnlySpan<int> answer, params ReadOnlySpan<ChatTurn> turns)
    {
        ChatWriter writer = new(_tokenizer, answer.IsEmpty ? SomeToken : answer[^1]);
        if (!EndsItself(answer))
        {
            writer.AppendMarks(_marks.After(TurnRole.Assistant));
        }

        AppendTurns(writer, turns, isFirst: false);
        return writer.Finish();
    }

    /// <summary>Whether an answer has the mark of its end: a stop token is not part of the sequence, but a stop string is.</summary>
    private bool EndsItself(ReadOnlySpan<int> answer)
    {
        if (StopStrings.Count == 0)
        {
            return false;
        }

        int[] known = Array.FindAll(answer.ToArray(), id => id < _tokenizer.VocabularySize); // a model may have more ids than its tokenizer has texts
        return _tokenizer.Decode(known).AsSpan().IndexOf(Encoding.UTF8.GetBytes(StopStrings[0])) >= 0;
    }

    private void AppendTurns(ChatWriter writer, ReadOnlySpan<ChatTurn> turns, bool isFirst)
    {
        bool isOpen = false;
        foreach (ChatTurn turn in turns)
        {
            AppendTurn(writer, turn, ref isOpen, isFirst);
            isFirst = false;
        }

        if (turns is [.., { Role: TurnRole.User }])
        {
            writer.AppendMarks(_marks.AnswerStart);
        }
    }

    /// <summary>Appends a turn.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="isOpen">Whether the system's turn was within the user's turn that comes next, whose start is there already.</param>
    /// <param name="isFirst">Whether the talk begins with it.</param>
    private void AppendTurn(ChatWriter writer, ChatTurn turn, ref bool isOpen, bool isFirst)
    {
        if (!isOpen)
        {
            writer.AppendMarks(isFirst ? _marks.FirstBefore(turn.Role) : _marks.Before(turn.Role));
        }

        isOpen = turn.Role == TurnRole.System && _marks.SystemIsInUserTurn;
        if (isOpen)
        {
            writer.AppendMarks(_marks.SystemStart);
        }

        writer.AppendText(Quoted(turn));
        writer.AppendMarks(_marks.After(turn.Role));
    }

    /// <summary>A turn's text without anything that the model would take for a mark.</summary>
    private string Quoted(ChatTurn turn)
    {
        bool trims = _marks.TrimsTurns && !(_marks.SystemIsInUserTurn && turn.Role == TurnRole.System);
        string text = trims ? turn.Text.Trim() : turn.Text;
        if (_marks.TurnsAreLines && turn.Role != TurnRole.System)
        {
            text = text.ReplaceLineEndings(" ");
        }

        foreach (string mark in _marks.All)
        {
            if (!_tokenizer.TryGetSpecialToken(mark, out _))
            {
                text = text.Replace(mark, $"{mark[0]} {mark.AsSpan(1)}", StringComparison.Ordinal);
            }
        }

        return text;
    }
}
