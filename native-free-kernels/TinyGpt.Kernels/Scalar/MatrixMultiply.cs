namespace TinyGpt.Kernels;

public readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedRows activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount)
    {
        for (int row = 0; row < activations.Rows; row++)
        {
            for (int n = firstPanel * PanelLayout.RowsPerPanel; n < (firstPanel + panelCount) * PanelLayout.RowsPerPanel; n++)
            {
                float accumulator = bias == null ? 0f : bias[n];
                for (int group = 0; group < weights.Groups; group++)
                {
                    byte* packed = PackedGroup(weights, n, group, out int lane);
                    float weightScale = ((float*)(packed + weights.GroupBytes - PanelLayout.GroupScaleBytes))[lane];
                    sbyte* quads = activations.Locate(row, group, out int quadStride, out nint scaleIndex);

                    int dot = 0;
                    for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                    {
                        int weight = weights.Precision == WeightPrecision.Int4 ? PackedInt4(packed, lane, i) : PackedWeight(packed, lane, i);
                        dot += weight * quads[(i / PanelLayout.InputsPerQuad * quadStride) + (i % PanelLayout.InputsPerQuad)];
                    }

                    accumulator = MathF.FusedMultiplyAdd(dot, weightScale * activations.Scales[scaleIndex], accumulator);
                }

                output[(row * outputStride) + n] = accumulator;
            }
        }
    }

    /// <summary>The group that holds some inputs of output <paramref name="n"/>, and that output's lane.</summary>
    private static byte* PackedGroup(in PackedMatrix weights, int n, int group, out int lane)
    {
        lane = n % PanelLayout.RowsPerPanel;
        return weights.Panel(n / PanelLayout.RowsPerPanel) + ((nint)group * weights.GroupBytes);
    }

    /// <summary>The weight of one lane for input <paramref name="i"/> of a group.</summary>
    private static sbyte PackedWeight(byte* group, int lane, int i)
    {
        int quad = i / PanelLayout.InputsPerQuad;
        return (sbyte)group[(quad * PanelLayout.QuadBytes) + (lane * PanelLayout.InputsPerQuad) + (i % PanelLayout.InputsPerQuad)];
    }

    /// <summary>The same of 4-bit weights: the second half of the quads lies in the high halves of the first half's bytes.</summary>
    private static int PackedInt4(byte* group, int lane, int i)
    {
        int quad = i / PanelLayout.InputsPerQuad;
        int block = quad % PanelLayout.BlocksPerGroup;
        byte pair = group[(block * PanelLayout.QuadBytes) + (lane * PanelLayout.InputsPerQuad) + (i % PanelLayout.InputsPerQuad)];
        int stored = quad < PanelLayout.BlocksPerGroup ? pair & 0xF : pair >> 4;
        return stored - PanelLayout.Int4Offset;
    }
}
