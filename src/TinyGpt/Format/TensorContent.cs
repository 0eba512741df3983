using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Format;

/// <summary>
/// Checks that a tensor's bytes are numbers that the kernels may rely on: no int8 weight is -128, its scale is 0 … 1e18, every scale of
/// 4-bit weights and every float is within ±1e18, so that none is infinite or not a number and the square of each is finite. Padding is
/// held to the same.
/// </summary>
internal static unsafe class TensorContent
{
    /// <summary>The largest magnitude of a stored float32, scales included.</summary>
    public const float LargestMagnitude = 1e18f;

    private const byte ForbiddenWeight = 0x80;

    private static Vector256<uint> Limit => Vector256.Create(BitConverter.SingleToUInt32Bits(LargestMagnitude));

    /// <summary>Looks for the first number that is not allowed.</summary>
    /// <param name="data">The tensor: <see cref="TensorShape.Bytes"/> readable bytes, aligned to 64.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="problem">What is wrong there, or empty.</param>
    /// <returns>The byte within the tensor, or -1 if every number is allowed.</returns>
    public static long FindProblem(byte* data, TensorShape shape, out string problem) =>
        shape.Kind switch
        {
            TensorKind.Panels => FindInPanels(data, shape.Bytes, out problem),
            TensorKind.Int4Panels => FindInInt4Panels(data, shape.Bytes, out problem),
            _ => FindInFloats(data, shape.Bytes, out problem),
        };

    private static long FindInPanels(byte* data, long bytes, out string problem)
    {
        for (long group = 0; group < bytes; group += PanelLayout.GroupBytes)
        {
            ReadOnlySpan<byte> weights = new(data + group, PanelLayout.GroupWeightBytes);
            if (weights.Contains(ForbiddenWeight))
            {
                problem = "a weight is -128, and only -127 … 127 are allowed";
                return group + weights.IndexOf(ForbiddenWeight);
            }

            // As unsigned integers, the bits of 0 … limit are below those of everything else: larger, negative, infinite, not a number.
            byte* scales = data + group + PanelLayout.GroupWeightBytes;
            for (int i = 0; i < PanelLayout.GroupScaleBytes; i += Vector256<byte>.Count)
            {
                if (Vector256.GreaterThanAny(Vector256.Load((uint*)(scales + i)), Limit))
                {
                    problem = $"a scale is not in 0 … {LargestMagnitude}";
                    return group + PanelLayout.GroupWeightBytes + i;
                }
            }
        }

        problem = "";
        return -1;
    }

    // All sixteen values of a 4-bit weight are allowed, so only the scales can be wrong.
    private static long FindInInt4Panels(byte* data, long bytes, out string problem)
    {
        for (long scales = PanelLayout.Int4GroupWeightBytes; scales < bytes; scales += PanelLayout.Int4GroupBytes)
        {
            if (FindInFloats(data + scales, PanelLayout.GroupScaleBytes, out _) is >= 0 and long at)
            {
                problem = $"a scale is not finite or beyond ±{LargestMagnitude}";
                return scales + at;
            }
        }

        problem = "";
        return -1;
    }

    private static long FindInFloats(byte* data, long bytes, out string problem)
    {
        Vector256<uint> magnitude = Vector256.Create(0x7FFF_FFFFu);
        for (long i = 0; i < bytes; i += Vector256<byte>.Count)
        {
            if (Vector256.GreaterThanAny(Vector256.Load((uint*)(data + i)) & magnitude, Limit))
            {
                problem = $"a number is not finite or beyond ±{LargestMagnitude}";
                return i;
            }
        }

        problem = "";
        return -1;
    }
}
