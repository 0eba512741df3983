using System.Text;

namespace TinyGpt.Samples.Tavern;

/// <summary>A line of a person, as far as it has been said.</summary>
internal sealed class Utterance
{
    private readonly char[] _text = new char[400];
    private int _length;
    private int _spokenFrom;

    /// <summary>The line with the speaker's name before it.</summary>
    public ReadOnlySpan<char> Line => _text.AsSpan(0, _length);

    /// <summary>The words alone.</summary>
    public ReadOnlySpan<char> Words => _text.AsSpan(_spokenFrom, _length - _spokenFrom);

    /// <summary>Whether the player says it.</summary>
    public bool IsPlayers { get; private set; }

    /// <summary>Begins anew.</summary>
    public void Begin(string speaker, bool isPlayers)
    {
        _length = 0;
        Append(speaker);
        Append(": ");
        _spokenFrom = _length;
        IsPlayers = isPlayers;
    }

    /// <summary>Adds words; what does not fit any more is dropped.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        text = text[..Math.Min(text.Length, _text.Length - _length)];
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>Adds words in UTF-8.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        if (_length + utf8.Length <= _text.Length)
        {
            _length += Encoding.UTF8.GetChars(utf8, _text.AsSpan(_length));
        }
    }
}

/// <summary>What was said last in the room, the newest at the bottom of a panel.</summary>
internal sealed class TalkPanel
{
    private const int Kept = 32; // far more than can be heard at a time, so that no line is reused while it is spoken

    private readonly Utterance[] _utterances = new Utterance[Kept];
    private int _count;

    public TalkPanel()
    {
        for (int i = 0; i < Kept; i++)
        {
            _utterances[i] = new Utterance();
        }
    }

    /// <summary>How many utterances there were.</summary>
    public int Count => _count;

    /// <summary>Begins an utterance.</summary>
    public Utterance Begin(string speaker, bool isPlayers = false)
    {
        Utterance utterance = _utterances[_count++ % Kept];
        utterance.Begin(speaker, isPlayers);
        return utterance;
    }

    /// <summary>Draws as many as fit.</summary>
    public void Draw(Screen screen, int top, int rows)
    {
        int bottom = top + rows;
        for (int i = 1; i <= Math.Min(_count, Kept) && bottom > top; i++)
        {
            Utterance utterance = _utterances[(_count - i) % Kept];
            int lines = LineWrap.Count(utterance.Line, Screen.Width - 2, out _);
            bottom -= lines;
            LineWrap wrap = new(utterance.Line, Screen.Width - 2);
            for (int row = bottom; wrap.MoveNext(); row++)
            {
                if (row >= top)
                {
                    screen.Write(1, row, wrap.Current, utterance.IsPlayers ? Ink.Player : Ink.Plain);
                }
            }
        }
    }
}
