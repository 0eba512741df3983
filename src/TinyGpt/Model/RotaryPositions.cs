namespace TinyGpt;

/// <summary>
/// Rotary positions (Su et al., 2021, arXiv:2104.09864): channels 2i and 2i + 1 of each query and key are rotated by
/// position × frequency i, which is <c>base^(-2i/dimensions)</c>, scaled where there is a scaling. Models whose pairs are i and
/// i + dimensions/2 have their channels reordered when they are packed, which changes no attention score.
/// </summary>
/// <param name="Base">The base of the frequencies (<c>rope_theta</c>), above 1 and at most 10¹².</param>
/// <param name="Dimensions">Channels of a head that are rotated, from its first on; even, 2 … the head size. Rotated in part by GPT-NeoX.</param>
public sealed record RotaryPositions(float Base, int Dimensions)
{
    private const float MaxBase = 1e12f;

    /// <summary>How the frequencies are changed for a longer context, or null where they are not.</summary>
    public RotaryScaling? Scaling { get; init; }

    internal string? Problem(int headSize) =>
        Base is not (> 1 and <= MaxBase) ? $"rotary.base {Base} is not above 1 and at most {MaxBase}"
        : Dimensions < 2 || Dimensions % 2 != 0 || Dimensions > headSize
            ? $"rotary.dimensions {Dimensions} is not an even number in 2 … headSize {headSize}"
        : Scaling?.Problem();
}

/// <summary>The ways to change rotary frequencies that are supported.</summary>
public enum RotaryScalingKind
{
    /// <summary>Every frequency is divided by the factor (Chen et al., 2023, arXiv:2306.15595).</summary>
    Linear,

    /// <summary>Low frequencies are divided, high ones are not, and there is a straight transition between them: Llama 3.1 and later.</summary>
    Llama3,
}

/// <summary>How rotary frequencies are changed for a longer context.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Factor">What low frequencies, or all, are divided by; 1/64 … 10⁶.</param>
public sealed record RotaryScaling(RotaryScalingKind Kind, float Factor)
{
    private const float MinFactor = 1f / 64;
    private const float MaxFactor = 1e6f;

    /// <summary>
    /// Of <see cref="RotaryScalingKind.Llama3"/>: frequencies with fewer turns than this in <see cref="OriginalContext"/> are divided by
    /// the whole factor.
    /// </summary>
    public float LowFrequencyFactor { get; init; } = 1;

    /// <summary>
    /// Of <see cref="RotaryScalingKind.Llama3"/>: frequencies with more turns than this stay as they are; above
    /// <see cref="LowFrequencyFactor"/>.
    /// </summary>
    public float HighFrequencyFactor { get; init; } = 4;

    /// <summary>Of <see cref="RotaryScalingKind.Llama3"/>: the context, in positions, before it was made longer; 1 or more.</summary>
    public int OriginalContext { get; init; } = 8192;

    internal string? Problem() =>
        !Enum.IsDefined(Kind) ? $"rotary.scaling.kind {Kind} is unknown"
        : Factor is not (>= MinFactor and <= MaxFactor) ? $"rotary.scaling.factor {Factor} is not in {MinFactor} … {MaxFactor}"
        : !(LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor && HighFrequencyFactor <= MaxFactor)
            ? $"rotary.scaling frequency factors {LowFrequencyFactor} and {HighFrequencyFactor} are not positive, ascending and at most {MaxFactor}"
        : OriginalContext is < 1 or > ModelConfig.LargestContext
            ? $"rotary.scaling.originalContext {OriginalContext} is not in 1 … {ModelConfig.LargestContext}"
        : null;
}
