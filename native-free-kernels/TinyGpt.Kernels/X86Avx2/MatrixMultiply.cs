using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.X86Avx2;

/// <summary>
/// The matrix kernel on plain AVX2.
/// <para>Lanes: a k-block (64 bytes, 16 outputs × 4 inputs) is two registers, outputs 0-7 and 8-15, one 32-bit lane an output. With several tokens the
/// group is read twice, once for each half, because twelve sums of six tokens and the operands of both halves would not fit sixteen
/// registers. One token takes both halves of two k-blocks at a time, in four chains of sums, and keeps its outputs in registers.</para>
/// <para>Exactness: <c>maddubs</c> multiplies unsigned by signed bytes and saturates the sum of two products to 16 bits. It is fed
/// |weight| and the activation with the weight's sign: two products are at most 2 · 128 · 127 = 32512, so nothing saturates. <c>madd</c>
/// with ones adds the two pairs in 32 bits.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero.</para>
/// </summary>
internal readonly unsafe struct Avx2MatrixMultiply : ITileKernel
{
    private const int HalfKBlockBytes = PanelLayout.KBlockBytes / 2;
    private const int HalfPanelRows = PanelLayout.OutputsPerPanel / 2;
    private const int Row = PanelLayout.InputsPerKBlock;

    // How far ahead one token prefetches its weights, a cache line per iteration. Zen 1's own prefetcher does not look far enough (DECISIONS.md).
    private const int SingleRowDistance = 3 * PanelLayout.GroupBytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTokens>(in TileOperands tile)
        where TTokens : struct, ICount
    {
        if (TTokens.Count == 1)
        {
            MultiplyOne(tile);
            return;
        }

        byte* panel = tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        float* output = tile.Output;
        byte* ahead = tile.Ahead;
        for (int group = tile.Groups; group > 0; group--)
        {
            WeightPrefetch.Next(ref ahead, tile.AheadBytes);
            float* weightScales = (float*)(panel + PanelLayout.GroupWeightBytes);
            MultiplyHalf<TTokens>(panel, values, weightScales, scales, output, tile.OutputStride);
            MultiplyHalf<TTokens>(
                panel + HalfKBlockBytes, values, weightScales + HalfPanelRows, scales, output + HalfPanelRows, tile.OutputStride);
            panel += PanelLayout.GroupBytes;
            values += TTokens.Count * PanelLayout.InputsPerGroup;
            scales += TTokens.Count;
        }
    }

    /// <summary>Adds a group's scaled sums to the accumulators of one token; the AVX-VNNI kernel ends its groups the same way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddGroup(
        float* output, Vector256<int> low, Vector256<int> high, Vector256<float> lowScales, Vector256<float> highScales, float scale)
    {
        AddHalfGroup(output, low, lowScales, scale);
        AddHalfGroup(output + HalfPanelRows, high, highScales, scale);
    }

    /// <summary>The same for half a panel; the kernel for 4-bit weights ends its groups with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddHalfGroup(float* output, Vector256<int> sums, Vector256<float> weightScales, float scale) =>
        Fma.MultiplyAdd(Avx.ConvertToVector256Single(sums), weightScales * Vector256.Create(scale), Vector256.Load(output)).Store(output);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyHalf<TTokens>(
        byte* weights, sbyte* values, float* weightScales, float* scales, float* output, nint stride)
        where TTokens : struct, ICount
    {
        Vector256<short> ones = Vector256.Create((short)1);
        Vector256<int> sum0 = default;
        Vector256<int> sum1 = default;
        Vector256<int> sum2 = default;
        Vector256<int> sum3 = default;
        Vector256<int> sum4 = default;
        Vector256<int> sum5 = default;
        byte* end = weights + PanelLayout.GroupWeightBytes;
        do
        {
            // Two k-blocks per iteration. A core that shares its front end with another thread runs short of instructions, not of multipliers.
            AddKBlock<TTokens>(weights, values, ones, ref sum0, ref sum1, ref sum2, ref sum3, ref sum4, ref sum5);
            AddKBlock<TTokens>(
                weights + PanelLayout.KBlockBytes, values + (TTokens.Count * Row), ones, ref sum0, ref sum1, ref sum2, ref sum3, ref sum4, ref sum5);
            weights += 2 * PanelLayout.KBlockBytes;
            values += 2 * TTokens.Count * Row;
        }
        while (weights < end);

        Vector256<float> laneScales = Vector256.Load(weightScales);
        AddHalfGroup(output, sum0, laneScales, scales[0]);
        AddHalfGroup(output + stride, sum1, laneScales, scales[1]);

        if (TTokens.Count > 2)
        {
            AddHalfGroup(output + (2 * stride), sum2, laneScales, scales[2]);
        }

        if (TTokens.Count > 3)
        {
            AddHalfGroup(output + (3 * stride), sum3, laneScales, scales[3]);
        }

        if (TTokens.Count > 4)
        {
            AddHalfGroup(output + (4 * stride), sum4, laneScales, scales[4]);
        }

        if (TTokens.Count > 5)
        {
            AddHalfGroup(output + (5 * stride), sum5, laneScales, scales[5]);
        }
    }

    /// <summary>Adds the products of half a k-block and all tokens of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddKBlock<TTokens>(
        byte* weights,
        sbyte* values,
        Vector256<short> ones,
        ref Vector256<int> sum0,
        ref Vector256<int> sum1,
        ref Vector256<int> sum2,
        ref Vector256<int> sum3,
        ref Vector256<int> sum4,
        ref Vector256<int> sum5)
        where TTokens : struct, ICount
    {
        Vector256<sbyte> signed = Vector256.Load((sbyte*)weights);
        Vector256<byte> magnitude = Avx2.Abs(signed);
        sum0 += Dot(magnitude, signed, Broadcast(values), ones);
        sum1 += Dot(magnitude, signed, Broadcast(values + Row), ones);
        if (TTokens.Count > 2)
        {
            sum2 += Dot(magnitude, signed, Broadcast(values + (2 * Row)), ones);
        }

        if (TTokens.Count > 3)
        {
            sum3 += Dot(magnitude, signed, Broadcast(values + (3 * Row)), ones);
        }

        if (TTokens.Count > 4)
        {
            sum4 += Dot(magnitude, signed, Broadcast(values + (4 * Row)), ones);
        }

        if (TTokens.Count > 5)
        {
            sum5 += Dot(magnitude, signed, Broadcast(values + (5 * Row)), ones);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyOne(in TileOperands tile)
    {
        byte* weights = tile.Panel;
        sbyte* values = tile.Values;
        Vector256<short> ones = Vector256.Create((short)1);
        Vector256<float> low = Vector256.Load(tile.Output);
        Vector256<float> high = Vector256.Load(tile.Output + HalfPanelRows);
        for (int group = 0; group < tile.Groups; group++)
        {
            Vector256<int> low0 = default;
            Vector256<int> low1 = default;
            Vector256<int> high0 = default;
            Vector256<int> high1 = default;
            byte* end = weights + PanelLayout.GroupWeightBytes;
            do
            {
                Sse.Prefetch0(weights + SingleRowDistance);
                Sse.Prefetch0(weights + SingleRowDistance + PanelLayout.KBlockBytes);
                Vector256<sbyte> inputs = Broadcast(values);
                low0 += Dot(Vector256.Load((sbyte*)weights), inputs, ones);
                high0 += Dot(Vector256.Load((sbyte*)weights + HalfKBlockBytes), inputs, ones);
                inputs = Broadcast(values + PanelLayout.InputsPerKBlock);
                low1 += Dot(Vector256.Load((sbyte*)weights + PanelLayout.KBlockBytes), inputs, ones);
                high1 += Dot(Vector256.Load((sbyte*)weights + PanelLayout.KBlockBytes + HalfKBlockBytes), inputs, ones);
                weights += 2 * PanelLayout.KBlockBytes;
                values += 2 * PanelLayout.InputsPerKBlock;
            }
            while (weights < end);

            float* weightScales = (float*)weights;
            Vector256<float> scale = Vector256.Create(tile.Scales[group]);
            low = Fma.MultiplyAdd(Avx.ConvertToVector256Single(low0 + low1), Vector256.Load(weightScales) * scale, low);
            high = Fma.MultiplyAdd(Avx.ConvertToVector256Single(high0 + high1), Vector256.Load(weightScales + HalfPanelRows) * scale, high);
            weights += PanelLayout.GroupBytes - PanelLayout.GroupWeightBytes;
        }

        low.Store(tile.Output);
        high.Store(tile.Output + HalfPanelRows);
    }

    /// <summary>Four inputs of a token, for every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* values) => Avx2.BroadcastScalarToVector256((int*)values).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<sbyte> weights, Vector256<sbyte> inputs, Vector256<short> ones) =>
        Dot(Avx2.Abs(weights), weights, inputs, ones);

    /// <summary>Four products a lane, added up exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<byte> magnitude, Vector256<sbyte> signed, Vector256<sbyte> inputs, Vector256<short> ones) =>
        Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(magnitude, Avx2.Sign(inputs, signed)), ones);
}
