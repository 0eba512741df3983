using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeon;

/// <summary>
/// The matrix kernel on Advanced SIMD without dot-product instructions.
/// <para>Lanes: a k-block (64 bytes, 16 outputs × 4 inputs) is four registers of four outputs. A group is read four times, once for each register,
/// so that two sums for each of six tokens fit the registers. Two k-blocks are multiplied into 16-bit products, whose pairs are
/// added to 32-bit sums: an output has two neighbouring lanes until the group's end, where one pairwise addition joins them.</para>
/// <para>Exactness: a 16-bit lane holds two products, at most 2 · 128 · 127 = 32512 in magnitude.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero; a group's 16 k-blocks are eight pairs.</para>
/// </summary>
internal readonly unsafe struct NeonMatrixMultiply : ITileKernel
{
    private const int OutputsPerRegister = 4;
    private const int RegisterBytes = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTokens>(in TileOperands tile)
        where TTokens : struct, ICount
    {
        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        for (int group = tile.Groups; group > 0; group--)
        {
            float* weightScales = (float*)(panel + PanelLayout.GroupWeightBytes);
            for (int register = 0; register < PanelLayout.OutputsPerPanel / OutputsPerRegister; register++)
            {
                MultiplyQuarter<TTokens>(
                    (sbyte*)panel + (register * RegisterBytes),
                    values,
                    AdvSimd.LoadVector128(weightScales + (register * OutputsPerRegister)),
                    scales,
                    tile.Output + (register * OutputsPerRegister),
                    tile.OutputStride);
            }

            panel += PanelLayout.GroupBytes;
            values += TTokens.Count * PanelLayout.InputsPerGroup;
            scales += TTokens.Count;
        }
    }

    private static void MultiplyQuarter<TTokens>(
        sbyte* weights, sbyte* values, Vector128<float> weightScales, float* scales, float* output, nint stride)
        where TTokens : struct, ICount
    {
        const int Row = PanelLayout.InputsPerKBlock;

        Vector128<int> low0 = default;
        Vector128<int> high0 = default;
        Vector128<int> low1 = default;
        Vector128<int> high1 = default;
        Vector128<int> low2 = default;
        Vector128<int> high2 = default;
        Vector128<int> low3 = default;
        Vector128<int> high3 = default;
        Vector128<int> low4 = default;
        Vector128<int> high4 = default;
        Vector128<int> low5 = default;
        Vector128<int> high5 = default;
        for (int pair = 0; pair < PanelLayout.KBlocksPerGroup / 2; pair++)
        {
            Vector128<sbyte> first = AdvSimd.LoadVector128(weights);
            Vector128<sbyte> second = AdvSimd.LoadVector128(weights + PanelLayout.KBlockBytes);
            sbyte* secondValues = values + (TTokens.Count * Row);
            AddProducts(ref low0, ref high0, first, second, values, secondValues);
            if (TTokens.Count > 1)
            {
                AddProducts(ref low1, ref high1, first, second, values + Row, secondValues + Row);
            }

            if (TTokens.Count > 2)
            {
                AddProducts(ref low2, ref high2, first, second, values + (2 * Row), secondValues + (2 * Row));
            }

            if (TTokens.Count > 3)
            {
                AddProducts(ref low3, ref high3, first, second, values + (3 * Row), secondValues + (3 * Row));
            }

            if (TTokens.Count > 4)
            {
                AddProducts(ref low4, ref high4, first, second, values + (4 * Row), secondValues + (4 * Row));
            }

            if (TTokens.Count > 5)
            {
                AddProducts(ref low5, ref high5, first, second, values + (5 * Row), secondValues + (5 * Row));
            }

            weights += 2 * PanelLayout.KBlockBytes;
            values += 2 * TTokens.Count * Row;
        }

        AddGroup(output, AdvSimd.Arm64.AddPairwise(low0, high0), weightScales, scales[0]);
        if (TTokens.Count > 1)
        {
            AddGroup(output + stride, AdvSimd.Arm64.AddPairwise(low1, high1), weightScales, scales[1]);
        }

        if (TTokens.Count > 2)
        {
            AddGroup(output + (2 * stride), AdvSimd.Arm64.AddPairwise(low2, high2), weightScales, scales[2]);
        }

        if (TTokens.Count > 3)
        {
            AddGroup(output + (3 * stride), AdvSimd.Arm64.AddPairwise(low3, high3), weightScales, scales[3]);
        }

        if (TTokens.Count > 4)
        {
            AddGroup(output + (4 * stride), AdvSimd.Arm64.AddPairwise(low4, high4), weightScales, scales[4]);
        }

        if (TTokens.Count > 5)
        {
            AddGroup(output + (5 * stride), AdvSimd.Arm64.AddPairwise(low5, high5), weightScales, scales[5]);
        }
    }

    /// <summary>Adds four outputs' scaled sums to their accumulators; the other kernels of ARM end their groups the same way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddGroup(float* output, Vector128<int> sums, Vector128<float> weightScales, float scale) =>
        AdvSimd.Store(
            output,
            AdvSimd.FusedMultiplyAdd(
                AdvSimd.LoadVector128(output), AdvSimd.ConvertToSingle(sums), weightScales * Vector128.Create(scale)));

    /// <summary>Adds the products of two k-blocks: outputs 0 and 1 to <paramref name="low"/>, 2 and 3 to <paramref name="high"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProducts(
        ref Vector128<int> low,
        ref Vector128<int> high,
        Vector128<sbyte> first,
        Vector128<sbyte> second,
        sbyte* values,
        sbyte* secondValues)
    {
        Vector128<sbyte> firstInputs = AdvSimd.LoadAndReplicateToVector128((int*)values).AsSByte();
        Vector128<sbyte> secondInputs = AdvSimd.LoadAndReplicateToVector128((int*)secondValues).AsSByte();
        Vector128<short> lowProducts = AdvSimd.MultiplyWideningLower(first.GetLower(), firstInputs.GetLower());
        Vector128<short> highProducts = AdvSimd.MultiplyWideningUpper(first, firstInputs);
        lowProducts = AdvSimd.MultiplyWideningLowerAndAdd(lowProducts, second.GetLower(), secondInputs.GetLower());
        highProducts = AdvSimd.MultiplyWideningUpperAndAdd(highProducts, second, secondInputs);
        low = AdvSimd.AddPairwiseWideningAndAdd(low, lowProducts);
        high = AdvSimd.AddPairwiseWideningAndAdd(high, highProducts);
    }
}
