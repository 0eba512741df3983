using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt;

/// <summary>
/// The shape of a model: everything in which one GPT differs from another, as data. What is not set is as in GPT-2. Immutable and
/// thread-safe.
/// </summary>
public sealed partial record ModelConfig
{
    private readonly int? _keyValueHeads;
    private readonly int? _headSize;

    /// <summary>The architecture's name, one of <see cref="Architectures"/>. It says where a model comes from and decides nothing.</summary>
    public required string Architecture { get; init; }

    /// <summary>Tokens in the vocabulary; ids run from 0 to this - 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Positions that the model was trained for: the most tokens a sequence can hold.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Features of the residual stream (<c>n_embd</c>, <c>hidden_size</c>).</summary>
    public required int Width { get; init; }

    /// <summary>Transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads in a block: query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>
    /// Heads of keys and values in a block; consecutive query heads share one (grouped-query attention, Ainslie et al., 2023,
    /// arXiv:2305.13245). Divides <see cref="Heads"/>, which it equals unless set.
    /// </summary>
    public int KeyValueHeads
    {
        get => _keyValueHeads ?? Heads;
        init => _keyValueHeads = value;
    }

    /// <summary>Features of one head: <see cref="Width"/> / <see cref="Heads"/> unless set.</summary>
    public int HeadSize
    {
        get => _headSize ?? (Heads == 0 ? 0 : Width / Heads);
        init => _headSize = value;
    }

    /// <summary>The factor of attention scores, 10⁻⁶ … 1,000; null is 1/√<see cref="HeadSize"/>.</summary>
    public float? ScoreScale { get; init; }

    /// <summary>Layers that attend to their latest positions only, or null where there is none.</summary>
    public AttentionWindow? AttentionWindow { get; init; }

    /// <summary>Rotary positions, or null where a learned embedding of positions is added to that of the tokens.</summary>
    public RotaryPositions? Rotary { get; init; }

    /// <summary>Features of the feed-forward layer between its matrices, usually 4 × <see cref="Width"/>.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>The function in the feed-forward layer.</summary>
    public required Activation Activation { get; init; }

    /// <summary>
    /// Whether the feed-forward layer is <c>W_out·(activation(W_gate·h) × W_up·h)</c>: SwiGLU with <see cref="Activation.Silu"/>, GeGLU
    /// with GELU (Shazeer, 2020, arXiv:2002.05202). Otherwise it is <c>W_out·activation(W_in·h)</c>.
    /// </summary>
    public bool Gated { get; init; }

    /// <summary>The kind of norm.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Where the norms of a block are.</summary>
    public NormPlacement NormPlacement { get; init; }

    /// <summary>The number that a norm adds to the variance or mean square; 10⁻²⁰ … 1.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Whether each head's query and key get an RMS norm with a separate gain before they are rotated.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>
    /// Whether attention and the feed-forward layer both read the block's input, <c>x + attention(norm₁(x)) + feedForward(norm₂(x))</c>.
    /// </summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public bool AttentionOutputBias { get; init; } = true;

    /// <summary>Whether the matrices of the feed-forward layer have biases.</summary>
    public bool FeedForwardBias { get; init; } = true;

    /// <summary>Whether the head that makes logits is the token embedding itself.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>The token that ends a text and starts an unconditional sample, or null if the model has none.</summary>
    public int? EndOfTextToken { get; init; }

    /// <summary>
    /// Tokens that end a text beside <see cref="EndOfTextToken"/>, such as the end of a turn; at most <see cref="MaxEndTokens"/>, none by
    /// default.
    /// </summary>
    public TokenIdSet OtherEndTokens { get; init; } = TokenIdSet.Empty;

    /// <summary>Floats of one head in memory: <see cref="HeadSize"/> rounded up to 16.</summary>
    public int HeadStride => PanelLayout.PaddedOutputs(HeadSize);

    /// <summary>Floats of all query heads in memory: the inputs of the attention's output projection.</summary>
    public int AttentionWidth => Heads * HeadStride;

    /// <summary>Floats of all key heads in memory, which is also the number for all value heads.</summary>
    public int KeyValueWidth => KeyValueHeads * HeadStride;

    /// <summary>Outputs of the matrix that makes queries, keys and values.</summary>
    public int QueryKeyValueWidth => AttentionWidth + (2 * KeyValueWidth);

    /// <summary>
    /// Outputs of the feed-forward layer's first matrix: <see cref="FeedForwardWidth"/>, or twice that, rounded up to 16 first, where it
    /// is gated.
    /// </summary>
    public int FeedForwardInWidth => Gated ? 2 * PanelLayout.PaddedOutputs(FeedForwardWidth) : FeedForwardWidth;

    /// <summary>Whether a token ends a text. Allocates nothing.</summary>
    /// <param name="token">The token's id.</param>
    public bool EndsText(int token) => token == EndOfTextToken || OtherEndTokens.Contains(token);

    /// <summary>The number of trained parameters, biases and norms included; a tied head counts once.</summary>
    public long ParameterCount
    {
        get
        {
            long width = Width;
            long queries = (long)Heads * HeadSize;
            long projected = queries + (2L * KeyValueHeads * HeadSize);
            long hidden = (Gated ? 2L : 1L) * FeedForwardWidth;
            long norm = Norm == NormKind.LayerNorm ? 2 * width : width;
            long block = (2 * norm) + (QueryKeyNorm ? 2L * HeadSize : 0)
                + (projected * width) + (QueryKeyValueBias ? projected : 0)
                + (queries * width) + (AttentionOutputBias ? width : 0)
                + ((hidden + FeedForwardWidth) * width) + (FeedForwardBias ? hidden + width : 0);
            long positions = Rotary is null ? ContextLength * width : 0;
            long lastNorm = NormPlacement == NormPlacement.Before ? norm : 0;
            return (VocabularySize * width) + positions + (Layers * block) + lastNorm + (TiedHead ? 0 : VocabularySize * width);
        }
    }
}
