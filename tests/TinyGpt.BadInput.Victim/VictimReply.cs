using System.Globalization;

namespace TinyGpt.BadInput.Victim;

/// <summary>How a load ended.</summary>
public enum LoadResult
{
    /// <summary>With a <see cref="ModelFormatException"/>, or a <see cref="SnapshotException"/> for a saved session.</summary>
    Refused,

    /// <summary>With a <see cref="FileNotFoundException"/>.</summary>
    Missing,

    /// <summary>The file was loaded and used.</summary>
    Loaded,

    /// <summary>With any other exception, while loading or in use: never right.</summary>
    Broken,
}

/// <summary>What the victim tells of one load.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Milliseconds">How long loading took.</param>
/// <param name="AllocatedBytes">Managed bytes allocated while loading, whether collected since or not.</param>
/// <param name="PeakBytes">How far resident memory rose above where it stood before.</param>
/// <param name="Message">The exception's, or empty.</param>
public sealed record VictimReply(LoadResult Result, double Milliseconds, long AllocatedBytes, long PeakBytes, string Message)
{
    private const int LongestMessage = 4000;

    /// <summary>The reply as one line.</summary>
    public string ToLine()
    {
        string message = Message.Length <= LongestMessage ? Message : Message[..LongestMessage];
        message = string.Create(message.Length, message, static (line, text) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) || text[i] is '\u2028' or '\u2029' ? '?' : text[i];
            }
        });
        return string.Create(CultureInfo.InvariantCulture, $"{Result}\t{Milliseconds:F3}\t{AllocatedBytes}\t{PeakBytes}\t{message}");
    }

    /// <summary>Reads a line of <see cref="ToLine"/>.</summary>
    public static VictimReply Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] parts = line.Split('\t', 5);
        return new VictimReply(
            Enum.Parse<LoadResult>(parts[0]),
            double.Parse(parts[1], CultureInfo.InvariantCulture),
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            long.Parse(parts[3], CultureInfo.InvariantCulture),
            parts[4]);
    }
}
