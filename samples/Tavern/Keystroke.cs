namespace TinyGpt.Samples.Tavern;

/// <summary>Keys that mean something in the tavern.</summary>
internal enum Key
{
    Character,
    Left,
    Right,
    Up,
    Down,
    Enter,
    Backspace,
    Escape,
}

/// <summary>A key that was pressed.</summary>
/// <param name="Key">Which.</param>
/// <param name="Character">What it types, for <see cref="Key.Character"/>.</param>
internal readonly record struct Keystroke(Key Key, char Character = '\0')
{
    /// <summary>A key of the console, or null for one without meaning.</summary>
    public static Keystroke? From(ConsoleKeyInfo info) => info.Key switch
    {
        ConsoleKey.LeftArrow => new Keystroke(Key.Left),
        ConsoleKey.RightArrow => new Keystroke(Key.Right),
        ConsoleKey.UpArrow => new Keystroke(Key.Up),
        ConsoleKey.DownArrow => new Keystroke(Key.Down),
        ConsoleKey.Enter => new Keystroke(Key.Enter),
        ConsoleKey.Backspace => new Keystroke(Key.Backspace),
        ConsoleKey.Escape => new Keystroke(Key.Escape),
        _ => info.KeyChar is '\r' or '\n' ? new Keystroke(Key.Enter)
            : char.IsControl(info.KeyChar) ? null
            : new Keystroke(Key.Character, info.KeyChar),
    };
}
