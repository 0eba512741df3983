using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Arm64;

/// <content>What later models than GPT-2 have in a block.</content>
internal sealed unsafe partial class KernelComparison<TKernels>
{
    private const float NormEpsilon = 1e-5f;
    private const float MostInProduct = 1e15f;

    private bool AddRmsNormalizeQuantize(int round)
    {
        int width = ChooseWidth(round);
        Results residuals = TakeInPlace(TakePadded(width, round), PanelLayout.PaddedInputs(width));
        float* addend = round % 2 == 0 ? null : TakePadded(width, round);
        float* gain = TakePadded(width, 0);
        int row = _numbers.Next(3);
        RowResults results = TakeRowResults(3, PanelLayout.Groups(width));
        ScalarKernels.AddRmsNormalizeQuantize((float*)residuals.Expected, addend, width, gain, NormEpsilon, results.Expected, row);
        TKernels.AddRmsNormalizeQuantize((float*)residuals.Actual, addend, width, gain, NormEpsilon, results.Actual, row);
        bool areSame = Compare(residuals);
        return Compare(results) && areSame;
    }

    private bool AddNormalize(int round)
    {
        int width = ChooseWidth(round);
        Results residuals = TakeInPlace(TakePadded(width, round), PanelLayout.PaddedInputs(width));
        float* addend = TakePadded(width, round);
        float* gain = TakePadded(width, 0);
        float* bias = TakePadded(width, 0);
        ScalarKernels.AddNormalize((float*)residuals.Expected, addend, width, gain, bias, NormEpsilon);
        TKernels.AddNormalize((float*)residuals.Actual, addend, width, gain, bias, NormEpsilon);
        return Compare(residuals);
    }

    private bool Add(int round)
    {
        int width = ChooseWidth(round);
        Results sums = TakeInPlace(TakePadded(width, round), PanelLayout.PaddedInputs(width));
        float* addend = TakePadded(width, round);
        ScalarKernels.Add((float*)sums.Expected, addend, width);
        TKernels.Add((float*)sums.Actual, addend, width);
        return Compare(sums);
    }

    private bool NormalizeHead(int round)
    {
        int size = round + 1;
        Results heads = TakeInPlace(TakePadded(size, round), PanelLayout.PaddedOutputs(size));
        float* gain = TakePadded(size, 0);
        ScalarKernels.NormalizeHead((float*)heads.Expected, size, gain, NormEpsilon);
        TKernels.NormalizeHead((float*)heads.Actual, size, gain, NormEpsilon);
        return Compare(heads);
    }

    private bool Rotate(int round)
    {
        int channels = ((round % 16) + 1) * PanelLayout.OutputsPerPanel;
        Results heads = TakeInPlace(TakeFilled(channels, round), channels);
        float* cosines = TakeFilled(channels, 0);
        float* sines = TakeFilled(channels, 0);
        ScalarKernels.Rotate((float*)heads.Expected, cosines, sines, channels);
        TKernels.Rotate((float*)heads.Actual, cosines, sines, channels);
        return Compare(heads);
    }

    /// <summary>Every activation, as a gate and by itself.</summary>
    private bool GatedActivateQuantize(int round)
    {
        (int rows, int groups, int first, int count) = ChooseGroups();
        RowResults gated = TakeRowResults(rows, groups);
        RowResults bare = TakeRowResults(rows, groups);
        Activation activation = (Activation)(round % 4);
        for (int row = 0; row < rows; row++)
        {
            int floats = 2 * groups * PanelLayout.InputsPerGroup;
            float* source = TakeFilled(floats, round / 4);
            for (int i = 0; i < floats; i++)
            {
                source[i] = Math.Clamp(source[i], -MostInProduct, MostInProduct); // the product of two huge numbers is none
            }

            ScalarKernels.GatedActivateQuantize(source, activation, gated.Expected, row, first, count);
            TKernels.GatedActivateQuantize(source, activation, gated.Actual, row, first, count);
            ScalarKernels.ActivateQuantize(source, activation, bare.Expected, row, first, count);
            TKernels.ActivateQuantize(source, activation, bare.Actual, row, first, count);
        }

        bool areSame = Compare(gated);
        return Compare(bare) && areSame;
    }

    private int ChooseWidth(int round) => round < 130 ? round + 1 : round % 20 == 0 ? 3072 : _numbers.Next(130, 800);

    /// <summary>Two copies of a row that an operation changes.</summary>
    private Results TakeInPlace(float* row, int floats)
    {
        Results results = _memory.TakeResults(floats * sizeof(float));
        new ReadOnlySpan<float>(row, floats).CopyTo(new Span<float>(results.Expected, floats));
        new ReadOnlySpan<float>(row, floats).CopyTo(new Span<float>(results.Actual, floats));
        return results;
    }
}
