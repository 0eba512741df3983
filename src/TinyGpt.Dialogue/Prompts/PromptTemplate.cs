using System.Text;

namespace TinyGpt.Dialogue.Prompts;

/// <summary>Fills the slots of a <see cref="PromptLayout"/>.</summary>
internal static class PromptTemplate
{
    private const string FactPrefix = "fact:";

    /// <summary>Fills slots in one go, so that braces in a value stay what they are.</summary>
    public static string Fill(string template, params ReadOnlySpan<(string Slot, string Value)> values)
    {
        StringBuilder result = new();
        int at = 0;
        while (at < template.Length)
        {
            int open = template.IndexOf('{', at);
            if (open < 0)
            {
                break;
            }

            int close = template.IndexOf('}', open);
            ReadOnlySpan<char> slot = template.AsSpan(open + 1, close - open - 1);
            result.Append(template, at, open - at);
            foreach ((string name, string value) in values)
            {
                if (slot.SequenceEqual(name))
                {
                    result.Append(value);
                }
            }

            at = close + 1;
        }

        return result.Append(template, at, template.Length - at).ToString();
    }

    /// <summary>A persona's card, with what the game has changed of it.</summary>
    public static string FillCard(PromptLayout layout, Persona persona, string mood, IReadOnlyList<PersonaFact> facts)
    {
        string[] lines = layout.Card.Split('\n');
        HashSet<string> named = new(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            foreach (string slot in Slots(line))
            {
                if (slot.StartsWith(FactPrefix, StringComparison.Ordinal))
                {
                    named.Add(slot[FactPrefix.Length..]);
                }
            }
        }

        List<string> result = [];
        foreach (string line in lines)
        {
            if (line == "{facts}")
            {
                result.AddRange(facts.Where(fact => !named.Contains(fact.Key))
                    .Select(fact => Fill(layout.FactLine, ("key", fact.Key), ("value", fact.Value))));
            }
            else if (line == "{style}")
            {
                result.AddRange(persona.Style);
            }
            else
            {
                (string Slot, string Value)[] values =
                    [("name", persona.Name), ("mood", mood), .. facts.Select(fact => (FactPrefix + fact.Key, fact.Value))];
                if (Slots(line).All(slot => Array.Exists(values, value => value.Slot == slot && value.Value.Length > 0)))
                {
                    result.Add(Fill(line, values));
                }
            }
        }

        return string.Join('\n', result);
    }

    /// <exception cref="ArgumentException">A slot is missing or unknown, or a brace has no partner.</exception>
    public static void Require(string template, string property, ReadOnlySpan<string> required, ReadOnlySpan<string> allowed)
    {
        List<string> slots = CheckedSlots(template, property);
        foreach (string slot in required)
        {
            if (!slots.Contains(slot))
            {
                throw new ArgumentException($"{nameof(PromptLayout)}.{property} has no {{{slot}}}: write it at its place.");
            }
        }

        foreach (string slot in slots)
        {
            if (!required.Contains(slot) && !allowed.Contains(slot))
            {
                throw new ArgumentException($"{nameof(PromptLayout)}.{property} has {{{slot}}}, which it does not know.");
            }
        }
    }

    /// <exception cref="ArgumentException">A slot is unknown, is not alone on its line though it must be, or a brace has no partner.</exception>
    public static void RequireCard(string template, string property)
    {
        ArgumentNullException.ThrowIfNull(template, property);
        foreach (string line in template.Split('\n'))
        {
            foreach (string slot in CheckedSlots(line, property))
            {
                bool alone = slot is "facts" or "style" && line.Length == slot.Length + 2;
                if (!alone && slot is not ("name" or "mood") && !slot.StartsWith(FactPrefix, StringComparison.Ordinal))
                {
                    throw new ArgumentException(
                        $"{nameof(PromptLayout)}.{property} has {{{slot}}} in the line '{line}': write {{name}}, {{mood}} or {{fact:KEY}}, and "
                        + "{facts} or {style} alone on a line.");
                }
            }
        }
    }

    private static List<string> CheckedSlots(string template, string property)
    {
        ArgumentNullException.ThrowIfNull(template, property);
        int depth = 0;
        foreach (char character in template)
        {
            depth += character == '{' ? 1 : character == '}' ? -1 : 0;
            if (depth is < 0 or > 1)
            {
                break;
            }
        }

        return depth == 0 ? [.. Slots(template)]
            : throw new ArgumentException($"{nameof(PromptLayout)}.{property} has a brace without its partner.");
    }

    private static IEnumerable<string> Slots(string template)
    {
        int open = template.IndexOf('{');
        while (open >= 0)
        {
            int close = template.IndexOf('}', open);
            yield return template[(open + 1)..close];
            open = template.IndexOf('{', close);
        }
    }
}
