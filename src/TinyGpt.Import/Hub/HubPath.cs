using System.Globalization;
using System.Text;

namespace TinyGpt.Import.Hub;

/// <summary>
/// Decides which names of files from a hub may become files on this machine. What is refused is refused on every system, so that a
/// model that can be pulled on one can be pulled on all.
/// </summary>
internal static class HubPath
{
    private const int LongestPart = 200; // bytes: systems take 255, and a file that is not complete has a longer name
    private const int LongestPath = 512;
    private const int MostParts = 8;

    // Windows opens devices by these names, whatever extension follows.
    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
        "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    /// <summary>Whether a path stays in its folder and can be a file on every system.</summary>
    /// <param name="path">A relative path with <c>/</c> between its parts.</param>
    public static bool IsSafe(string path)
    {
        string[] parts = path.Split('/');
        return path.Length <= LongestPath && parts.Length <= MostParts && parts.All(IsSafePart);
    }

    /// <summary>The place of a file in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">A path that <see cref="IsSafe"/> accepts.</param>
    public static string PlaceIn(string folder, string path)
    {
        string full = Path.GetFullPath(Path.Combine(folder, path));
        string start = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        return full.StartsWith(start, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException($"'{Show(path)}' is not in its folder.", nameof(path));
    }

    /// <summary>A name from a server as it may be shown, cut where it is long.</summary>
    public static string Show(string path)
    {
        const int Longest = 100;
        return TerminalText.Show(path.Length > Longest ? path[..Longest] + "…" : path);
    }

    private static bool IsSafePart(string part) =>
        part.Length > 0 && Encoding.UTF8.GetByteCount(part) <= LongestPart
        && part is not ("." or "..")
        && part[^1] is not ('.' or ' ') && part[0] != ' '
        && !part.Any(letter => IsUnseen(letter) || letter is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
        && !Devices.Contains(part.Split('.')[0].TrimEnd(' '));

    // Format characters turn the direction of text around, so that a name reads as another.
    private static bool IsUnseen(char letter) =>
        char.IsControl(letter) || char.IsSurrogate(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.Format;
}
