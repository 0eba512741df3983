using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>A tokenizer as a <c>.tgpt</c> file holds it.</summary>
/// <param name="Kind">Such as <c>byte_bpe</c>.</param>
/// <param name="Data">Its bytes, 1 … 256 MiB; the format is the kind's own.</param>
public sealed record TokenizerContent(string Kind, ReadOnlyMemory<byte> Data)
{
    private const string ByteLevelBytePairs = "byte_bpe";

    /// <summary>A byte-level byte-pair tokenizer.</summary>
    public static TokenizerContent Of(TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        using MemoryStream data = new();
        vocabulary.Write(data);
        return new TokenizerContent(ByteLevelBytePairs, data.ToArray());
    }
}
