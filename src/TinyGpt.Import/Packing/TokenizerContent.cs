using TinyGpt.Format;

namespace TinyGpt.Import;

/// <summary>A tokenizer as a <c>.tgpt</c> file holds it.</summary>
/// <param name="Kind">Such as <c>byte_bpe</c>.</param>
/// <param name="Data">Its bytes, 1 … 256 MiB; the format is the kind's own.</param>
public sealed record TokenizerContent(string Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>How the model was taught to talk, or null if it was not.</summary>
    public ChatFormat? Chat { get; init; }

    /// <summary>The tokens that end a text, as the tokenizer's files name them, the end of text first; none where they name none.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The first of <see cref="EndTokens"/>, or null where there are none.</summary>
    public int? EndOfText => EndTokens.Count > 0 ? EndTokens[0] : null;

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
