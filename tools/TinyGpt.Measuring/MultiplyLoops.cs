using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.X86Avx512Vnni;

namespace TinyGpt.Measuring;

/// <summary>
/// A loop of one multiply-add instruction (or of the few that replace it) on twelve independent chains: more than latency times
/// throughput asks for on any processor so far, and few enough that everything stays in sixteen registers.
/// </summary>
internal interface IMultiplyLoop
{
    /// <summary>Multiply-adds of one pass: chains × lanes.</summary>
    static abstract long MultiplyAddsPerPass { get; }

    /// <summary>Runs the loop. Operands are read from the array and the chains' sum is written back to its first element.</summary>
    /// <param name="operands">64 floats.</param>
    /// <param name="passes">How often; 1 or more.</param>
    static abstract void Run(float[] operands, int passes);
}

/// <summary>vpdpbusd on 256 bits: 32 multiply-adds an instruction.</summary>
internal readonly struct AvxVnniIntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector256<int> first = Vector256.Create(operands).AsInt32();
        Vector256<byte> left = Vector256.Create(operands, 8).AsByte();
        Vector256<sbyte> right = Vector256.Create(operands, 16).AsSByte();
        Vector256<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector256<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = AvxVnni.MultiplyWideningAndAdd(chain0, left, right);
            chain1 = AvxVnni.MultiplyWideningAndAdd(chain1, left, right);
            chain2 = AvxVnni.MultiplyWideningAndAdd(chain2, left, right);
            chain3 = AvxVnni.MultiplyWideningAndAdd(chain3, left, right);
            chain4 = AvxVnni.MultiplyWideningAndAdd(chain4, left, right);
            chain5 = AvxVnni.MultiplyWideningAndAdd(chain5, left, right);
            chain6 = AvxVnni.MultiplyWideningAndAdd(chain6, left, right);
            chain7 = AvxVnni.MultiplyWideningAndAdd(chain7, left, right);
            chain8 = AvxVnni.MultiplyWideningAndAdd(chain8, left, right);
            chain9 = AvxVnni.MultiplyWideningAndAdd(chain9, left, right);
            chain10 = AvxVnni.MultiplyWideningAndAdd(chain10, left, right);
            chain11 = AvxVnni.MultiplyWideningAndAdd(chain11, left, right);
        }

        Vector256<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector256.Sum(sum);
    }
}

/// <summary>vpdpbusd on 512 bits: 64 multiply-adds an instruction.</summary>
internal readonly struct Avx512VnniIntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector512<int> first = Vector512.Create(operands).AsInt32();
        Vector512<byte> left = Vector512.Create(operands, 16).AsByte();
        Vector512<sbyte> right = Vector512.Create(operands, 32).AsSByte();
        Vector512<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector512<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Avx512DotProduct.MultiplyAdd(chain0, left, right);
            chain1 = Avx512DotProduct.MultiplyAdd(chain1, left, right);
            chain2 = Avx512DotProduct.MultiplyAdd(chain2, left, right);
            chain3 = Avx512DotProduct.MultiplyAdd(chain3, left, right);
            chain4 = Avx512DotProduct.MultiplyAdd(chain4, left, right);
            chain5 = Avx512DotProduct.MultiplyAdd(chain5, left, right);
            chain6 = Avx512DotProduct.MultiplyAdd(chain6, left, right);
            chain7 = Avx512DotProduct.MultiplyAdd(chain7, left, right);
            chain8 = Avx512DotProduct.MultiplyAdd(chain8, left, right);
            chain9 = Avx512DotProduct.MultiplyAdd(chain9, left, right);
            chain10 = Avx512DotProduct.MultiplyAdd(chain10, left, right);
            chain11 = Avx512DotProduct.MultiplyAdd(chain11, left, right);
        }

        Vector512<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector512.Sum(sum);
    }
}

/// <summary>maddubs, madd and add on 256 bits: 32 multiply-adds for three instructions.</summary>
/// <remarks>A chain feeds itself, so that no product is the same twice and none can be computed once for all.</remarks>
internal readonly struct Avx2IntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector256<int> first = Vector256.Create(operands).AsInt32();
        Vector256<sbyte> right = Vector256.Create(operands, 8).AsSByte();
        Vector256<short> ones = Vector256.Create((short)1);
        Vector256<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector256<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Step(chain0, right, ones);
            chain1 = Step(chain1, right, ones);
            chain2 = Step(chain2, right, ones);
            chain3 = Step(chain3, right, ones);
            chain4 = Step(chain4, right, ones);
            chain5 = Step(chain5, right, ones);
            chain6 = Step(chain6, right, ones);
            chain7 = Step(chain7, right, ones);
            chain8 = Step(chain8, right, ones);
            chain9 = Step(chain9, right, ones);
            chain10 = Step(chain10, right, ones);
            chain11 = Step(chain11, right, ones);
        }

        Vector256<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector256.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Step(Vector256<int> chain, Vector256<sbyte> right, Vector256<short> ones) =>
        chain + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(chain.AsByte(), right), ones);
}

/// <summary>maddubs, madd and add on 512 bits: 64 multiply-adds for three instructions.</summary>
/// <remarks>A chain feeds itself, so that no product is the same twice and none can be computed once for all.</remarks>
internal readonly struct Avx512IntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector512<int> first = Vector512.Create(operands).AsInt32();
        Vector512<sbyte> right = Vector512.Create(operands, 16).AsSByte();
        Vector512<short> ones = Vector512.Create((short)1);
        Vector512<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector512<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Step(chain0, right, ones);
            chain1 = Step(chain1, right, ones);
            chain2 = Step(chain2, right, ones);
            chain3 = Step(chain3, right, ones);
            chain4 = Step(chain4, right, ones);
            chain5 = Step(chain5, right, ones);
            chain6 = Step(chain6, right, ones);
            chain7 = Step(chain7, right, ones);
            chain8 = Step(chain8, right, ones);
            chain9 = Step(chain9, right, ones);
            chain10 = Step(chain10, right, ones);
            chain11 = Step(chain11, right, ones);
        }

        Vector512<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector512.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Step(Vector512<int> chain, Vector512<sbyte> right, Vector512<short> ones) =>
        chain + Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(chain.AsByte(), right), ones);
}

/// <summary>sdot on 128 bits: 16 multiply-adds an instruction.</summary>
internal readonly struct NeonDpIntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector128<int> first = Vector128.Create(operands).AsInt32();
        Vector128<sbyte> left = Vector128.Create(operands, 8).AsSByte();
        Vector128<sbyte> right = Vector128.Create(operands, 16).AsSByte();
        Vector128<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector128<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Dp.DotProduct(chain0, left, right);
            chain1 = Dp.DotProduct(chain1, left, right);
            chain2 = Dp.DotProduct(chain2, left, right);
            chain3 = Dp.DotProduct(chain3, left, right);
            chain4 = Dp.DotProduct(chain4, left, right);
            chain5 = Dp.DotProduct(chain5, left, right);
            chain6 = Dp.DotProduct(chain6, left, right);
            chain7 = Dp.DotProduct(chain7, left, right);
            chain8 = Dp.DotProduct(chain8, left, right);
            chain9 = Dp.DotProduct(chain9, left, right);
            chain10 = Dp.DotProduct(chain10, left, right);
            chain11 = Dp.DotProduct(chain11, left, right);
        }

        Vector128<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector128.Sum(sum);
    }
}

/// <summary>smull, smlal2 and sadalp on 128 bits: 16 multiply-adds for three instructions.</summary>
/// <remarks>A chain feeds itself, so that no product is the same twice and none can be computed once for all.</remarks>
internal readonly struct NeonIntegerLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector128<int> first = Vector128.Create(operands).AsInt32();
        Vector128<sbyte> right = Vector128.Create(operands, 8).AsSByte();
        Vector128<int> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector128<int> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Step(chain0, right);
            chain1 = Step(chain1, right);
            chain2 = Step(chain2, right);
            chain3 = Step(chain3, right);
            chain4 = Step(chain4, right);
            chain5 = Step(chain5, right);
            chain6 = Step(chain6, right);
            chain7 = Step(chain7, right);
            chain8 = Step(chain8, right);
            chain9 = Step(chain9, right);
            chain10 = Step(chain10, right);
            chain11 = Step(chain11, right);
        }

        Vector128<int> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector128.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Step(Vector128<int> chain, Vector128<sbyte> right)
    {
        Vector128<sbyte> left = chain.AsSByte();
        Vector128<short> products = AdvSimd.MultiplyWideningLower(left.GetLower(), right.GetLower());
        return AdvSimd.AddPairwiseWideningAndAdd(chain, AdvSimd.MultiplyWideningUpperAndAdd(products, left, right));
    }
}

/// <summary>The fused multiply-add of 4 floats.</summary>
internal readonly struct Vector128FloatLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector128<float> first = Vector128.Create(operands);
        Vector128<float> left = Vector128.Create(operands, 16);
        Vector128<float> right = Vector128.Create(operands, 32);
        Vector128<float> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector128<float> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = AdvSimd.FusedMultiplyAdd(chain0, left, right);
            chain1 = AdvSimd.FusedMultiplyAdd(chain1, left, right);
            chain2 = AdvSimd.FusedMultiplyAdd(chain2, left, right);
            chain3 = AdvSimd.FusedMultiplyAdd(chain3, left, right);
            chain4 = AdvSimd.FusedMultiplyAdd(chain4, left, right);
            chain5 = AdvSimd.FusedMultiplyAdd(chain5, left, right);
            chain6 = AdvSimd.FusedMultiplyAdd(chain6, left, right);
            chain7 = AdvSimd.FusedMultiplyAdd(chain7, left, right);
            chain8 = AdvSimd.FusedMultiplyAdd(chain8, left, right);
            chain9 = AdvSimd.FusedMultiplyAdd(chain9, left, right);
            chain10 = AdvSimd.FusedMultiplyAdd(chain10, left, right);
            chain11 = AdvSimd.FusedMultiplyAdd(chain11, left, right);
        }

        Vector128<float> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector128.Sum(sum);
    }
}

/// <summary>The fused multiply-add of 8 floats.</summary>
internal readonly struct Vector256FloatLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector256<float> first = Vector256.Create(operands);
        Vector256<float> left = Vector256.Create(operands, 16);
        Vector256<float> right = Vector256.Create(operands, 32);
        Vector256<float> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector256<float> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Fma.MultiplyAdd(left, right, chain0);
            chain1 = Fma.MultiplyAdd(left, right, chain1);
            chain2 = Fma.MultiplyAdd(left, right, chain2);
            chain3 = Fma.MultiplyAdd(left, right, chain3);
            chain4 = Fma.MultiplyAdd(left, right, chain4);
            chain5 = Fma.MultiplyAdd(left, right, chain5);
            chain6 = Fma.MultiplyAdd(left, right, chain6);
            chain7 = Fma.MultiplyAdd(left, right, chain7);
            chain8 = Fma.MultiplyAdd(left, right, chain8);
            chain9 = Fma.MultiplyAdd(left, right, chain9);
            chain10 = Fma.MultiplyAdd(left, right, chain10);
            chain11 = Fma.MultiplyAdd(left, right, chain11);
        }

        Vector256<float> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector256.Sum(sum);
    }
}

/// <summary>The fused multiply-add of 16 floats.</summary>
internal readonly struct Vector512FloatLoop : IMultiplyLoop
{
    private const int Chains = 12;

    public static long MultiplyAddsPerPass => Chains * 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float[] operands, int passes)
    {
        Vector512<float> first = Vector512.Create(operands);
        Vector512<float> left = Vector512.Create(operands, 16);
        Vector512<float> right = Vector512.Create(operands, 32);
        Vector512<float> chain0 = first, chain1 = first, chain2 = first, chain3 = first, chain4 = first, chain5 = first;
        Vector512<float> chain6 = first, chain7 = first, chain8 = first, chain9 = first, chain10 = first, chain11 = first;
        for (int pass = 0; pass < passes; pass++)
        {
            chain0 = Avx512F.FusedMultiplyAdd(left, right, chain0);
            chain1 = Avx512F.FusedMultiplyAdd(left, right, chain1);
            chain2 = Avx512F.FusedMultiplyAdd(left, right, chain2);
            chain3 = Avx512F.FusedMultiplyAdd(left, right, chain3);
            chain4 = Avx512F.FusedMultiplyAdd(left, right, chain4);
            chain5 = Avx512F.FusedMultiplyAdd(left, right, chain5);
            chain6 = Avx512F.FusedMultiplyAdd(left, right, chain6);
            chain7 = Avx512F.FusedMultiplyAdd(left, right, chain7);
            chain8 = Avx512F.FusedMultiplyAdd(left, right, chain8);
            chain9 = Avx512F.FusedMultiplyAdd(left, right, chain9);
            chain10 = Avx512F.FusedMultiplyAdd(left, right, chain10);
            chain11 = Avx512F.FusedMultiplyAdd(left, right, chain11);
        }

        Vector512<float> sum = chain0 + chain1 + chain2 + chain3 + chain4 + chain5 + chain6 + chain7 + chain8 + chain9 + chain10 + chain11;
        operands[0] = Vector512.Sum(sum);
    }
}
