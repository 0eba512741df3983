namespace TinyGpt.Perf;

/// <summary>Vocabularies for models with random weights: all bytes, then invented words.</summary>
internal static class SyntheticVocabulary
{
    private const int Bytes = 256;
    private const int Letters = 26;

    /// <summary>As many tokens as a configuration has, its end-of-text token among them.</summary>
    public static TokenVocabulary Of(ModelConfig config)
    {
        byte[][] tokens = new byte[config.VocabularySize][];
        for (int id = 0; id < tokens.Length; id++)
        {
            tokens[id] = id == config.EndOfTextToken ? "<|endoftext|>"u8.ToArray() : id < Bytes ? [(byte)id] : Word(id - Bytes);
        }

        return TokenVocabulary.Create(tokens, [], config.EndOfTextToken is { } end ? [end] : []);
    }

    /// <summary>A space and at least two letters, different for each number.</summary>
    private static byte[] Word(int number)
    {
        List<byte> word = [(byte)' ', (byte)('a' + (number % Letters))];
        number /= Letters;
        do
        {
            word.Add((byte)('a' + (number % Letters)));
            number /= Letters;
        }
        while (number > 0);
        return [.. word];
    }
}
