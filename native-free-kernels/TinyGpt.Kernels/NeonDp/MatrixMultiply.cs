using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace TinyGpt.Kernels;

/// <summary>
/// The matrix kernel on the dot-product extension of Advanced SIMD.
/// <para>Lanes: a quad (64 bytes, 16 outputs × 4 inputs) is four registers of four outputs, one 32-bit lane an output. Six token rows need
/// 24 sums, which with the weights and one broadcast fit the 32 registers. One row alone has its inputs contiguous, so one load
/// serves four quads and the instruction selects the quad.</para>
/// <para>Exactness: <c>sdot</c> adds four signed products to a 32-bit lane without saturation.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero.</para>
/// </summary>
internal readonly unsafe struct NeonDpMatrixMultiply : ITileKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TRows>(in TileOperands tile)
        where TRows : struct, ICount
    {
        const int Row = PanelLayout.InputsPerQuad;

        sbyte* panel = (sbyte*)tile.Panel;
        sbyte* values = tile.Values;
        float* scales = tile.Scales;
        float* output = tile.Output;
        nint stride = tile.OutputStride;
        for (int group = tile.Groups; group > 0; group--)
        {
            Sums sums0 = default;
            Sums sums1 = default;
            Sums sums2 = default;
            Sums sums3 = default;
            Sums sums4 = default;
            Sums sums5 = default;
            if (TRows.Count == 1)
            {
                for (int i = 0; i < PanelLayout.InputsPerGroup; i += 4 * Row)
                {
                    Vector128<sbyte> inputs = AdvSimd.LoadVector128(values + i);
                    sums0.AddSelected(panel, inputs, 0);
                    sums0.AddSelected(panel + PanelLayout.QuadBytes, inputs, 1);
                    sums0.AddSelected(panel + (2 * PanelLayout.QuadBytes), inputs, 2);
                    sums0.AddSelected(panel + (3 * PanelLayout.QuadBytes), inputs, 3);
                    panel += 4 * PanelLayout.QuadBytes;
                }

                values += PanelLayout.InputsPerGroup;
            }
            else
            {
                for (int quad = 0; quad < PanelLayout.QuadsPerGroup; quad++)
                {
                    Vector128<sbyte> a = AdvSimd.LoadVector128(panel);
                    Vector128<sbyte> b = AdvSimd.LoadVector128(panel + 16);
                    Vector128<sbyte> c = AdvSimd.LoadVector128(panel + 32);
                    Vector128<sbyte> d = AdvSimd.LoadVector128(panel + 48);
                    sums0.Add(a, b, c, d, values);
                    sums1.Add(a, b, c, d, values + Row);
                    if (TRows.Count > 2)
                    {
                        sums2.Add(a, b, c, d, values + (2 * Row));
                    }

                    if (TRows.Count > 3)
                    {
                        sums3.Add(a, b, c, d, values + (3 * Row));
                    }

                    if (TRows.Count > 4)
                    {
                        sums4.Add(a, b, c, d, values + (4 * Row));
                    }

                    if (TRows.Count > 5)
                    {
                        sums5.Add(a, b, c, d, values + (5 * Row));
                    }

                    panel += PanelLayout.QuadBytes;
                    values += TRows.Count * Row;
                }
            }

            sums0.AddGroup(output, (float*)panel, scales[0]);
            if (TRows.Count > 1)
            {
                sums1.AddGroup(output + stride, (float*)panel, scales[1]);
            }

            if (TRows.Count > 2)
            {
                sums2.AddGroup(output + (2 * stride), (float*)panel, scales[2]);
            }

            if (TRows.Count > 3)
            {
                sums3.AddGroup(output + (3 * stride), (float*)panel, scales[3]);
            }

            if (TRows.Count > 4)
            {
                sums4.AddGroup(output + (4 * stride), (float*)panel, scales[4]);
            }

            if (TRows.Count > 5)
            {
                sums5.AddGroup(output + (5 * stride), (float*)panel, scales[5]);
            }

            panel += PanelLayout.GroupScaleBytes;
            scales += TRows.Count;
        }
    }

    /// <summary>The sums of one token row: 16 outputs in four registers.</summary>
    private struct Sums
    {
        private Vector128<int> _a;
        private Vector128<int> _b;
        private Vector128<int> _c;
        private Vector128<int> _d;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector128<sbyte> a, Vector128<sbyte> b, Vector128<sbyte> c, Vector128<sbyte> d, sbyte* values)
        {
            Vector128<sbyte> inputs = AdvSimd.LoadAndReplicateToVector128((int*)values).AsSByte();
            _a = Dp.DotProduct(_a, a, inputs);
            _b = Dp.DotProduct(_b, b, inputs);
            _c = Dp.DotProduct(_c, c, inputs);
            _d = Dp.DotProduct(_d, d, inputs);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddSelected(sbyte* quad, Vector128<sbyte> inputs, [ConstantExpected(Max = (byte)3)] byte selected)
        {
            _a = Dp.DotProductBySelectedQuadruplet(_a, AdvSimd.LoadVector128(quad), inputs, selected);
            _b = Dp.DotProductBySelectedQuadruplet(_b, AdvSimd.LoadVector128(quad + 16), inputs, selected);
            _c = Dp.DotProductBySelectedQuadruplet(_c, AdvSimd.LoadVector128(quad + 32), inputs, selected);
            _d = Dp.DotProductBySelectedQuadruplet(_d, AdvSimd.LoadVector128(quad + 48), inputs, selected);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void AddGroup(float* output, float* weightScales, float scale)
        {
            NeonMatrixMultiply.AddGroup(output, _a, AdvSimd.LoadVector128(weightScales), scale);
            NeonMatrixMultiply.AddGroup(output + 4, _b, AdvSimd.LoadVector128(weightScales + 4), scale);
            NeonMatrixMultiply.AddGroup(output + 8, _c, AdvSimd.LoadVector128(weightScales + 8), scale);
            NeonMatrixMultiply.AddGroup(output + 12, _d, AdvSimd.LoadVector128(weightScales + 12), scale);
        }
    }
}
