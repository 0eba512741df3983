namespace TinyGpt.Kernels.Numerics;

/// <summary>The constants of activation quantization.</summary>
internal static class QuantizationConstants
{
    /// <summary>2⁻¹⁰⁰: a group whose largest magnitude is smaller becomes zeros, which keeps 127 / magnitude finite.</summary>
    public const float MinMagnitude = 7.88860905e-31f;
}
