namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>A small vocabulary in its binary form: a, b, ab, an unused id, a special token.</summary>
internal static class SampleVocabulary
{
    public const int Tokens = 5;
    public const int TokenCountAt = 8;
    public const int MergeCountAt = 12;
    public const int SpecialCountAt = 16;
    public const int BlobLengthAt = 20;
    public const int LengthsAt = 24;
    public const int BlobAt = LengthsAt + (2 * Tokens);
    public const int MergesAt = BlobAt + 17;
    public const int SpecialTokensAt = MergesAt + 12;

    public static readonly byte[] Bytes = Make();

    private static byte[] Make()
    {
        TokenVocabulary vocabulary = TokenVocabulary.Create(
            ["a"u8.ToArray(), "b"u8.ToArray(), "ab"u8.ToArray(), [], "<|endoftext|>"u8.ToArray()], [new TokenMerge(0, 1, 2)], [4]);
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        return stream.ToArray();
    }
}
