namespace TinyGpt;

/// <content>What a configuration may be.</content>
public sealed partial record ModelConfig
{
    /// <summary>The largest <see cref="VocabularySize"/> that is accepted.</summary>
    public const int LargestVocabulary = 1 << 20;

    /// <summary>The largest <see cref="ContextLength"/> that is accepted.</summary>
    public const int LargestContext = 1 << 20;

    /// <summary>The largest <see cref="Width"/> and <see cref="FeedForwardWidth"/> that are accepted.</summary>
    public const int LargestWidth = 1 << 17;

    /// <summary>The largest <see cref="HeadSize"/> that is accepted where it is set.</summary>
    public const int LargestHeadSize = 4096;

    /// <summary>The most <see cref="Layers"/> that are accepted.</summary>
    public const int MostLayers = 1024;

    /// <summary>The most <see cref="OtherEndTokens"/> that are accepted.</summary>
    public const int MaxEndTokens = 64;

    // Far beyond what any model has, and far from where float32 overflows: a model outside gives logits that are no numbers.
    private const float MinNormEpsilon = 1e-20f;
    private const float MaxNormEpsilon = 1;
    private const float MinScoreScale = 1e-6f;
    private const float MaxScoreScale = 1000;

    // Heads of one feature, each padded to 16.
    private const long LargestAttentionWidth = 16L * LargestWidth;

    /// <summary>The architectures that are known.</summary>
    public static IReadOnlyList<string> Architectures { get; } =
        ["gpt2", "openai-gpt", "gpt_neo", "gpt_neox", "opt", "llama", "mistral", "qwen2", "qwen3"];

    /// <summary>Checks that every value is in its documented range and that the values fit each other.</summary>
    /// <param name="problem">What is wrong, naming the property; empty if nothing is.</param>
    /// <returns>Whether the configuration is valid.</returns>
    public bool TryValidate(out string problem)
    {
        problem = !Architectures.Contains(Architecture)
                ? $"architecture '{Architecture}' is not supported (supported: {string.Join(", ", Architectures)})"
            : Outside(VocabularySize, LargestVocabulary) ? $"vocabularySize {VocabularySize} is not in 1 … {LargestVocabulary}"
            : Outside(ContextLength, LargestContext) ? $"contextLength {ContextLength} is not in 1 … {LargestContext}"
            : Outside(Width, LargestWidth) ? $"width {Width} is not in 1 … {LargestWidth}"
            : Outside(Layers, MostLayers) ? $"layers {Layers} is not in 1 … {MostLayers}"
            : Outside(FeedForwardWidth, LargestWidth) ? $"feedForwardWidth {FeedForwardWidth} is not in 1 … {LargestWidth}"
            : NormEpsilon is not (>= MinNormEpsilon and <= MaxNormEpsilon)
                ? $"normEpsilon {NormEpsilon} is not in {MinNormEpsilon} … {MaxNormEpsilon}"
            : !Enum.IsDefined(Activation) ? $"activation {Activation} is unknown"
            : !Enum.IsDefined(Norm) ? $"norm {Norm} is unknown"
            : !Enum.IsDefined(NormPlacement) ? $"normPlacement {NormPlacement} is unknown"
            : NormPlacement == NormPlacement.After && (Norm != NormKind.LayerNorm || ParallelResidual)
                ? "normPlacement after is supported with layer norm and without a parallel residual only"
            : EndOfTextToken is { } end && (uint)end >= (uint)VocabularySize ? $"endOfTextToken {end} is not in the vocabulary of {VocabularySize}"
            : EndTokensProblem() is { Length: > 0 } endTokens ? endTokens
            : AttentionProblem();
        return problem.Length == 0;
    }

    private static bool Outside(int value, int largest) => value < 1 || value > largest;

    private string EndTokensProblem() =>
        OtherEndTokens.Count > MaxEndTokens ? $"otherEndTokens has {OtherEndTokens.Count} tokens, and at most {MaxEndTokens} are accepted"
        : OtherEndTokens.Count > 0 && (OtherEndTokens[0] < 0 || OtherEndTokens[^1] >= VocabularySize)
            ? $"otherEndTokens {OtherEndTokens} are not all in the vocabulary of {VocabularySize}"
        : OtherEndTokens.Count > 0 && EndOfTextToken is null ? "otherEndTokens is there without endOfTextToken"
        : EndOfTextToken is { } end && OtherEndTokens.Contains(end) ? $"otherEndTokens has endOfTextToken {end} again"
        : "";

    private string AttentionProblem() =>
        Outside(Heads, LargestWidth) ? $"heads {Heads} is not in 1 … {LargestWidth}"
        : _headSize is null && Heads > Width ? $"heads {Heads} is not in 1 … width {Width}"
        : _headSize is null && Width % Heads != 0 ? $"width {Width} is no multiple of heads {Heads}"
        : Outside(HeadSize, Math.Max(Width, LargestHeadSize)) ? $"headSize {HeadSize} is not in 1 … {Math.Max(Width, LargestHeadSize)}"
        : (long)Heads * HeadStride > LargestAttentionWidth ? $"heads {Heads} of headSize {HeadSize} are more than {LargestAttentionWidth} features"
        : Outside(KeyValueHeads, Heads) || Heads % KeyValueHeads != 0 ? $"keyValueHeads {KeyValueHeads} does not divide heads {Heads}"
        : ScoreScale is { } scale and not (>= MinScoreScale and <= MaxScoreScale)
            ? $"scoreScale {scale} is not in {MinScoreScale} … {MaxScoreScale}"
        : Rotary?.Problem(HeadSize) ?? AttentionWindow?.Problem() ?? "";
}
