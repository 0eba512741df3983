using System.Text;
using TinyGpt.Import;
using TinyGpt.Tests;

namespace TinyGpt.Dialogue.Tests;

/// <summary>Small random models that speak: they say nonsense, quickly, and the same nonsense everywhere.</summary>
internal static class DialogueModels
{
    /// <summary>The end-of-text token of <see cref="Bytes"/>.</summary>
    public const int EndOfText = 256;

    private static readonly string[] Merged =
        ["he", "th", "the", "in", "er", "an", "ou", " t", " the", "re", "12", "123", "\": ", "\", \"", "{\"", "tr", "true", "gre", "greet", "ll", "sell"];

    /// <summary>All bytes, the end of the text, and some tokens of several bytes.</summary>
    public static TokenVocabulary Vocabulary { get; } = MakeVocabulary();

    public static ModelConfig Config { get; } = SyntheticModel.ConfigOf("synth-15m") with
    {
        VocabularySize = 280,
        ContextLength = 512,
        Width = 64,
        Layers = 2,
        Heads = 2,
        FeedForwardWidth = 128,
        EndOfTextToken = EndOfText,
    };

    public static GptModel Bytes(ulong seed = 1) => new(SyntheticModel.Open(Config, Vocabulary, seed));

    public static GptModel Bytes(ModelConfig config, ulong seed = 1) => new(SyntheticModel.Open(config, Vocabulary, seed));

    /// <summary>A small random model with GPT-2's vocabulary; skips the test where that is not at hand.</summary>
    public static GptModel Gpt2Vocabulary(ulong seed = 1)
    {
        TokenVocabulary vocabulary = TokenizerFiles.Read(SharedData.RequireOrSkip("tokenizers/gpt2"), 50257);
        return new(SyntheticModel.Open(Config with { VocabularySize = 50257, EndOfTextToken = 50256, Width = 32, Layers = 1 }, vocabulary, seed));
    }

    private static TokenVocabulary MakeVocabulary()
    {
        List<byte[]> tokens = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];
        tokens.Add("<|endoftext|>"u8.ToArray());
        tokens.AddRange(Merged.Select(Encoding.UTF8.GetBytes));
        List<TokenMerge> merges = [];
        for (int id = EndOfText + 1; id < tokens.Count; id++)
        {
            // Any cut into two tokens that there are makes a merge.
            for (int cut = 1; cut < tokens[id].Length; cut++)
            {
                int left = tokens.FindIndex(token => token.AsSpan().SequenceEqual(tokens[id].AsSpan(0, cut)));
                int right = tokens.FindIndex(token => token.AsSpan().SequenceEqual(tokens[id].AsSpan(cut)));
                if (left >= 0 && right >= 0)
                {
                    merges.Add(new TokenMerge(left, right, id));
                    break;
                }
            }
        }

        return TokenVocabulary.Create(tokens, [.. merges], [EndOfText]);
    }
}
