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
                    float weightScale = ((float*)(packed + PanelLayout.GroupWeightBytes))[lane];
                    sbyte* quads = activations.Locate(row, group, out int quadStride, out nint scaleIndex);

                    int dot = 0;
                    for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                    {
                        dot += PackedWeight(packed, lane, i)
                            * quads[(i / PanelLayout.InputsPerQuad * quadStride) + (i % PanelLayout.InputsPerQuad)];
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
        return weights.Panel(n / PanelLayout.RowsPerPanel) + ((nint)group * PanelLayout.GroupBytes);
    }

    /// <summary>The weight of one lane for input <paramref name="i"/> of a group.</summary>
    private static sbyte PackedWeight(byte* group, int lane, int i)
    {
        int quad = i / PanelLayout.InputsPerQuad;
        return (sbyte)group[(quad * PanelLayout.QuadBytes) + (lane * PanelLayout.InputsPerQuad) + (i % PanelLayout.InputsPerQuad)];
    }
}
