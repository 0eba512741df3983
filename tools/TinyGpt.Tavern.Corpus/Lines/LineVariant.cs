namespace TinyGpt.Tavern.Corpus;

/// <summary>One way to say something. Compared by reference: each is once in the files.</summary>
internal sealed class LineVariant
{
    /// <summary>Makes a variant.</summary>
    /// <param name="kind">Who says it.</param>
    /// <param name="pieces">Its text and its slots, in order.</param>
    /// <param name="moods">The moods that may say it; empty for all.</param>
    /// <param name="trades">The trades that may say it; empty for all.</param>
    public LineVariant(LineKind kind, IReadOnlyList<LinePiece> pieces, IReadOnlySet<string> moods, IReadOnlySet<string> trades)
    {
        Kind = kind;
        Pieces = pieces;
        Moods = moods;
        Trades = trades;
        Slots = pieces.Where(piece => piece.Slot is not null).Select(piece => piece.Slot!.Value).ToHashSet();
    }

    /// <summary>Who says it.</summary>
    public LineKind Kind { get; }

    /// <summary>Its text and its slots, in order.</summary>
    public IReadOnlyList<LinePiece> Pieces { get; }

    /// <summary>The moods that may say it; empty for all.</summary>
    public IReadOnlySet<string> Moods { get; }

    /// <summary>The trades that may say it; empty for all.</summary>
    public IReadOnlySet<string> Trades { get; }

    /// <summary>The slots that it has.</summary>
    public IReadOnlySet<LineSlot> Slots { get; }

    /// <summary>Whether only some moods or trades may say it.</summary>
    public bool IsRestricted => Moods.Count + Trades.Count > 0;

    /// <summary>Whether a person of the card's mood and trade may say it.</summary>
    public bool Suits(Card card) =>
        (Moods.Count == 0 || Moods.Contains(card.Mood)) && (Trades.Count == 0 || Trades.Contains(card.Trade));

    /// <summary>The line with its slots filled; a value that begins a sentence gets a capital.</summary>
    public string Fill(SlotValues values) => Fill(values, out _);

    /// <inheritdoc cref="Fill(SlotValues)"/>
    /// <param name="values">The values of the slots.</param>
    /// <param name="slots">The places of the values in the text, in order.</param>
    public string Fill(SlotValues values, out IReadOnlyList<Range> slots)
    {
        List<Range> ranges = [];
        string text = "";
        foreach (LinePiece piece in Pieces)
        {
            string part = piece.Slot is { } slot ? values[slot] : piece.Text;
            if (piece.Slot is not null)
            {
                ranges.Add(text.Length..(text.Length + part.Length));
                part = BeginsSentence(text) ? char.ToUpperInvariant(part[0]) + part[1..] : part;
            }

            text += part;
        }

        slots = ranges;
        return text;
    }

    private static bool BeginsSentence(string before)
    {
        string trimmed = before.TrimEnd(' ', '"', '\'', '(');
        return trimmed.Length == 0
            || (trimmed.Length < before.Length && trimmed[^1] is '.' or '!' or '?' && !trimmed.EndsWith("..", StringComparison.Ordinal));
    }
}

/// <summary>A part of a line.</summary>
/// <param name="Text">The text, or empty for a slot.</param>
/// <param name="Slot">The slot, or null for text.</param>
internal readonly record struct LinePiece(string Text, LineSlot? Slot = null);
