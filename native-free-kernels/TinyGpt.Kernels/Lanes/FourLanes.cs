using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels.Lanes;

/// <summary>The last two steps of the sum tree, lane i + lane i+2, then lane i + lane i+1: 128-bit vectors serve all machines.</summary>
internal static class FourLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value)
    {
        value += Vector128.Shuffle(value, Vector128.Create(2, 3, 2, 3));
        return value.ToScalar() + value.GetElement(1);
    }

    /// <summary>The largest of four lanes that are not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> value)
    {
        float left = value.ToScalar() > value.GetElement(2) ? value.ToScalar() : value.GetElement(2);
        float right = value.GetElement(1) > value.GetElement(3) ? value.GetElement(1) : value.GetElement(3);
        return left > right ? left : right;
    }

    /// <summary>Four sums at once: interleaving puts lanes i and i+2 of two vectors above each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SumEach(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> ab = Sse.UnpackLow(a, b) + Sse.UnpackHigh(a, b);
            Vector128<float> cd = Sse.UnpackLow(c, d) + Sse.UnpackHigh(c, d);
            return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
        }
        else
        {
            Vector128<double> ab = (AdvSimd.Arm64.ZipLow(a, b) + AdvSimd.Arm64.ZipHigh(a, b)).AsDouble();
            Vector128<double> cd = (AdvSimd.Arm64.ZipLow(c, d) + AdvSimd.Arm64.ZipHigh(c, d)).AsDouble();
            return AdvSimd.Arm64.ZipLow(ab, cd).AsSingle() + AdvSimd.Arm64.ZipHigh(ab, cd).AsSingle();
        }
    }

    /// <summary>Four sums of integers at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SumEach(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        Ssse3.IsSupported
            ? Ssse3.HorizontalAdd(Ssse3.HorizontalAdd(a, b), Ssse3.HorizontalAdd(c, d))
            : AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d));
}
