using System.Globalization;

namespace TinyGpt.Tavern.Corpus;

/// <summary>The intents that there are.</summary>
internal sealed class IntentTable
{
    private readonly Dictionary<string, IntentRule> _rules;

    private IntentTable(Dictionary<string, IntentRule> rules) => _rules = rules;

    /// <summary>The rules by name.</summary>
    public IReadOnlyDictionary<string, IntentRule> Rules => _rules;

    /// <summary>The table that is built into the program.</summary>
    public static IntentTable LoadShipped() => Parse("Talks/intents.txt", EmbeddedText.ReadLines("Talks/intents.txt"));

    /// <summary>Reads a table: a line an intent, its name and then words <c>KEY=VALUE</c>.</summary>
    /// <param name="file">What errors call the file.</param>
    /// <param name="lines">Its lines.</param>
    /// <exception cref="TextFormatException">A line breaks the format.</exception>
    public static IntentTable Parse(string file, IReadOnlyList<string> lines)
    {
        Dictionary<string, IntentRule> rules = new(StringComparer.Ordinal);
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].Length == 0 || lines[i].StartsWith('#'))
            {
                continue;
            }

            IntentRule rule = ParseRule(file, i + 1, lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            if (!rules.TryAdd(rule.Name, rule))
            {
                throw new TextFormatException(file, i + 1, $"the intent '{rule.Name}' is here twice; remove one.");
            }
        }

        string? unknown = rules.Values.SelectMany(rule => rule.Next).FirstOrDefault(next => !rules.ContainsKey(next));
        return unknown is null
            ? new IntentTable(rules)
            : throw new TextFormatException(file, lines.Count, $"'{unknown}' follows an intent but is none itself; add a line for it.");
    }

    private static IntentRule ParseRule(string file, int number, string[] words)
    {
        IntentRule rule = new(words[0], IntentTopic.Nothing, 1, [], false, false);
        foreach (string word in words[1..])
        {
            string[] parts = word.Split('=', 2);
            string value = parts[^1];
            rule = parts[0] switch
            {
                "about" when Enum.TryParse(value, ignoreCase: true, out IntentTopic topic) => rule with { Topic = topic },
                "weight" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int weight) =>
                    rule with { Weight = weight },
                "then" => rule with { Next = value.Split(',') },
                "opens" => rule with { Opens = true },
                "closes" => rule with { Closes = true },
                _ => throw new TextFormatException(
                    file, number, $"'{word}' is none of about=TOPIC, weight=NUMBER, then=INTENT,INTENT, opens and closes."),
            };
        }

        return rule;
    }
}
