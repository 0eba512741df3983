using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Arm64;

/// <content>Making operands.</content>
internal sealed unsafe partial class KernelComparison<TKernels>
{
    /// <summary>Quantized rows that the reference and a tier write.</summary>
    private readonly struct RowResults(Results values, Results scales, Results sums, int rows, int groups)
    {
        public Results Values => values;

        public Results Scales => scales;

        public Results Sums => sums;

        public QuantizedActivations Expected => new((sbyte*)values.Expected, (float*)scales.Expected, (int*)sums.Expected, rows, groups);

        public QuantizedActivations Actual => new((sbyte*)values.Actual, (float*)scales.Actual, (int*)sums.Actual, rows, groups);
    }

    private RowResults TakeRowResults(int rows, int groups) => new(
        _memory.TakeResults(rows * groups * PanelLayout.InputsPerGroup),
        _memory.TakeResults(rows * groups * sizeof(float)),
        _memory.TakeResults(rows * groups * sizeof(int)),
        rows,
        groups);

    /// <summary>Floats of one kind, as <see cref="SeededNumbers.Fill"/> makes them.</summary>
    private float* TakeFilled(int count, int kind)
    {
        float* floats = _memory.TakeFloats(count);
        _numbers.Fill(new Span<float>(floats, count), kind);
        return floats;
    }

    /// <summary>The same, padded with zeros to whole groups.</summary>
    private float* TakePadded(int count, int kind)
    {
        float* floats = _memory.TakeFloats(PanelLayout.PaddedInputs(count));
        _numbers.Fill(new Span<float>(floats, count), kind);
        return floats;
    }

    /// <summary>
    /// A packed matrix whose padding is bytes of zero. Extreme ones hold the largest and the smallest value only: no packer writes -128, but
    /// the kernels are exact for it.
    /// </summary>
    private PackedMatrix TakeMatrix(int rows, int columns, bool extreme, WeightPrecision precision = WeightPrecision.Int8)
    {
        PackedMatrix matrix = new(_memory.Take((int)PanelLayout.PackedBytes(rows, columns, precision)), rows, columns, precision);
        (int smallest, int largest) = PackedWeights.Range(precision);
        int span = precision == WeightPrecision.Int4 ? PanelLayout.MaxInt4 : byte.MaxValue;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                PackedWeights.Set(matrix, row, column, extreme ? largest - (span * _numbers.Next(2)) : _numbers.Next(smallest, largest));
            }

            for (int group = 0; group < matrix.Groups; group++)
            {
                PackedWeights.SetScale(matrix, row, group, NextScale(-21));
            }
        }

        return matrix;
    }

    /// <summary>Quantized rows; extreme ones hold ±127 only.</summary>
    private QuantizedActivations TakeRows(int rows, int groups, bool extreme)
    {
        QuantizedActivations result = new(
            (sbyte*)_memory.Take(rows * groups * PanelLayout.InputsPerGroup),
            _memory.TakeFloats(rows * groups),
            (int*)_memory.TakeFloats(rows * groups),
            rows,
            groups);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
            {
                sbyte* quads = result.Locate(row, group, out int quadStride, out nint scaleIndex);
                int sum = 0;
                for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                {
                    sbyte value = (sbyte)(extreme ? 127 - (254 * _numbers.Next(2)) : _numbers.Next(-127, 127));
                    quads[(i / PanelLayout.InputsPerKBlock * quadStride) + (i % PanelLayout.InputsPerKBlock)] = value;
                    sum += value;
                }

                result.Scales[scaleIndex] = NextScale(-14);
                result.Sums[scaleIndex] = sum;
            }
        }

        return result;
    }

    /// <summary>A positive scale of any of thirty magnitudes, or sometimes zero, as for a group of zeros.</summary>
    private float NextScale(int lowestExponent) => _numbers.Next(20) == 0
        ? 0f
        : SeededNumbers.PowerOfTwo(_numbers.Next(lowestExponent, lowestExponent + 28)) * (1.5f + (0.5f * _numbers.NextFloat()));
}
