using TinyGpt.Format;
using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>A tokenizer as a <c>.tgpt</c> file holds it.</summary>
/// <param name="Kind">Such as <c>byte_bpe</c>.</param>
/// <param name="Data">Its bytes, 1 … 256 MiB; the format is the kind's own.</param>
public sealed record TokenizerContent(string Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>How the model was taught to talk, or null if it was not.</summary>
    public ChatFormat? Chat { get; init; }

    /// <summary>The token that ends a text, as the tokenizer's files name it, or null where they name none.</summary>
    public int? EndOfText { get; init; }

    internal TgptTokenizer Metadata => new(Kind, Chat);

    /// <summary>A vocabulary's tokenizer.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    public static TokenizerContent Of(TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        using MemoryStream data = new();
        vocabulary.Write(data);
        return new TokenizerContent(TgptTokenizer.Kinds[(int)vocabulary.Rules.Kind], data.ToArray());
    }
}
