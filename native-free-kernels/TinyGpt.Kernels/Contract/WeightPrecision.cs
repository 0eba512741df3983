using System.Diagnostics.CodeAnalysis;

namespace TinyGpt.Kernels;

/// <summary>How a packed matrix holds its weights.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The number formats are what the choice is about.")]
public enum WeightPrecision
{
    /// <summary>One byte a weight, -127 … 127: 8.5 bits with the scales.</summary>
    Int8,

    /// <summary>Two weights a byte, -8 … 7 each: 4.5 bits with the scales.</summary>
    Int4,
}
