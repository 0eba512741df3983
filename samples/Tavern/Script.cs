using System.Globalization;

namespace TinyGpt.Samples.Tavern;

/// <summary>
/// Keys by frame, for runs without a player. Each line is a frame and what happens from there: <c>30 right 12</c> walks twelve steps,
/// <c>200 say Hello!</c> types a line to the nearest person and says it. Empty lines and lines that begin with <c>#</c> do not count.
/// </summary>
internal sealed class Script
{
    private const int FramesPerKey = 3;

    /// <summary>A walk to the bar, and a talk with the innkeeper.</summary>
    public const string Demo = """
        5 up 2
        11 right 30
        101 down 1
        110 say How much is the stew?
        400 say Do you have work for me?
        """;

    private readonly List<(int Frame, Keystroke Stroke)> _strokes;
    private int _next;

    private Script(List<(int Frame, Keystroke Stroke)> strokes) => _strokes = strokes;

    /// <summary>Reads a script.</summary>
    /// <exception cref="FormatException">A line is not understood; the message says which and why.</exception>
    public static Script Parse(string text)
    {
        List<(int, Keystroke)> strokes = [];
        int number = 0;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.TrimEntries))
        {
            number++;
            if (line.Length > 0 && line[0] != '#')
            {
                strokes.AddRange(ParseLine(line, number));
            }
        }

        return new Script([.. strokes.OrderBy(stroke => stroke.Item1)]);
    }

    /// <summary>Presses the keys of a frame.</summary>
    public void Play(int frame, TavernGame game)
    {
        while (_next < _strokes.Count && _strokes[_next].Frame <= frame)
        {
            game.Press(_strokes[_next++].Stroke);
        }
    }

    private static IEnumerable<(int Frame, Keystroke Stroke)> ParseLine(string line, int number)
    {
        string[] parts = line.Split(' ', 3);
        if (parts.Length != 3 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int frame))
        {
            throw new FormatException($"Line {number}, '{line}', is no frame, verb and argument: write '30 right 12' or '200 say Hello!'.");
        }

        return parts[1] == "say" ? Type(frame, parts[2]) : Walk(frame, parts[1], parts[2], number);
    }

    private static IEnumerable<(int Frame, Keystroke Stroke)> Type(int frame, string text)
    {
        yield return (frame, new Keystroke(Key.Enter));
        foreach (char character in text)
        {
            frame += FramesPerKey;
            yield return (frame, new Keystroke(Key.Character, character));
        }

        yield return (frame + FramesPerKey, new Keystroke(Key.Enter));
    }

    private static IEnumerable<(int Frame, Keystroke Stroke)> Walk(int frame, string direction, string steps, int number)
    {
        Key key = direction switch
        {
            "left" => Key.Left,
            "right" => Key.Right,
            "up" => Key.Up,
            "down" => Key.Down,
            _ => throw new FormatException($"Line {number}: '{direction}' is no verb: use left, right, up, down or say."),
        };
        if (!int.TryParse(steps, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            throw new FormatException($"Line {number}: '{steps}' is no number of steps.");
        }

        return Enumerable.Range(0, count).Select(step => (frame + (step * FramesPerKey), new Keystroke(key)));
    }
}
