namespace TinyGpt.Tavern.Corpus;

/// <summary>All intents with their lines. Immutable and thread-safe.</summary>
internal sealed class LineLibrary
{
    private LineLibrary(IReadOnlyDictionary<string, IntentLines> intents)
    {
        Intents = intents;
        Ordered = [.. intents.Values.OrderBy(lines => lines.Rule.Name, StringComparer.Ordinal)];
    }

    /// <summary>The intents by name.</summary>
    public IReadOnlyDictionary<string, IntentLines> Intents { get; }

    /// <summary>The intents in the order of their names, so that drawing one does not depend on the order of files.</summary>
    public IReadOnlyList<IntentLines> Ordered { get; }

    /// <summary>How many lines there are.</summary>
    public int VariantCount => Ordered.Sum(intent => intent.Player.Count + intent.Answers.Count + intent.Refusals.Count);

    /// <summary>Reads the files that are built into the program.</summary>
    /// <exception cref="TextFormatException">A line breaks the format.</exception>
    public static LineLibrary LoadShipped()
    {
        LineParser parser = new(IntentTable.LoadShipped(), [.. CardLists.Shipped.Moods], [.. CardLists.Shipped.Trades]);
        foreach (string name in EmbeddedText.NamesIn("Lines/"))
        {
            parser.Parse(name, EmbeddedText.ReadLines(name));
        }

        return new LineLibrary(parser.Finish());
    }
}
