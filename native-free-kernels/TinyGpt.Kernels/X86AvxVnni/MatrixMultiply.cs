using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx2;

namespace TinyGpt.Kernels.X86AvxVnni;

/// <summary>
/// The matrix kernel on the 256-bit dot product of AVX-VNNI.
/// <para>Lanes: a k-block (64 bytes, 16 outputs × 4 inputs) is two registers, outputs 0-7 and 8-15, one 32-bit lane an output. A token's four
/// inputs are broadcast to all lanes, so each lane collects its own output's dot product.</para>
/// <para>Exactness: the instruction multiplies unsigned by signed bytes and adds four products to a 32-bit lane without saturation. The
/// weight's sign bit is flipped, which adds 128 and makes it unsigned; the group's sum starts at -128 · Σ activation, which takes the
/// surplus away again. |sum| stays below 64 · 255 · 128, far inside 32 bits.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero.</para>
/// </summary>
internal readonly unsafe struct AvxVnniMatrixMultiply : ITileKernel
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
        Vector256<byte> flip = Vector256.Create((byte)0x80);
        for (int group = tile.Groups; group > 0; group--)
        {
            WeightPrefetch.Next(ref ahead, tile.AheadBytes);
            Vector256<int> low0 = Begin(sums, 0);
            Vector256<int> high0 = low0;
            Vector256<int> low1 = TTokens.Count > 1 ? Begin(sums, 1) : default;
            Vector256<int> high1 = low1;
            Vector256<int> low2 = TTokens.Count > 2 ? Begin(sums, 2) : default;
            Vector256<int> high2 = low2;
            Vector256<int> low3 = TTokens.Count > 3 ? Begin(sums, 3) : default;
            Vector256<int> high3 = low3;
            Vector256<int> low4 = TTokens.Count > 4 ? Begin(sums, 4) : default;
            Vector256<int> high4 = low4;
            Vector256<int> low5 = TTokens.Count > 5 ? Begin(sums, 5) : default;
            Vector256<int> high5 = low5;
            byte* end = panel + PanelLayout.GroupWeightBytes;
            do
            {
                Vector256<byte> low = Vector256.Load(panel) ^ flip;
                Vector256<byte> high = Vector256.Load(panel + 32) ^ flip;
                Vector256<sbyte> inputs = Broadcast(values);
                low0 = AvxVnni.MultiplyWideningAndAdd(low0, low, inputs);
                high0 = AvxVnni.MultiplyWideningAndAdd(high0, high, inputs);

                if (TTokens.Count > 1)
                {
                    inputs = Broadcast(values + Row);
                    low1 = AvxVnni.MultiplyWideningAndAdd(low1, low, inputs);
                    high1 = AvxVnni.MultiplyWideningAndAdd(high1, high, inputs);
                }

                if (TTokens.Count > 2)
                {
                    inputs = Broadcast(values + (2 * Row));
                    low2 = AvxVnni.MultiplyWideningAndAdd(low2, low, inputs);
                    high2 = AvxVnni.MultiplyWideningAndAdd(high2, high, inputs);
                }

                if (TTokens.Count > 3)
                {
                    inputs = Broadcast(values + (3 * Row));
                    low3 = AvxVnni.MultiplyWideningAndAdd(low3, low, inputs);
                    high3 = AvxVnni.MultiplyWideningAndAdd(high3, high, inputs);
                }

                if (TTokens.Count > 4)
                {
                    inputs = Broadcast(values + (4 * Row));
                    low4 = AvxVnni.MultiplyWideningAndAdd(low4, low, inputs);
                    high4 = AvxVnni.MultiplyWideningAndAdd(high4, high, inputs);
                }

                if (TTokens.Count > 5)
                {
                    inputs = Broadcast(values + (5 * Row));
                    low5 = AvxVnni.MultiplyWideningAndAdd(low5, low, inputs);
                    high5 = AvxVnni.MultiplyWideningAndAdd(high5, high, inputs);
                }

                panel += PanelLayout.KBlockBytes;
                values += TTokens.Count * Row;
            }
            while (panel < end);

            Vector256<float> lowScales = Vector256.Load((float*)panel);
            Vector256<float> highScales = Vector256.Load((float*)panel + 8);
            Avx2MatrixMultiply.AddGroup(output, low0, high0, lowScales, highScales, scales[0]);

            if (TTokens.Count > 1)
            {
                Avx2MatrixMultiply.AddGroup(output + stride, low1, high1, lowScales, highScales, scales[1]);
            }

            if (TTokens.Count > 2)
            {
                Avx2MatrixMultiply.AddGroup(output + (2 * stride), low2, high2, lowScales, highScales, scales[2]);
            }

            if (TTokens.Count > 3)
            {
                Avx2MatrixMultiply.AddGroup(output + (3 * stride), low3, high3, lowScales, highScales, scales[3]);
            }

            if (TTokens.Count > 4)
            {
                Avx2MatrixMultiply.AddGroup(output + (4 * stride), low4, high4, lowScales, highScales, scales[4]);
            }

            if (TTokens.Count > 5)
            {
                Avx2MatrixMultiply.AddGroup(output + (5 * stride), low5, high5, lowScales, highScales, scales[5]);
            }

            panel += PanelLayout.GroupScaleBytes;
            scales += TTokens.Count;
            sums += TTokens.Count;
        }
    }

    /// <summary>
    /// One token is bound by memory, so computing must not delay loading. Four k-blocks at a time have separate sums,
    /// which hides the latency of the dot product. Integer sums may be split and joined freely.
    /// </summary>
    /// <remarks>Measured and no faster: software prefetch at any distance. Slower: two panels at a time.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyRow(in TileOperands tile)
    {
        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        Vector256<byte> flip = Vector256.Create((byte)0x80);
        Vector256<float> lowOutput = Vector256.Load(tile.Output);
        Vector256<float> highOutput = Vector256.Load(tile.Output + 8);
        for (int group = 0; group < tile.Groups; group++)
        {
            Vector256<int> low0 = Begin(tile.Sums, group);
            Vector256<int> high0 = low0;
            Vector256<int> low1 = default;
            Vector256<int> high1 = default;
            Vector256<int> low2 = default;
            Vector256<int> high2 = default;
            Vector256<int> low3 = default;
            Vector256<int> high3 = default;
            byte* end = panel + PanelLayout.GroupWeightBytes;
            do
            {
                Vector256<sbyte> inputs = Broadcast(values);
                low0 = AvxVnni.MultiplyWideningAndAdd(low0, Vector256.Load(panel) ^ flip, inputs);
                high0 = AvxVnni.MultiplyWideningAndAdd(high0, Vector256.Load(panel + 32) ^ flip, inputs);
                inputs = Broadcast(values + 4);
                low1 = AvxVnni.MultiplyWideningAndAdd(low1, Vector256.Load(panel + 64) ^ flip, inputs);
                high1 = AvxVnni.MultiplyWideningAndAdd(high1, Vector256.Load(panel + 96) ^ flip, inputs);
                inputs = Broadcast(values + 8);
                low2 = AvxVnni.MultiplyWideningAndAdd(low2, Vector256.Load(panel + 128) ^ flip, inputs);
                high2 = AvxVnni.MultiplyWideningAndAdd(high2, Vector256.Load(panel + 160) ^ flip, inputs);
                inputs = Broadcast(values + 12);
                low3 = AvxVnni.MultiplyWideningAndAdd(low3, Vector256.Load(panel + 192) ^ flip, inputs);
                high3 = AvxVnni.MultiplyWideningAndAdd(high3, Vector256.Load(panel + 224) ^ flip, inputs);
                panel += 4 * PanelLayout.KBlockBytes;
                values += 4 * PanelLayout.InputsPerKBlock;
            }
            while (panel < end);

            Vector256<int> low = low0 + low1 + (low2 + low3);
            Vector256<int> high = high0 + high1 + (high2 + high3);
            Vector256<float> scale = Vector256.Create(tile.Scales[group]);
            lowOutput = Fma.MultiplyAdd(Avx.ConvertToVector256Single(low), Vector256.Load((float*)panel) * scale, lowOutput);
            highOutput = Fma.MultiplyAdd(Avx.ConvertToVector256Single(high), Vector256.Load((float*)panel + 8) * scale, highOutput);
            panel += PanelLayout.GroupScaleBytes;
        }

        lowOutput.Store(tile.Output);
        highOutput.Store(tile.Output + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Begin(int* sums, int token) => Vector256.Create(-128 * sums[token]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* values) => Avx2.BroadcastScalarToVector256((int*)values).AsSByte();
}
