using TinyGpt.Kernels;

namespace TinyGpt;

/// <summary>
/// The shape of a model: everything in which one GPT differs from another, as data. Immutable and thread-safe.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The largest <see cref="VocabularySize"/> that is accepted.</summary>
    public const int LargestVocabulary = 1 << 20;

    /// <summary>The largest <see cref="ContextLength"/> that is accepted.</summary>
    public const int LargestContext = 1 << 20;

    /// <summary>The largest <see cref="Width"/> and <see cref="FeedForwardWidth"/> that are accepted.</summary>
    public const int LargestWidth = 1 << 17;

    /// <summary>The most <see cref="Layers"/> that are accepted.</summary>
    public const int MostLayers = 1024;

    /// <summary>The architecture's name, <c>gpt2</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Tokens in the vocabulary; ids run from 0 to this - 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Positions that the model was trained for: the most tokens a sequence can hold.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Features of the residual stream (<c>n_embd</c>).</summary>
    public required int Width { get; init; }

    /// <summary>Transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads in a block.</summary>
    public required int Heads { get; init; }

    /// <summary>Features of the feed-forward layer, usually 4 × <see cref="Width"/>.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>The number that layer norm adds to the variance; positive and finite.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>The form of GELU in the feed-forward layer.</summary>
    public required GeluForm Activation { get; init; }

    /// <summary>Whether the head that makes logits is the token embedding itself.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>The token that ends a text and stands before an unconditional sample, or null where the model has none.</summary>
    public int? EndOfTextToken { get; init; }

    /// <summary>Features of one head: <see cref="Width"/> / <see cref="Heads"/>.</summary>
    public int HeadSize => Width / Heads;

    /// <summary>Floats of one head in memory: <see cref="HeadSize"/> rounded up to 16.</summary>
    public int HeadStride => PanelLayout.PaddedRows(HeadSize);

    /// <summary>Floats of all heads in memory, the input width of the attention's output projection.</summary>
    public int AttentionWidth => Heads * HeadStride;

    /// <summary>The number of trained parameters, biases and norms included; a tied head counts once.</summary>
    public long ParameterCount
    {
        get
        {
            long width = Width;
            long block = (4 * width) + (3 * width * (width + 1)) + (width * (width + 1))
                + ((width + 1) * FeedForwardWidth) + ((FeedForwardWidth + 1L) * width);
            long head = TiedHead ? 0 : VocabularySize * width;
            return (VocabularySize * width) + (ContextLength * width) + (Layers * block) + (2 * width) + head;
        }
    }

    /// <summary>Checks that every value lies in its documented range and that they fit each other.</summary>
    /// <param name="problem">What is wrong, naming the property; empty if nothing is.</param>
    /// <returns>Whether the configuration is valid.</returns>
    public bool TryValidate(out string problem)
    {
        problem = Architecture != "gpt2" ? $"architecture '{Architecture}' is not supported (supported: gpt2)"
            : Outside(VocabularySize, LargestVocabulary) ? $"vocabularySize {VocabularySize} is not in 1 … {LargestVocabulary}"
            : Outside(ContextLength, LargestContext) ? $"contextLength {ContextLength} is not in 1 … {LargestContext}"
            : Outside(Width, LargestWidth) ? $"width {Width} is not in 1 … {LargestWidth}"
            : Outside(Layers, MostLayers) ? $"layers {Layers} is not in 1 … {MostLayers}"
            : Outside(Heads, Width) ? $"heads {Heads} is not in 1 … width {Width}"
            : Width % Heads != 0 ? $"width {Width} is no multiple of heads {Heads}"
            : Outside(FeedForwardWidth, LargestWidth) ? $"feedForwardWidth {FeedForwardWidth} is not in 1 … {LargestWidth}"
            : !(NormEpsilon > 0 && float.IsFinite(NormEpsilon)) ? $"normEpsilon {NormEpsilon} is not positive and finite"
            : !Enum.IsDefined(Activation) ? $"activation {Activation} is unknown"
            : EndOfTextToken is { } end && (uint)end >= (uint)VocabularySize ? $"endOfTextToken {end} is not in the vocabulary of {VocabularySize}"
            : "";
        return problem.Length == 0;
    }

    private static bool Outside(int value, int largest) => value < 1 || value > largest;
}
