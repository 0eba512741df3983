namespace TinyGpt.Import.HuggingFace;

/// <summary>Puts together what the files of a model name as tokens that end a text: each of them ends it.</summary>
internal static class EndTokens
{
    /// <summary>Adds tokens to those that a configuration names. The first token of all is the end of text.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="more">The tokens in the order of their files; those outside the vocabulary are passed over.</param>
    /// <param name="file">For errors.</param>
    /// <exception cref="ModelFormatException">There are too many.</exception>
    public static ModelConfig Add(ModelConfig config, IEnumerable<int> more, string file)
    {
        int[] added = [.. more.Where(token => (uint)token < (uint)config.VocabularySize)];
        int? first = config.EndOfTextToken ?? (added.Length > 0 ? added[0] : null);
        config = config with { EndOfTextToken = first, OtherEndTokens = [.. config.OtherEndTokens.Concat(added).Where(token => token != first)] };
        return config.OtherEndTokens.Count <= ModelConfig.MaxEndTokens ? config
            : throw new ModelFormatException(
                file, $"more than {ModelConfig.MaxEndTokens} tokens besides the first end a text, and no more are accepted");
    }
}
