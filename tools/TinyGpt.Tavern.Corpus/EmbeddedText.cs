using System.Reflection;
using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>The text files that are built into the program, by the path that they have in its folder.</summary>
internal static class EmbeddedText
{
    private static readonly Assembly Home = typeof(EmbeddedText).Assembly;

    /// <summary>The names of the files of a folder, in ordinal order: <c>Lines/</c> gives <c>Lines/prices.txt</c> and so on.</summary>
    public static IReadOnlyList<string> NamesIn(string folder) =>
        [.. Home.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The lines of a file, whatever line ends it was checked out with.</summary>
    public static IReadOnlyList<string> ReadLines(string name)
    {
        using Stream stream = Home.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not built into the program; add it to the project file.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line.TrimEnd());
        }

        return lines;
    }
}
