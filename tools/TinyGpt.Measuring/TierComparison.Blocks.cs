using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Measuring;

/// <content>What later models than GPT-2 have in a block.</content>
internal sealed unsafe partial class TierComparison<TKernels>
{
    /// <summary>Compares RMS norm, the norm after a sum, the bare sum, the norm of a head and its rotation, and gates.</summary>
    public void CompareBlocks()
    {
        using NativeArena arena = new(1 << 20);
        float* start = arena.TakeFloats(Width);
        float* addend = arena.TakeFloats(Width);
        float* gain = arena.TakeFloats(Width);
        float* bias = arena.TakeFloats(Width);
        float* expected = arena.TakeFloats(Width);
        float* actual = arena.TakeFloats(Width);
        QuantizedActivations expectedRows = TakeRows(arena, 1);
        QuantizedActivations actualRows = TakeRows(arena, 1);
        for (int width = Width - PanelLayout.InputsPerGroup + 1; width <= Width; width++)
        {
            foreach (float* buffer in (float*[])[start, addend, gain, bias])
            {
                new Span<float>(buffer, Width).Clear();
                Randomize(buffer, width, 3f);
            }

            CopyTwice(start, expected, actual);
            ScalarKernels.AddRmsNormalizeQuantize(expected, addend, width, gain, 1e-5f, expectedRows, 0);
            TKernels.AddRmsNormalizeQuantize(actual, addend, width, gain, 1e-5f, actualRows, 0);
            Compare($"RMS norm, width {width}", expectedRows, actualRows);
            ScalarKernels.Add(expected, addend, width);
            TKernels.Add(actual, addend, width);
            Compare($"sum, width {width}", expected, actual, Width);
            ScalarKernels.AddNormalize(expected, addend, width, gain, bias, 1e-5f);
            TKernels.AddNormalize(actual, addend, width, gain, bias, 1e-5f);
            Compare($"norm after a sum, width {width}", expected, actual, Width);
            ScalarKernels.NormalizeHead(expected, width, gain, 1e-5f);
            TKernels.NormalizeHead(actual, width, gain, 1e-5f);
            ScalarKernels.Rotate(expected, gain, bias, Width);
            TKernels.Rotate(actual, gain, bias, Width);
            Compare($"head of {width} channels", expected, actual, Width);
        }

        float* gated = RandomFloats(arena, 2 * Width, 6f);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            ScalarKernels.GatedActivateQuantize(gated, activation, expectedRows, 0, 0, Groups);
            TKernels.GatedActivateQuantize(gated, activation, actualRows, 0, 0, Groups);
            Compare($"gate, {activation}", expectedRows, actualRows);
        }
    }

    private static void CopyTwice(float* source, float* first, float* second)
    {
        new ReadOnlySpan<float>(source, Width).CopyTo(new Span<float>(first, Width));
        new ReadOnlySpan<float>(source, Width).CopyTo(new Span<float>(second, Width));
    }
}
