using System.Buffers;
using System.Text;

namespace TinyGpt.Dialogue.Prompts;

/// <summary>Writes the pieces of prompts as tokens. Thread-safe.</summary>
/// <param name="layout">How.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="contextLength">The model's context, or less where the engine's plan says so, which a whole prompt and its answer must fit.</param>
/// <param name="world">What all characters know; may be empty.</param>
internal sealed class PromptWriter(PromptLayout layout, Tokenizer tokenizer, int contextLength, string world)
{
    /// <summary>Tokens for which every card must leave room beside its answer.</summary>
    public const int MinLineTokens = 16;

    /// <summary>What the player is called in talks unless they say otherwise, and in examples.</summary>
    public const string PlayerName = "Player";

    private const string TextSlot = "{text}";
    private const string PartnerSlot = "{partner}";
    private const int MostStackBytes = 512;

    private readonly byte[] _lead = Encoding.UTF8.GetBytes(layout.AnswerLead);

    public PromptLayout Layout => layout;

    /// <summary>The most tokens of a prompt with its answer.</summary>
    public int ContextLength => contextLength;

    /// <summary>The tokens of what all characters know; none for an empty world.</summary>
    public int[] World { get; } = world.Length == 0 ? []
        : Encode(tokenizer, PromptTemplate.Fill(layout.World, ("world", world)), nameof(world), TextPosition.Start);

    /// <summary>The text between a card and a talk.</summary>
    public int[] TalkStart { get; } = tokenizer.Encode(layout.TalkStart, position: TextPosition.Continuation);

    /// <summary>Tokens with which an answer ends.</summary>
    public int[] AnswerEnd { get; } = tokenizer.Encode(layout.AnswerEnd, position: TextPosition.Continuation);

    /// <summary>Bytes at the beginning of an answer under a grammar that are not shown.</summary>
    public int LeadBytes => _lead.Length;

    /// <summary>A persona's tokens after those of the world, examples included.</summary>
    public int[] Card(Persona persona, string mood, IReadOnlyList<PersonaFact> facts)
    {
        bool hasWorld = World.Length > 0;
        StringBuilder text = new(hasWorld ? layout.AfterWorld : "");
        text.Append(PromptTemplate.FillCard(layout, persona, mood, facts));
        text.Append(persona.Examples.Count > 0 ? layout.TalkStart : "");
        foreach (PersonaExample example in persona.Examples)
        {
            text.Append(PromptTemplate.Fill(layout.Heard, ("partner", PlayerName), ("text", example.Hears)));
            text.Append(PromptTemplate.Fill(layout.AnswerStart, ("name", persona.Name))).Append(layout.AnswerLead).Append(example.Says);
        }

        return Encode(text.ToString(), nameof(persona), hasWorld ? TextPosition.Continuation : TextPosition.Start);
    }

    /// <summary>The tokens before a character's answer.</summary>
    public int[] AnswerStart(string name) => Encode(PromptTemplate.Fill(layout.AnswerStart, ("name", name)), nameof(name));

    /// <summary>The summary's tokens; none for an empty one.</summary>
    public int[] Summary(string summary, LayoutMarks marks)
    {
        if (string.IsNullOrWhiteSpace(summary))
        {
            return [];
        }

        byte[] line = Encoding.UTF8.GetBytes(summary.Trim());
        Clean(line, marks);
        return Encode(PromptTemplate.Fill(layout.Summary, ("summary", Encoding.UTF8.GetString(line))), nameof(summary));
    }

    /// <summary>Bytes of the text of tokens within a prompt.</summary>
    public int TextLength(ReadOnlySpan<int> ids) => ids.IsEmpty ? 0 : tokenizer.Decode(ids, ids[0]).Length;

    /// <summary>An option as the text of an answer: its tokens, without the end.</summary>
    public int[] Option(string option) => Encode(layout.AnswerLead + option, nameof(option));

    /// <summary>The text around the lines that a character hears from a partner.</summary>
    public HeardFrame HeardFrame(string name, string partner)
    {
        (string before, string behind) = HeardParts(partner);
        string start = PromptTemplate.Fill(layout.AnswerStart, ("name", name));

        // Where what a character hears begins like what it says, the rest of that beginning must not be in a line.
        string rest = start.StartsWith(before, StringComparison.Ordinal) ? start[before.Length..] : "";
        return new HeardFrame(
            Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(behind), new LayoutMarks(layout.AnswerEnd, start, before, behind, rest));
    }

    /// <summary>Whether what a partner of this name says would begin like what the character says itself.</summary>
    public bool AreConfused(string name, string partner)
    {
        string before = HeardParts(partner).Before.Trim();
        return before.StartsWith(PromptTemplate.Fill(layout.AnswerStart, ("name", name)).Trim(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What a card must not have in its texts, for any talk partner.</summary>
    public LayoutMarks CardMarks(string name)
    {
        string start = PromptTemplate.Fill(layout.AnswerStart, ("name", name));
        return layout.Heard.Contains(PartnerSlot, StringComparison.Ordinal) ? new LayoutMarks(layout.AnswerEnd, start)
            : new LayoutMarks(layout.AnswerEnd, start, HeardParts("").Before, HeardParts("").Behind);
    }

    /// <summary>Writes a line that a character hears. Allocates nothing in the long run.</summary>
    /// <param name="frame">As of <see cref="HeardFrame"/>.</param>
    /// <param name="line">
    /// The line; control characters and the first characters of the layout's marks become spaces, and spaces around it are left out.
    /// </param>
    /// <param name="ids">Receives the tokens.</param>
    /// <param name="length">How many there are.</param>
    /// <param name="textLength">Bytes of the line as written, after those of the frame; 0 for an empty line.</param>
    /// <returns><see cref="OperationStatus.Done"/>, or why not, as the tokenizer says it.</returns>
    public OperationStatus HeardLine(
        HeardFrame frame, ReadOnlySpan<byte> line, Span<int> ids, out int length, out int textLength) =>
        Framed(frame.Before, line, frame.Behind, frame.Marks, ids, out length, out textLength);

    /// <summary>Writes a line that a character is made to say, after the start of its answer.</summary>
    public OperationStatus SaidLine(LayoutMarks marks, ReadOnlySpan<byte> line, Span<int> ids, out int length, out int textLength) =>
        Framed(_lead, line, [], marks, ids, out length, out textLength);

    /// <summary>Makes spaces of the bytes of control characters (C0, DEL, C1), of line and paragraph separators, and of what would break a mark.</summary>
    private static void Clean(Span<byte> line, LayoutMarks marks)
    {
        for (int i = 0; i < line.Length; i++)
        {
            ReadOnlySpan<byte> rest = line[i..];
            int length = rest[0] is < 0x20 or 0x7F ? 1
                : rest is [0xC2, >= 0x80 and <= 0x9F, ..] ? 2
                : rest is [0xE2, 0x80, 0xA8 or 0xA9, ..] ? 3
                : 0;
            line.Slice(i, length).Fill((byte)' ');
        }

        marks.Break(line);
    }

    private (string Before, string Behind) HeardParts(string partner)
    {
        int at = layout.Heard.IndexOf(TextSlot, StringComparison.Ordinal);
        return (PromptTemplate.Fill(layout.Heard[..at], ("partner", partner)),
            PromptTemplate.Fill(layout.Heard[(at + TextSlot.Length)..], ("partner", partner)));
    }

    private OperationStatus Framed(
        ReadOnlySpan<byte> before,
        ReadOnlySpan<byte> line,
        ReadOnlySpan<byte> behind,
        LayoutMarks marks,
        Span<int> ids,
        out int length,
        out int textLength)
    {
        line = line.Trim(" \t\r\n"u8);
        textLength = line.Length;
        int total = before.Length + line.Length + behind.Length;
        byte[]? rented = null;
        Span<byte> bytes = total <= MostStackBytes ? stackalloc byte[MostStackBytes] : rented = ArrayPool<byte>.Shared.Rent(total);
        bytes = bytes[..total];
        before.CopyTo(bytes);
        Span<byte> written = bytes.Slice(before.Length, line.Length);
        line.CopyTo(written);
        Clean(written, marks);
        behind.CopyTo(bytes[(before.Length + line.Length)..]);
        OperationStatus status = tokenizer.Encode(bytes, ids, out _, out length, position: TextPosition.Continuation);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return status;
    }

    /// <summary>Refuses tokenizers that do not keep what ends a line, so that no answer would ever end.</summary>
    /// <exception cref="ArgumentException">The tokenizer changes the layout's text.</exception>
    public void CheckTokenizer()
    {
        if (!tokenizer.Decode(AnswerEnd, AnswerStart("a")[^1]).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(layout.AnswerEnd)))
        {
            throw new ArgumentException(
                "The model's tokenizer does not keep the text that ends an answer: write another PromptLayout.AnswerEnd, or take another model.");
        }
    }

    private int[] Encode(string text, string parameter, TextPosition position = TextPosition.Continuation) =>
        Encode(tokenizer, text, parameter, position);

    /// <summary>Encodes a piece; the first one of a prompt with the token that the model wants before every text.</summary>
    private static int[] Encode(Tokenizer tokenizer, string text, string parameter, TextPosition position)
    {
        try
        {
            int[] ids = tokenizer.Encode(text, position: position);
            return position == TextPosition.Start && tokenizer.BeginOfText is { } begin ? [begin, .. ids] : ids;
        }
        catch (TokenizationException exception)
        {
            throw new ArgumentException($"'{text}' cannot be written with the model's vocabulary: {exception.Message}", parameter, exception);
        }
    }
}
