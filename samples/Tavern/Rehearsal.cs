using System.Diagnostics;

namespace TinyGpt.Samples.Tavern;

/// <summary>The game without a terminal and without waiting: keys come from a script, and the last frame is kept as text.</summary>
internal sealed class Rehearsal
{
    /// <summary>Frames after which nothing is new any more: code is compiled and every person has been drawn.</summary>
    public const int WarmUpFrames = 120;

    private readonly TavernGame _game;
    private readonly Screen _screen = new();
    private readonly FrameGraph _graph = new();
    private readonly double[] _ticks;

    /// <summary>Plays.</summary>
    /// <param name="game">A game that has just begun.</param>
    /// <param name="script">The player's keys.</param>
    /// <param name="frames">How many frames, 1 or more.</param>
    public Rehearsal(TavernGame game, Script script, int frames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        _game = game;
        _ticks = new double[frames];
        for (int frame = 0; frame < frames; frame++)
        {
            script.Play(frame, game);
            long start = Stopwatch.GetTimestamp();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            game.Update();
            long updated = GC.GetAllocatedBytesForCurrentThread();
            _ticks[frame] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            _graph.Record(_ticks[frame], game.Stage.ComputedTokens);
            TavernView.Draw(game, _graph, _screen);
            _screen.Present(Stream.Null);
            if (frame >= WarmUpFrames)
            {
                UpdateBytes += updated - allocated;
                DrawingBytes += GC.GetAllocatedBytesForCurrentThread() - updated;
            }
        }
    }

    /// <summary>Bytes that walking and talking allocated after the warm-up.</summary>
    public long UpdateBytes { get; }

    /// <summary>Bytes that drawing allocated after the warm-up.</summary>
    public long DrawingBytes { get; }

    /// <summary>The last frame: 24 lines of 80 characters.</summary>
    public string LastFrame => _screen.ToString();

    /// <summary>A line of figures.</summary>
    public string Figures
    {
        get
        {
            double[] sorted = [.. _ticks.Skip(Math.Min(WarmUpFrames, _ticks.Length - 1)).Order()];
            string all = FormattableString.Invariant(
                $"{_ticks.Length} frames: {_game.Stage.ComputedTokens} tokens, {_game.Stage.MemoryPlan.Total >> 20} MiB planned; ");
            string warm = FormattableString.Invariant(
                $"after the first {WarmUpFrames}: median {sorted[sorted.Length / 2]:F2} ms a frame, worst {sorted[^1]:F2} ms, ");
            return all + warm + FormattableString.Invariant($"{UpdateBytes} bytes allocated by the game and {DrawingBytes} by drawing");
        }
    }
}
