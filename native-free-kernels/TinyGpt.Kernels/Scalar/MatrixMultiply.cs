using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount)
    {
        for (int token = 0; token < activations.Tokens; token++)
        {
            for (int n = firstPanel * PanelLayout.OutputsPerPanel; n < (firstPanel + panelCount) * PanelLayout.OutputsPerPanel; n++)
            {
                float accumulator = bias == null ? 0f : bias[n];
                for (int group = 0; group < weights.Groups; group++)
                {
                    byte* packed = PackedGroup(weights, n, group, out int lane);
                    float weightScale = ((float*)(packed + weights.GroupBytes - PanelLayout.GroupScaleBytes))[lane];
                    sbyte* kBlocks = activations.Locate(token, group, out int kBlockStride, out nint scaleIndex);

                    int dot = 0;
                    for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                    {
                        int weight = weights.Precision == WeightPrecision.Int4 ? PackedInt4(packed, lane, i) : PackedWeight(packed, lane, i);
                        dot += weight * kBlocks[(i / PanelLayout.InputsPerKBlock * kBlockStride) + (i % PanelLayout.InputsPerKBlock)];
                    }

                    accumulator = MathF.FusedMultiplyAdd(dot, weightScale * activations.Scales[scaleIndex], accumulator);
                }

                output[(token * outputStride) + n] = accumulator;
            }
        }
    }

    /// <summary>The group that holds some inputs of output <paramref name="n"/>, and that output's lane.</summary>
    private static byte* PackedGroup(in PackedMatrix weights, int n, int group, out int lane)
    {
        lane = n % PanelLayout.OutputsPerPanel;
        return weights.Panel(n / PanelLayout.OutputsPerPanel) + ((nint)group * weights.GroupBytes);
    }

    /// <summary>The weight of one lane for input <paramref name="i"/> of a group.</summary>
    private static sbyte PackedWeight(byte* group, int lane, int i)
    {
        int kBlock = i / PanelLayout.InputsPerKBlock;
        return (sbyte)group[(kBlock * PanelLayout.KBlockBytes) + (lane * PanelLayout.InputsPerKBlock) + (i % PanelLayout.InputsPerKBlock)];
    }

    /// <summary>The same for 4-bit weights. The second half of the k-blocks is in the high halves of the first half's bytes.</summary>
    private static int PackedInt4(byte* group, int lane, int i)
    {
        int kBlock = i / PanelLayout.InputsPerKBlock;
        int block = kBlock % PanelLayout.KBlockPairsPerGroup;
        byte pair = group[(block * PanelLayout.KBlockBytes) + (lane * PanelLayout.InputsPerKBlock) + (i % PanelLayout.InputsPerKBlock)];
        int stored = kBlock < PanelLayout.KBlockPairsPerGroup ? pair & 0xF : pair >> 4;
        return stored - PanelLayout.Int4Offset;
    }
}
