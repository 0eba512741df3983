using System.Numerics;

namespace TinyGpt.Model;

/// <summary>Tells finite numbers from infinities and NaN.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether all values are finite. Costs a small part of a greedy choice among the same number of logits.</summary>
    public static bool Are(ReadOnlySpan<float> values)
    {
        // Zero times a finite number is a zero, whatever the sign; anything else makes the sum NaN and it stays that.
        Vector<float> sum = Vector<float>.Zero;
        while (values.Length >= Vector<float>.Count)
        {
            sum += new Vector<float>(values) * Vector<float>.Zero;
            values = values[Vector<float>.Count..];
        }

        foreach (float value in values)
        {
            sum += new Vector<float>(value * 0f);
        }

        return Vector.EqualsAll(sum, Vector<float>.Zero);
    }
}
