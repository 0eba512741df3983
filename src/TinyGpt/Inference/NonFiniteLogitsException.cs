namespace TinyGpt;

/// <summary>
/// The model gave logits that are not finite: its weights or its configuration are broken, so that a sum overflowed. Nothing that it says
/// from there on means anything.
/// </summary>
/// <param name="position">The position of the token that was computed, from 0.</param>
public sealed class NonFiniteLogitsException(int position)
    : ArithmeticException($"The model's logits at position {position} are no finite numbers: its weights or its configuration are broken.")
{
    /// <summary>The position of the token that was computed, from 0.</summary>
    public int Position { get; } = position;
}
