using System.Diagnostics;

namespace TinyGpt.Decoding;

/// <summary>What is left of a budget during one step.</summary>
internal struct StepClock(long deadline, long slices)
{
    private bool _started;

    /// <summary>Ticks of <see cref="Stopwatch"/> until the deadline; negative once it has passed.</summary>
    public readonly long Remaining => deadline == long.MaxValue ? long.MaxValue : deadline - Stopwatch.GetTimestamp();

    /// <summary>When work that can stop at any piece stops; where slices are counted, a piece is a slice.</summary>
    public readonly long PieceDeadline => slices == long.MaxValue ? deadline : 0;

    /// <summary>Asks for the next slice.</summary>
    /// <param name="expectedTicks">How long it will take, as far as is known.</param>
    /// <returns>Whether it fits; the first one always does.</returns>
    public bool TryStartSlice(long expectedTicks)
    {
        if (_started && (slices == 0 || Remaining < expectedTicks))
        {
            return false;
        }

        _started = true;
        if (slices != long.MaxValue)
        {
            slices--;
        }

        return true;
    }
}
