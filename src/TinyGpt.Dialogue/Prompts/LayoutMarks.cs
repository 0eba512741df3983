using System.Text;

namespace TinyGpt.Dialogue.Prompts;

/// <summary>
/// The marks of a layout's turns, as far as they could be within a line. A text that contains one would look to the model as if its turn were
/// over, or another turn had begun. Marks that begin a line of the prompt and look like a name (<c>Player:</c>) do not count, because what is said is
/// one line and never begins one. Immutable and thread-safe.
/// </summary>
internal sealed class LayoutMarks
{
    private readonly byte[][] _marks;

    /// <summary>Finds the marks of some pieces of a layout, in which slots are filled.</summary>
    public LayoutMarks(params ReadOnlySpan<string> pieces)
    {
        HashSet<string> marks = new(StringComparer.Ordinal);
        foreach (string piece in pieces)
        {
            string[] lines = piece.Split('\n', '\r');
            for (int i = 0; i < lines.Length; i++)
            {
                string mark = lines[i].Trim();
                if (mark.Length > 0 && (i == 0 || !LooksLikeName(mark)))
                {
                    marks.Add(mark);
                }
            }
        }

        _marks = [.. marks.OrderByDescending(mark => mark.Length).ThenBy(mark => mark, StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The first mark of two characters or more in a text, which a name cannot have; null if there is none.</summary>
    public string? FindIn(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[]? found = Array.Find(_marks, mark => mark.Length > 1 && bytes.AsSpan().IndexOf(mark) >= 0);
        return found is null ? null : Encoding.UTF8.GetString(found);
    }

    /// <summary>Checks that nothing on a card looks like the beginning or the end of a turn.</summary>
    /// <exception cref="PersonaException">Something does.</exception>
    public void Check(Persona persona)
    {
        void Require(string text, string path)
        {
            if (FindIn(text) is { } mark)
            {
                throw new PersonaException(
                    persona.Name, path, $"contains '{mark}', with which the stage's layout marks turns: write it otherwise");
            }
        }

        Require(persona.Name, "$.name");
        Require(persona.Mood, "$.mood");
        foreach (PersonaFact fact in persona.Facts)
        {
            Require(fact.Key, $"$.facts.{fact.Key}");
            Require(fact.Value, $"$.facts.{fact.Key}");
        }

        for (int i = 0; i < persona.Style.Count; i++)
        {
            Require(persona.Style[i], $"$.style[{i}]");
        }

        for (int i = 0; i < persona.Examples.Count; i++)
        {
            Require(persona.Examples[i].Hears, $"$.examples[{i}].hears");
            Require(persona.Examples[i].Says, $"$.examples[{i}].says");
        }
    }

    /// <summary>Makes a space of the first character of every mark in a line, until there is none.</summary>
    public void Break(Span<byte> line)
    {
        bool isBroken = true;
        while (isBroken)
        {
            // A space that broke one mark may have made another.
            isBroken = false;
            foreach (byte[] mark in _marks)
            {
                for (int at = line.IndexOf(mark); at >= 0; at = line.IndexOf(mark))
                {
                    Rune.DecodeFromUtf8(mark, out _, out int length);
                    line.Slice(at, length).Fill((byte)' ');
                    isBroken = true;
                }
            }
        }
    }

    private static bool LooksLikeName(string mark) =>
        mark.All(character => char.IsLetterOrDigit(character) || character is ' ' or ':' or '\'' or '-' or '.' or ',' or '\u2019');
}
