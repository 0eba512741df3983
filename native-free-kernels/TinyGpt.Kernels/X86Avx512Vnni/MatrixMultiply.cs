using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx512;

namespace TinyGpt.Kernels.X86Avx512Vnni;

/// <summary>
/// The matrix kernel on the 512-bit dot product of AVX-512 VNNI.
/// <para>Lanes: a k-block (64 bytes, 16 outputs × 4 inputs) is one register, one 32-bit lane an output. A token's four inputs are broadcast
/// to all lanes, so each lane collects its own output's dot product.</para>
/// <para>Exactness: as on AVX-VNNI. The weight's sign bit is flipped, which adds 128 and makes it unsigned; the group's sum starts at
/// -128 · Σ activation, which takes the surplus away again. |sum| stays below 64 · 255 · 128, far inside 32 bits.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero.</para>
/// </summary>
internal readonly unsafe struct Avx512VnniMatrixMultiply : ITileKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTokens>(in TileOperands tile)
        where TTokens : struct, ICount
    {
        if (TTokens.Count == 1)
        {
            MultiplyRow(tile);
            return;
        }

        const int Row = PanelLayout.InputsPerKBlock;

        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        int* sums = tile.Sums;
        float* output = tile.Output;
        nint stride = tile.OutputStride;
        byte* ahead = tile.Ahead;
        Vector512<byte> flip = Vector512.Create((byte)0x80);
        for (int group = tile.Groups; group > 0; group--)
        {
            WeightPrefetch.Next(ref ahead, tile.AheadBytes);
            Vector512<int> sum0 = Begin(sums, 0);
            Vector512<int> sum1 = Begin(sums, 1);
            Vector512<int> sum2 = TTokens.Count > 2 ? Begin(sums, 2) : default;
            Vector512<int> sum3 = TTokens.Count > 3 ? Begin(sums, 3) : default;
            Vector512<int> sum4 = TTokens.Count > 4 ? Begin(sums, 4) : default;
            Vector512<int> sum5 = TTokens.Count > 5 ? Begin(sums, 5) : default;
            byte* end = panel + PanelLayout.GroupWeightBytes;
            do
            {
                Vector512<byte> weights = Vector512.Load(panel) ^ flip;
                sum0 = Avx512DotProduct.MultiplyAdd(sum0, weights, Broadcast(values));
                sum1 = Avx512DotProduct.MultiplyAdd(sum1, weights, Broadcast(values + Row));
                if (TTokens.Count > 2)
                {
                    sum2 = Avx512DotProduct.MultiplyAdd(sum2, weights, Broadcast(values + (2 * Row)));
                }

                if (TTokens.Count > 3)
                {
                    sum3 = Avx512DotProduct.MultiplyAdd(sum3, weights, Broadcast(values + (3 * Row)));
                }

                if (TTokens.Count > 4)
                {
                    sum4 = Avx512DotProduct.MultiplyAdd(sum4, weights, Broadcast(values + (4 * Row)));
                }

                if (TTokens.Count > 5)
                {
                    sum5 = Avx512DotProduct.MultiplyAdd(sum5, weights, Broadcast(values + (5 * Row)));
                }

                panel += PanelLayout.KBlockBytes;
                values += TTokens.Count * Row;
            }
            while (panel < end);

            Vector512<float> weightScales = Vector512.Load((float*)panel);
            Avx512MatrixMultiply.AddGroup(output, sum0, weightScales, scales[0]);
            Avx512MatrixMultiply.AddGroup(output + stride, sum1, weightScales, scales[1]);
            if (TTokens.Count > 2)
            {
                Avx512MatrixMultiply.AddGroup(output + (2 * stride), sum2, weightScales, scales[2]);
            }

            if (TTokens.Count > 3)
            {
                Avx512MatrixMultiply.AddGroup(output + (3 * stride), sum3, weightScales, scales[3]);
            }

            if (TTokens.Count > 4)
            {
                Avx512MatrixMultiply.AddGroup(output + (4 * stride), sum4, weightScales, scales[4]);
            }

            if (TTokens.Count > 5)
            {
                Avx512MatrixMultiply.AddGroup(output + (5 * stride), sum5, weightScales, scales[5]);
            }

            panel += PanelLayout.GroupScaleBytes;
            scales += TTokens.Count;
            sums += TTokens.Count;
        }
    }

    /// <summary>
    /// One token is bound by memory, so computing must not delay loading. Four k-blocks at a time have separate sums,
    /// which hides the latency of the dot product; integer sums may be split and joined at will.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyRow(in TileOperands tile)
    {
        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        Vector512<byte> flip = Vector512.Create((byte)0x80);
        Vector512<float> output = Vector512.Load(tile.Output);
        for (int group = 0; group < tile.Groups; group++)
        {
            Vector512<int> sum0 = Begin(tile.Sums, group);
            Vector512<int> sum1 = default;
            Vector512<int> sum2 = default;
            Vector512<int> sum3 = default;
            byte* end = panel + PanelLayout.GroupWeightBytes;
            do
            {
                sum0 = Avx512DotProduct.MultiplyAdd(sum0, Vector512.Load(panel) ^ flip, Broadcast(values));
                sum1 = Avx512DotProduct.MultiplyAdd(sum1, Vector512.Load(panel + 64) ^ flip, Broadcast(values + 4));
                sum2 = Avx512DotProduct.MultiplyAdd(sum2, Vector512.Load(panel + 128) ^ flip, Broadcast(values + 8));
                sum3 = Avx512DotProduct.MultiplyAdd(sum3, Vector512.Load(panel + 192) ^ flip, Broadcast(values + 12));
                panel += 4 * PanelLayout.KBlockBytes;
                values += 4 * PanelLayout.InputsPerKBlock;
            }
            while (panel < end);

            Vector512<float> dot = Avx512F.ConvertToVector512Single(sum0 + sum1 + (sum2 + sum3));
            output = Avx512F.FusedMultiplyAdd(dot, Vector512.Load((float*)panel) * Vector512.Create(tile.Scales[group]), output);
            panel += PanelLayout.GroupScaleBytes;
        }

        output.Store(tile.Output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Begin(int* sums, int token) => Vector512.Create(-128 * sums[token]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Broadcast(sbyte* values) => Vector512.Create(*(int*)values).AsSByte();
}
