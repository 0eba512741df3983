namespace TinyGpt;

/// <summary>A text holds a byte for which the vocabulary has no token.</summary>
/// <remarks>Only small vocabularies lack bytes; GPT-2's has a token for each of the 256.</remarks>
public sealed class TokenizationException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="value">The byte that has no token.</param>
    /// <param name="offset">Where it is in the text's UTF-8 form, in bytes from its start.</param>
    public TokenizationException(byte value, int offset)
        : base($"The vocabulary has no token for byte 0x{value:X2}, which is at byte {offset} of the text.")
    {
        Value = value;
        Offset = offset;
    }

    /// <summary>The byte that has no token.</summary>
    public byte Value { get; }

    /// <summary>Where it is in the text's UTF-8 form, in bytes from its start.</summary>
    public int Offset { get; }
}
