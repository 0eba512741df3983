namespace TinyGpt.Arm64;

/// <summary>
/// The operations of <see cref="Kernels.IKernels"/>; attention within a window counts as two more, a matrix of 4-bit weights as one.
/// </summary>
internal enum KernelOperation
{
    MultiplyPanels,
    Quantize,
    AddNormalizeQuantize,
    ActivateQuantize,
    Attend,
    Embed,
    ArgMax,
    SoftmaxWeights,
    AttendQuantized,
    QuantizeHead,
    AddRmsNormalizeQuantize,
    AddNormalize,
    Add,
    NormalizeHead,
    Rotate,
    GatedActivateQuantize,
    AttendWithinWindow,
    AttendQuantizedWithinWindow,
    MultiplyInt4Panels,
}

/// <summary>What a comparison of one operation found.</summary>
/// <param name="Rounds">Sets of operands.</param>
/// <param name="Bytes">Bytes of results compared.</param>
/// <param name="Differences">Rounds whose results differed, or that wrote outside their results.</param>
/// <param name="Hash">Of everything that the scalar reference computed.</param>
internal readonly record struct KernelComparisonResult(int Rounds, long Bytes, int Differences, ulong Hash);
