using System.Diagnostics;

namespace TinyGpt.Perf;

/// <summary>When the frames of a loop of 60 a second begin. Not thread-safe.</summary>
internal sealed class FrameClock
{
    private const double FrameMilliseconds = 1000.0 / 60;

    private long _start;
    private int _frames;

    /// <summary>Whether the frame that was waited for has begun.</summary>
    public bool IsTime => Remaining <= 0;

    private double Remaining => (_frames * FrameMilliseconds) - Stopwatch.GetElapsedTime(_start).TotalMilliseconds;

    /// <summary>Begins with the first frame.</summary>
    public void Start()
    {
        _start = Stopwatch.GetTimestamp();
        _frames = 0;
    }

    /// <summary>From now on it is the next frame that is waited for.</summary>
    public void EndFrame() => _frames++;

    /// <summary>Sleeps until the frame begins.</summary>
    public void Sleep()
    {
        if (Remaining is > 0 and double milliseconds)
        {
            Thread.Sleep(TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
