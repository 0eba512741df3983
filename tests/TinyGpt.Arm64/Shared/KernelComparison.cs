using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Arm64;

/// <summary>
/// Feeds the same seeded operands to <see cref="ScalarKernels"/> and to a tier, and compares all bits of the results. What the reference
/// computed is hashed as well, so that two processors' references can be compared: equal hashes on x86-64 and on ARM say that all tiers of
/// both agree. Not thread-safe.
/// </summary>
internal sealed unsafe partial class KernelComparison<TKernels> : IDisposable
    where TKernels : struct, IKernels
{
    private const ulong Seed = 88172645463325252;
    private const int Rounds = 240;
    private const int MostRows = 13; // more than two tiles
    private const int MostGroups = 5;

    private readonly OperandMemory _memory = new();
    private readonly SeededNumbers _numbers;
    private readonly KernelOperation _operation;
    private BitHash _hash = new();
    private long _bytes;

    private KernelComparison(KernelOperation operation)
    {
        _operation = operation;
        _numbers = new SeededNumbers(Seed + (ulong)operation);
    }

    /// <summary>Compares one operation over many shapes and kinds of values.</summary>
    public static KernelComparisonResult Run(KernelOperation operation)
    {
        using KernelComparison<TKernels> comparison = new(operation);
        int differences = 0;
        for (int round = 0; round < Rounds; round++)
        {
            comparison._memory.Reset();
            differences += comparison.IsSame(round) ? 0 : 1;
        }

        return new KernelComparisonResult(Rounds, comparison._bytes, differences, comparison._hash.Value);
    }

    public void Dispose() => _memory.Dispose();

    private bool IsSame(int round) => _operation switch
    {
        KernelOperation.MultiplyPanels => MultiplyPanels(round, WeightPrecision.Int8),
        KernelOperation.Quantize => Quantize(round),
        KernelOperation.AddNormalizeQuantize => AddNormalizeQuantize(round),
        KernelOperation.ActivateQuantize => ActivateQuantize(round),
        KernelOperation.Attend => Attend(round),
        KernelOperation.Embed => Embed(round),
        KernelOperation.ArgMax => ArgMax(round),
        KernelOperation.SoftmaxWeights => SoftmaxWeights(round),
        KernelOperation.AttendQuantized => AttendQuantized(round),
        KernelOperation.QuantizeHead => QuantizeHead(round),
        KernelOperation.AddRmsNormalizeQuantize => AddRmsNormalizeQuantize(round),
        KernelOperation.AddNormalize => AddNormalize(round),
        KernelOperation.Add => Add(round),
        KernelOperation.NormalizeHead => NormalizeHead(round),
        KernelOperation.Rotate => Rotate(round),
        KernelOperation.GatedActivateQuantize => GatedActivateQuantize(round),
        KernelOperation.AttendWithinWindow => Attend(round, window: (round % 70) + 1),
        KernelOperation.AttendQuantizedWithinWindow => AttendQuantized(round, window: (round % 70) + 1),
        _ => MultiplyPanels(round, WeightPrecision.Int4),
    };

    private bool MultiplyPanels(int round, WeightPrecision precision)
    {
        bool extreme = round % 3 == 0;
        bool isLarge = round % 40 == 39; // as wide as a real layer
        int groups = isLarge ? 12 : _numbers.Next(1, MostGroups);
        PackedMatrix weights = TakeMatrix(_numbers.Next(1, 130), groups * PanelLayout.InputsPerGroup, extreme, precision);
        QuantizedActivations rows = TakeRows((round % MostRows) + 1, groups, extreme);
        int outputs = weights.Panels * PanelLayout.OutputsPerPanel;
        float* bias = TakeFilled(outputs, 0);
        int stride = outputs + _numbers.Next(20);
        int firstPanel = _numbers.Next(weights.Panels);
        int panels = _numbers.Next(1, weights.Panels - firstPanel);
        Results results = _memory.TakeResults(rows.Tokens * stride * sizeof(float));
        float* added = round % 2 == 0 ? null : bias;
        ScalarKernels.MultiplyPanels(weights, rows, added, (float*)results.Expected, stride, firstPanel, panels);
        TKernels.MultiplyPanels(weights, rows, added, (float*)results.Actual, stride, firstPanel, panels);
        return Compare(results);
    }

    private bool Quantize(int round)
    {
        (int rows, int groups, int first, int count) = ChooseGroups();
        RowResults results = TakeRowResults(rows, groups);
        for (int row = 0; row < rows; row++)
        {
            float* source = TakeFilled(groups * PanelLayout.InputsPerGroup, round);
            ScalarKernels.Quantize(source, results.Expected, row, first, count);
            TKernels.Quantize(source, results.Actual, row, first, count);
        }

        return Compare(results);
    }

    private bool ActivateQuantize(int round)
    {
        (int rows, int groups, int first, int count) = ChooseGroups();
        RowResults results = TakeRowResults(rows, groups);
        Activation activation = round % 2 == 0 ? Activation.GeluTanh : Activation.GeluErf;
        for (int row = 0; row < rows; row++)
        {
            float* source = TakeFilled(groups * PanelLayout.InputsPerGroup, round / 2);
            ScalarKernels.ActivateQuantize(source, activation, results.Expected, row, first, count);
            TKernels.ActivateQuantize(source, activation, results.Actual, row, first, count);
        }

        return Compare(results);
    }

    private bool AddNormalizeQuantize(int round)
    {
        const float Epsilon = 1e-5f;

        int width = round < 130 ? round + 1 : round % 20 == 0 ? 3072 : _numbers.Next(130, 800);
        int groups = PanelLayout.Groups(width);
        int stride = groups * PanelLayout.InputsPerGroup;
        Results residuals = _memory.TakeResults(stride * sizeof(float));
        float* residual = TakePadded(width, round);
        new ReadOnlySpan<float>(residual, stride).CopyTo(new Span<float>(residuals.Expected, stride));
        new ReadOnlySpan<float>(residual, stride).CopyTo(new Span<float>(residuals.Actual, stride));
        float* addend = round % 2 == 0 ? null : TakePadded(width, round);
        float* gain = TakePadded(width, 0);
        float* bias = TakePadded(width, 0);
        int row = _numbers.Next(3);
        RowResults results = TakeRowResults(3, groups);
        ScalarKernels.AddNormalizeQuantize((float*)residuals.Expected, addend, width, gain, bias, Epsilon, results.Expected, row);
        TKernels.AddNormalizeQuantize((float*)residuals.Actual, addend, width, gain, bias, Epsilon, results.Actual, row);
        bool areSame = Compare(residuals);
        return Compare(results) && areSame;
    }

    private (int Rows, int Groups, int First, int Count) ChooseGroups()
    {
        int rows = _numbers.Next(1, MostRows);
        int groups = _numbers.Next(1, MostGroups);
        int first = _numbers.Next(groups);
        return (rows, groups, first, _numbers.Next(1, groups - first));
    }

    private bool Compare(Results results)
    {
        _hash.Add(results.ExpectedBytes);
        _bytes += results.ExpectedBytes.Length;
        return results.AreSame;
    }

    private bool Compare(in RowResults results)
    {
        bool values = Compare(results.Values);
        bool scales = Compare(results.Scales);
        return Compare(results.Sums) && values && scales;
    }
}
