namespace TinyGpt.Import;

/// <summary>How far quantized weights are from the original ones. Sums up over tensors with <c>+</c>.</summary>
/// <param name="SquaredError">The sum of squared differences.</param>
/// <param name="SquaredNorm">The sum of squared original weights.</param>
/// <param name="LargestError">The largest absolute difference.</param>
public readonly record struct QuantizationError(double SquaredError, double SquaredNorm, double LargestError)
{
    /// <summary>The relative error in the Euclidean norm; 0 for all-zero weights.</summary>
    public double Relative => SquaredNorm > 0 ? Math.Sqrt(SquaredError / SquaredNorm) : 0;

    /// <summary>The error of both together.</summary>
    public static QuantizationError operator +(QuantizationError left, QuantizationError right) => Add(left, right);

    /// <summary>The error of both together.</summary>
    public static QuantizationError Add(QuantizationError left, QuantizationError right) => new(
        left.SquaredError + right.SquaredError,
        left.SquaredNorm + right.SquaredNorm,
        Math.Max(left.LargestError, right.LargestError));
}
