namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// A text file of entries, one a line, under headings <c>## NAME</c>; <c>#</c> starts a comment. Entries before the first heading are in
/// the section with the empty name.
/// </summary>
internal sealed class SectionedList
{
    private readonly string _file;
    private readonly Dictionary<string, List<string>> _sections = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    private SectionedList(string file) => _file = file;

    /// <summary>The headings, in the file's order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The entries under a heading.</summary>
    public IReadOnlyList<string> this[string section] => _sections.TryGetValue(section, out List<string>? entries)
        ? entries
        : throw new TextFormatException(_file, 1, $"there is no section '## {section}'; add it.");

    /// <summary>Reads a file that is built into the program.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="words">Whether every word of a line is a separate entry.</param>
    /// <exception cref="TextFormatException">A heading or an entry is there twice.</exception>
    public static SectionedList Load(string file, bool words = false)
    {
        SectionedList list = new(file);
        string section = "";
        int number = 0;
        foreach (string line in EmbeddedText.ReadLines(file))
        {
            number++;
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..].Trim();
            }
            else if (line.Length > 0 && !line.StartsWith('#'))
            {
                foreach (string entry in words ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [line])
                {
                    list.Add(section, entry, number);
                }
            }
        }

        return list;
    }

    private void Add(string section, string entry, int number)
    {
        if (!_sections.TryGetValue(section, out List<string>? entries))
        {
            _sections.Add(section, entries = []);
            _names.Add(section);
        }

        if (entries.Contains(entry))
        {
            throw new TextFormatException(_file, number, $"'{entry}' is twice in the section '{section}'; remove one.");
        }

        entries.Add(entry);
    }
}
