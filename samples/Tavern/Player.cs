namespace TinyGpt.Samples.Tavern;

/// <summary>The player: position, talk partner, and the line being typed.</summary>
internal sealed class Player
{
    /// <summary>The most characters in a line.</summary>
    public const int LongestLine = 48;

    private readonly char[] _line = new char[LongestLine];
    private readonly TalkPanel _panel;
    private int _length;

    public Player(TalkPanel panel) => _panel = panel;

    public int X { get; private set; } = 7;

    public int Y { get; private set; } = Room.Bottom - 2;

    /// <summary>The person that the line is typed for, or that was talked to last and still waits; null if there is none.</summary>
    public Patron? Partner { get; set; }

    /// <summary>Whether a line is being typed.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>The line so far.</summary>
    public ReadOnlySpan<char> Line => _line.AsSpan(0, _length);

    /// <summary>What was said last, while it is in the air.</summary>
    public Utterance? Said { get; private set; }

    /// <summary>Frames since then.</summary>
    public int SilentFrames { get; private set; }

    /// <summary>How far a patron is; a row counts as two columns, as cells are twice as high as wide.</summary>
    public float DistanceTo(Patron patron) => Math.Max(Math.Abs(patron.X - X), 2 * Math.Abs(patron.Y - Y));

    public void Move(Room room, int columns, int rows)
    {
        if (room.IsFree(X + columns, Y + rows))
        {
            X += columns;
            Y += rows;
        }
    }

    public void BeginTyping(Patron partner)
    {
        Partner = partner;
        IsTyping = true;
        _length = 0;
    }

    public void Type(char character)
    {
        // The tavern's folk read plain English.
        if (_length < LongestLine && char.IsAscii(character) && !char.IsControl(character))
        {
            _line[_length++] = character;
        }
    }

    public void Erase() => _length = Math.Max(0, _length - 1);

    public void StopTyping() => IsTyping = false;

    /// <summary>Says the line that was typed.</summary>
    public void Say()
    {
        IsTyping = false;
        SilentFrames = 0;
        Said = _panel.Begin("You", isPlayers: true);
        Said.Append(Line);
    }

    /// <summary>Removes the last line, because it is being answered.</summary>
    public void LetLineFade() => Said = null;

    /// <summary>Lets time pass.</summary>
    public void Update()
    {
        SilentFrames++;
        if (SilentFrames > Patron.LingeringFrames)
        {
            Said = null;
        }
    }
}
