namespace TinyGpt.Tavern.Corpus;

/// <summary>Reads line files in the format of <c>Lines/README.md</c>. Not thread-safe.</summary>
internal sealed class LineParser(IntentTable table, IReadOnlyCollection<string> moods, IReadOnlyCollection<string> trades)
{
    private readonly Dictionary<string, (IntentLines Lines, string File, int Number)> _intents = new(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <param name="file">What errors call it.</param>
    /// <param name="lines">Its lines.</param>
    /// <exception cref="TextFormatException">A line breaks the format.</exception>
    public void Parse(string file, IReadOnlyList<string> lines)
    {
        IntentLines? intent = null;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i].Trim();
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                intent = Open(file, i + 1, line[3..].Trim());
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                LineVariant variant = ParseVariant(file, i + 1, line, intent
                    ?? throw new TextFormatException(file, i + 1, "a line before the first '## INTENT'; open an intent above it."));
                intent.Add(variant);
            }
        }
    }

    /// <summary>The intents of all files read.</summary>
    /// <exception cref="TextFormatException">An intent has no player lines or no answers.</exception>
    public IReadOnlyDictionary<string, IntentLines> Finish()
    {
        foreach ((IntentLines lines, string file, int number) in _intents.Values)
        {
            string name = lines.Rule.Name;
            if (lines.Player.Count == 0)
            {
                throw new TextFormatException(file, number, $"'{name}' has no line of the player; add one that begins with '? '.");
            }

            if (lines.Answers.Count == 0 && (lines.Rule.Topic != IntentTopic.Stranger || lines.Refusals.Count == 0))
            {
                throw new TextFormatException(file, number, $"'{name}' has no answer; add one that begins with '! '.");
            }
        }

        return _intents.ToDictionary(pair => pair.Key, pair => pair.Value.Lines, StringComparer.Ordinal);
    }

    private IntentLines Open(string file, int number, string name)
    {
        if (!table.Rules.TryGetValue(name, out IntentRule? rule))
        {
            throw new TextFormatException(file, number, $"the intent '{name}' is not in Talks/intents.txt; add it there.");
        }

        if (_intents.TryGetValue(name, out (IntentLines Lines, string File, int Number) first))
        {
            throw new TextFormatException(
                file, number, $"the intent '{name}' was opened at {first.File}:{first.Number}; move these lines there.");
        }

        IntentLines intent = new(rule);
        _intents.Add(name, (intent, file, number));
        return intent;
    }

    private LineVariant ParseVariant(string file, int number, string line, IntentLines intent)
    {
        LineKind kind = line[0] switch
        {
            '?' => LineKind.Player,
            '!' => LineKind.Answer,
            '-' => LineKind.Refusal,
            _ => throw new TextFormatException(file, number, "a line begins with '## ', '? ', '! ', '- ' or '# '."),
        };
        if (kind == LineKind.Refusal && !intent.Rule.CanBeRefused)
        {
            throw new TextFormatException(file, number, $"'{intent.Rule.Name}' asks for no fact, so '-' never answers it; use '!'.");
        }

        string text = line[1..].Trim();
        HashSet<string> restrictedMoods = [];
        HashSet<string> restrictedTrades = [];
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || kind == LineKind.Player)
            {
                throw new TextFormatException(file, number, "'[MOODS AND TRADES]' restricts an answer, and needs its ']'.");
            }

            foreach (string word in text[1..end].Split(',', StringSplitOptions.TrimEntries))
            {
                HashSet<string> restricted = moods.Contains(word) ? restrictedMoods
                    : trades.Contains(word) ? restrictedTrades
                    : throw new TextFormatException(file, number, $"'{word}' is neither a mood nor a trade.");
                restricted.Add(word);
            }

            text = text[(end + 1)..].Trim();
        }

        return new LineVariant(kind, ParsePieces(file, number, text, kind, intent.Rule), restrictedMoods, restrictedTrades);
    }

    private static List<LinePiece> ParsePieces(string file, int number, string text, LineKind kind, IntentRule rule)
    {
        List<LinePiece> pieces = [];
        int start = 0;
        while (start < text.Length)
        {
            int open = text.IndexOf('{', start);
            if (open != start)
            {
                int end = open < 0 ? text.Length : open;
                pieces.Add(new LinePiece(text[start..end]));
                start = end;
                continue;
            }

            int close = text.IndexOf('}', open);
            string name = close < 0 ? text[(open + 1)..] : text[(open + 1)..close];
            if (close < 0 || !Enum.TryParse(name, ignoreCase: true, out LineSlot slot) || !char.IsAsciiLetterLower(name[0]))
            {
                throw new TextFormatException(file, number, $"'{{{name}}}' is no slot; see the table in Lines/README.md.");
            }

            if (!rule.Allows(kind, slot))
            {
                throw new TextFormatException(
                    file, number, $"{{{name}}} has no value in a line of this kind of '{rule.Name}', which is about {rule.Topic}.");
            }

            pieces.Add(new LinePiece("", slot));
            start = close + 1;
        }

        return pieces.Count > 0 ? pieces : throw new TextFormatException(file, number, "the line says nothing.");
    }
}
