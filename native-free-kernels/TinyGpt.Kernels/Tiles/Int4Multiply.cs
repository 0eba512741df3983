using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tiles;

/// <summary>
/// The matrix kernel for 4-bit weights, once for all instruction sets: they differ in how a k-block is unpacked and in how its products are
/// added, which is <typeparamref name="TSums"/>. The tokens of a tile share each unpacked k-block.
/// <para>Lanes: as with int8, one lane an output; a tier takes as many outputs at a time as leave registers for six tokens.</para>
/// <para>Exactness: weights are unpacked as weight + 8, so Σ (weight + 8) · activation is exact in integers, and -8 · Σ activation, which
/// every quantized token brings along, makes it the group's dot product. |dot| stays below 64 · 15 · 127 + 8 · 64 · 127, far inside 32 bits.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero, stored as 8.</para>
/// </summary>
internal readonly unsafe struct Int4Multiply<TSums, TKBlock> : ITileKernel
    where TSums : struct, IInt4Sums<TSums, TKBlock>
    where TKBlock : struct
{
    private const int Row = PanelLayout.InputsPerKBlock;

    // How far ahead one token asks for its weights, a line each time around, as with int8 on AVX2 (DECISIONS.md).
    private const int SingleRowDistance = 4 * PanelLayout.Int4GroupBytes;

    // The most k-blocks between two calls of Widen are eight: four blocks.
    private const int BlocksAtOnce = PanelLayout.KBlockPairsPerGroup / 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTokens>(in TileOperands tile)
        where TTokens : struct, ICount
    {
        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        int* sums = tile.Sums;
        byte* ahead = tile.Ahead;
        for (int group = tile.Groups; group > 0; group--)
        {
            if (TTokens.Count > 1 && Sse.IsSupported)
            {
                WeightPrefetch.Next(ref ahead, tile.AheadBytes);
            }

            float* weightScales = (float*)(panel + PanelLayout.Int4GroupWeightBytes);
            for (int first = 0; first < PanelLayout.OutputsPerPanel; first += TSums.Outputs)
            {
                MultiplyPart<TTokens>(
                    panel + (first * Row), values, weightScales + first, scales, sums, tile.Output + first, tile.OutputStride);
            }

            panel += PanelLayout.Int4GroupBytes;
            values += TTokens.Count * PanelLayout.InputsPerGroup;
            scales += TTokens.Count;
            sums += TTokens.Count;
        }
    }

    /// <summary>Multiplies a group's weights of some outputs by all tokens of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyPart<TTokens>(
        byte* blocks, sbyte* values, float* weightScales, float* scales, int* sums, float* output, nint stride)
        where TTokens : struct, ICount
    {
        TSums sums0 = default;
        TSums sums1 = default;
        TSums sums2 = default;
        TSums sums3 = default;
        TSums sums4 = default;
        TSums sums5 = default;
        sbyte* highValues = values + (PanelLayout.KBlockPairsPerGroup * TTokens.Count * Row);
        if (TTokens.Count == 1)
        {
            // Low and high k-blocks have separate sums. That halves the chain of additions that one token would wait for.
            for (int block = 0; block < PanelLayout.KBlockPairsPerGroup; block++)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(blocks + SingleRowDistance);
                }

                sums0.Add(TSums.LowKBlock(blocks), values);
                sums1.Add(TSums.HighKBlock(blocks), highValues);
                blocks += PanelLayout.KBlockBytes;
                values += Row;
                highValues += Row;
            }

            sums0.Widen();
            sums1.Widen();
            sums0.Join(sums1);
        }
        else
        {
            for (int half = 0; half < PanelLayout.KBlockPairsPerGroup / BlocksAtOnce; half++)
            {
                for (int block = 0; block < BlocksAtOnce; block++)
                {
                    AddKBlock<TTokens>(TSums.LowKBlock(blocks), values, ref sums0, ref sums1, ref sums2, ref sums3, ref sums4, ref sums5);
                    AddKBlock<TTokens>(TSums.HighKBlock(blocks), highValues, ref sums0, ref sums1, ref sums2, ref sums3, ref sums4, ref sums5);
                    blocks += PanelLayout.KBlockBytes;
                    values += TTokens.Count * Row;
                    highValues += TTokens.Count * Row;
                }

                sums0.Widen();
                sums1.Widen();
                sums2.Widen();
                sums3.Widen();
                sums4.Widen();
                sums5.Widen();
            }
        }

        sums0.AddGroup(output, weightScales, scales[0], Correction(sums[0]));
        if (TTokens.Count > 1)
        {
            sums1.AddGroup(output + stride, weightScales, scales[1], Correction(sums[1]));
        }

        if (TTokens.Count > 2)
        {
            sums2.AddGroup(output + (2 * stride), weightScales, scales[2], Correction(sums[2]));
        }

        if (TTokens.Count > 3)
        {
            sums3.AddGroup(output + (3 * stride), weightScales, scales[3], Correction(sums[3]));
        }

        if (TTokens.Count > 4)
        {
            sums4.AddGroup(output + (4 * stride), weightScales, scales[4], Correction(sums[4]));
        }

        if (TTokens.Count > 5)
        {
            sums5.AddGroup(output + (5 * stride), weightScales, scales[5], Correction(sums[5]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Correction(int sum) => -PanelLayout.Int4Offset * sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddKBlock<TTokens>(
        TKBlock kBlock,
        sbyte* values,
        ref TSums sums0,
        ref TSums sums1,
        ref TSums sums2,
        ref TSums sums3,
        ref TSums sums4,
        ref TSums sums5)
        where TTokens : struct, ICount
    {
        sums0.Add(kBlock, values);
        sums1.Add(kBlock, values + Row);
        if (TTokens.Count > 2)
        {
            sums2.Add(kBlock, values + (2 * Row));
        }

        if (TTokens.Count > 3)
        {
            sums3.Add(kBlock, values + (3 * Row));
        }

        if (TTokens.Count > 4)
        {
            sums4.Add(kBlock, values + (4 * Row));
        }

        if (TTokens.Count > 5)
        {
            sums5.Add(kBlock, values + (5 * Row));
        }
    }
}
