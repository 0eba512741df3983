namespace TinyGpt.Samples.Tavern;

/// <summary>What each of the last 60 frames took, as bars of eighth-blocks. Recording and drawing allocate nothing.</summary>
internal sealed class FrameGraph
{
    /// <summary>Frames that are shown.</summary>
    public const int Frames = 60;

    private const double MillisecondsPerEighth = 1; // a full block is half a frame

    private readonly double[] _milliseconds = new double[Frames];
    private readonly long[] _tokens = new long[Frames];
    private long _recorded;
    private long _lastTokens;

    /// <summary>Notes a frame.</summary>
    /// <param name="milliseconds">How long the game worked in it.</param>
    /// <param name="computedTokens">Tokens that the stage has computed since it was made.</param>
    public void Record(double milliseconds, long computedTokens)
    {
        int index = (int)(_recorded++ % Frames);
        _milliseconds[index] = milliseconds;
        _tokens[index] = computedTokens - _lastTokens;
        _lastTokens = computedTokens;
    }

    /// <summary>Draws two rows: bars and the longest frame; below them, at the right, tokens a second.</summary>
    public void Draw(Screen screen, int y)
    {
        double longest = 0;
        long tokens = 0;
        int shown = (int)Math.Min(_recorded, Frames);
        for (int i = 0; i < shown; i++)
        {
            int index = (int)((_recorded - shown + i) % Frames);
            double milliseconds = _milliseconds[index];
            longest = Math.Max(longest, milliseconds);
            tokens += _tokens[index];
            int eighths = Math.Clamp((int)Math.Ceiling(milliseconds / MillisecondsPerEighth), 1, 8);
            screen.Put(1 + Frames - shown + i, y, (char)('▁' + eighths - 1), eighths > 3 ? Ink.Bright : Ink.Wood);
        }

        screen.Write(62, y, "longest", Ink.Faint);
        screen.WriteNumber(76, y, longest, "F1", Ink.Plain);
        screen.Write(77, y, "ms", Ink.Faint);
        screen.WriteNumber(71, y + 1, tokens, "F0", Ink.Plain); // 60 frames are a second
        screen.Write(72, y + 1, "tokens/s", Ink.Faint);
    }
}
