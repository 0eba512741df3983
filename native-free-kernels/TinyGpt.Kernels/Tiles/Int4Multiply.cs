using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels;

/// <summary>
/// The matrix kernel for 4-bit weights, once for all instruction sets: they differ in how a quad is unpacked and in how its products are
/// added, which is <typeparamref name="TSums"/>. The rows of a tile share each unpacked quad.
/// <para>Lanes: as with int8, one lane an output; a tier takes as many outputs at a time as leave registers for six rows.</para>
/// <para>Exactness: weights are unpacked as weight + 8, so Σ (weight + 8) · activation is exact in integers, and -8 · Σ activation, which
/// every quantized row brings along, makes it the group's dot product. |dot| stays below 64 · 15 · 127 + 8 · 64 · 127, far inside 32 bits.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero, stored as 8.</para>
/// </summary>
internal readonly unsafe struct Int4Multiply<TSums, TQuad> : ITileKernel
    where TSums : struct, IInt4Sums<TSums, TQuad>
    where TQuad : struct
{
    private const int Row = PanelLayout.InputsPerQuad;

    // How far ahead one row asks for its weights, a line each time around, as with int8 on AVX2 (DECISIONS.md).
    private const int SingleRowDistance = 4 * PanelLayout.Int4GroupBytes;

    // The most quads between two calls of Widen are eight: four blocks.
    private const int BlocksAtOnce = PanelLayout.BlocksPerGroup / 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TRows>(in TileOperands tile)
        where TRows : struct, ICount
    {
        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        int* sums = tile.Sums;
        byte* ahead = tile.Ahead;
        for (int group = tile.Groups; group > 0; group--)
        {
            if (TRows.Count > 1 && Sse.IsSupported)
            {
                WeightPrefetch.Next(ref ahead, tile.AheadBytes);
            }

            float* weightScales = (float*)(panel + PanelLayout.Int4GroupWeightBytes);
            for (int first = 0; first < PanelLayout.RowsPerPanel; first += TSums.Outputs)
            {
                MultiplyPart<TRows>(
                    panel + (first * Row), values, weightScales + first, scales, sums, tile.Output + first, tile.OutputStride);
            }

            panel += PanelLayout.Int4GroupBytes;
            values += TRows.Count * PanelLayout.InputsPerGroup;
            scales += TRows.Count;
            sums += TRows.Count;
        }
    }

    /// <summary>Multiplies a group's weights of some outputs by all rows of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyPart<TRows>(
        byte* blocks, sbyte* values, float* weightScales, float* scales, int* sums, float* output, nint stride)
        where TRows : struct, ICount
    {
        TSums sums0 = default;
        TSums sums1 = default;
        TSums sums2 = default;
        TSums sums3 = default;
        TSums sums4 = default;
        TSums sums5 = default;
        sbyte* highValues = values + (PanelLayout.BlocksPerGroup * TRows.Count * Row);
        if (TRows.Count == 1)
        {
            // Low and high quads have sums of their own, which halves the chain of additions that one row would wait for.
            for (int block = 0; block < PanelLayout.BlocksPerGroup; block++)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(blocks + SingleRowDistance);
                }

                sums0.Add(TSums.LowQuad(blocks), values);
                sums1.Add(TSums.HighQuad(blocks), highValues);
                blocks += PanelLayout.QuadBytes;
                values += Row;
                highValues += Row;
            }

            sums0.Widen();
            sums1.Widen();
            sums0.Join(sums1);
        }
        else
        {
            for (int half = 0; half < PanelLayout.BlocksPerGroup / BlocksAtOnce; half++)
            {
                for (int block = 0; block < BlocksAtOnce; block++)
                {
                    AddQuad<TRows>(TSums.LowQuad(blocks), values, ref sums0, ref sums1, ref sums2, ref sums3, ref sums4, ref sums5);
                    AddQuad<TRows>(TSums.HighQuad(blocks), highValues, ref sums0, ref sums1, ref sums2, ref sums3, ref sums4, ref sums5);
                    blocks += PanelLayout.QuadBytes;
                    values += TRows.Count * Row;
                    highValues += TRows.Count * Row;
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
        if (TRows.Count > 1)
        {
            sums1.AddGroup(output + stride, weightScales, scales[1], Correction(sums[1]));
        }

        if (TRows.Count > 2)
        {
            sums2.AddGroup(output + (2 * stride), weightScales, scales[2], Correction(sums[2]));
        }

        if (TRows.Count > 3)
        {
            sums3.AddGroup(output + (3 * stride), weightScales, scales[3], Correction(sums[3]));
        }

        if (TRows.Count > 4)
        {
            sums4.AddGroup(output + (4 * stride), weightScales, scales[4], Correction(sums[4]));
        }

        if (TRows.Count > 5)
        {
            sums5.AddGroup(output + (5 * stride), weightScales, scales[5], Correction(sums[5]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Correction(int sum) => -PanelLayout.Int4Offset * sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddQuad<TRows>(
        TQuad quad,
        sbyte* values,
        ref TSums sums0,
        ref TSums sums1,
        ref TSums sums2,
        ref TSums sums3,
        ref TSums sums4,
        ref TSums sums5)
        where TRows : struct, ICount
    {
        sums0.Add(quad, values);
        sums1.Add(quad, values + Row);
        if (TRows.Count > 2)
        {
            sums2.Add(quad, values + (2 * Row));
        }

        if (TRows.Count > 3)
        {
            sums3.Add(quad, values + (3 * Row));
        }

        if (TRows.Count > 4)
        {
            sums4.Add(quad, values + (4 * Row));
        }

        if (TRows.Count > 5)
        {
            sums5.Add(quad, values + (5 * Row));
        }
    }
}
