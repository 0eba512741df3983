using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeonDp;

/// <summary>
/// The matrix kernel on the dot-product extension of Advanced SIMD.
/// <para>Lanes: a k-block (64 bytes, 16 outputs × 4 inputs) is four registers of four outputs, one 32-bit lane an output. Six tokens need
/// 24 sums, which with the weights and one broadcast fit the 32 registers. One token alone has its inputs contiguous, so one load
/// serves four k-blocks and the instruction selects the k-block.</para>
/// <para>Exactness: <c>sdot</c> adds four signed products to a 32-bit lane without saturation.</para>
/// <para>Remainders: none. Panels, groups and tiles are whole; padding is zero.</para>
/// </summary>
internal readonly unsafe struct NeonDpMatrixMultiply : ITileKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTokens>(in TileOperands tile)
        where TTokens : struct, ICount
    {
        const int Row = PanelLayout.InputsPerKBlock;

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
            if (TTokens.Count == 1)
            {
                for (int i = 0; i < PanelLayout.InputsPerGroup; i += 4 * Row)
                {
                    Vector128<sbyte> inputs = AdvSimd.LoadVector128(values + i);
                    sums0.AddSelected(panel, inputs, 0);
                    sums0.AddSelected(panel + PanelLayout.KBlockBytes, inputs, 1);
                    sums0.AddSelected(panel + (2 * PanelLayout.KBlockBytes), inputs, 2);
                    sums0.AddSelected(panel + (3 * PanelLayout.KBlockBytes), inputs, 3);
                    panel += 4 * PanelLayout.KBlockBytes;
                }

                values += PanelLayout.InputsPerGroup;
            }
            else
            {
                for (int kBlock = 0; kBlock < PanelLayout.KBlocksPerGroup; kBlock++)
                {
                    Vector128<sbyte> a = AdvSimd.LoadVector128(panel);
                    Vector128<sbyte> b = AdvSimd.LoadVector128(panel + 16);
                    Vector128<sbyte> c = AdvSimd.LoadVector128(panel + 32);
                    Vector128<sbyte> d = AdvSimd.LoadVector128(panel + 48);
                    sums0.Add(a, b, c, d, values);
                    sums1.Add(a, b, c, d, values + Row);
                    if (TTokens.Count > 2)
                    {
                        sums2.Add(a, b, c, d, values + (2 * Row));
                    }

                    if (TTokens.Count > 3)
                    {
                        sums3.Add(a, b, c, d, values + (3 * Row));
                    }

                    if (TTokens.Count > 4)
                    {
                        sums4.Add(a, b, c, d, values + (4 * Row));
                    }

                    if (TTokens.Count > 5)
                    {
                        sums5.Add(a, b, c, d, values + (5 * Row));
                    }

                    panel += PanelLayout.KBlockBytes;
                    values += TTokens.Count * Row;
                }
            }

            sums0.AddGroup(output, (float*)panel, scales[0]);
            if (TTokens.Count > 1)
            {
                sums1.AddGroup(output + stride, (float*)panel, scales[1]);
            }

            if (TTokens.Count > 2)
            {
                sums2.AddGroup(output + (2 * stride), (float*)panel, scales[2]);
            }

            if (TTokens.Count > 3)
            {
                sums3.AddGroup(output + (3 * stride), (float*)panel, scales[3]);
            }

            if (TTokens.Count > 4)
            {
                sums4.AddGroup(output + (4 * stride), (float*)panel, scales[4]);
            }

            if (TTokens.Count > 5)
            {
                sums5.AddGroup(output + (5 * stride), (float*)panel, scales[5]);
            }

            panel += PanelLayout.GroupScaleBytes;
            scales += TTokens.Count;
        }
    }

    /// <summary>The sums of one token: 16 outputs in four registers.</summary>
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
        public void AddSelected(sbyte* kBlock, Vector128<sbyte> inputs, [ConstantExpected(Max = (byte)3)] byte selected)
        {
            _a = Dp.DotProductBySelectedQuadruplet(_a, AdvSimd.LoadVector128(kBlock), inputs, selected);
            _b = Dp.DotProductBySelectedQuadruplet(_b, AdvSimd.LoadVector128(kBlock + 16), inputs, selected);
            _c = Dp.DotProductBySelectedQuadruplet(_c, AdvSimd.LoadVector128(kBlock + 32), inputs, selected);
            _d = Dp.DotProductBySelectedQuadruplet(_d, AdvSimd.LoadVector128(kBlock + 48), inputs, selected);
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
