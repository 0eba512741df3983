using TinyGpt.Kernels;

namespace TinyGpt;

/// <summary>
/// The tensors that a configuration calls for, in the order of the file. Heads are laid out with <see cref="ModelConfig.HeadStride"/>
/// rows each. If the head size is not a multiple of 16, the packer adds zero rows after each head of the query, key and value matrices and
/// zero columns after each head of the output projection. So the forward pass knows only padded heads.
/// </summary>
public static class ModelTensors
{
    /// <summary>Token embedding, vocabulary × hidden size; also the head if it is tied.</summary>
    public const string TokenEmbedding = "token_embedding";

    /// <summary>Position embedding, context × hidden size; only without <see cref="ModelConfig.Rotary"/>.</summary>
    public const string PositionEmbedding = "position_embedding";

    /// <summary>The head of an untied model, vocabulary × hidden size.</summary>
    public const string Head = "head";

    /// <summary>The norm before the head; none with <see cref="NormPlacement.After"/>.</summary>
    public const string FinalNorm = "final_norm";

    /// <summary>The norm of attention in a block: before it, or after its sum with <see cref="NormPlacement.After"/>.</summary>
    public const string AttentionNorm = "attention_norm";

    /// <summary>All query rows, then all key rows, then all value rows of a block; <see cref="ModelConfig.QueryKeyValueWidth"/> × hidden size.</summary>
    public const string QueryKeyValue = "query_key_value";

    /// <summary>The norm of each query head, in a block; its gain has the head size.</summary>
    public const string QueryNorm = "query_norm";

    /// <summary>The norm of each key head, in a block; its gain has the head size.</summary>
    public const string KeyNorm = "key_norm";

    /// <summary>The attention's output projection in a block, hidden size × attention width.</summary>
    public const string AttentionOutput = "attention_output";

    /// <summary>The norm of the feed-forward layer in a block: before it, or after its sum with <see cref="NormPlacement.After"/>.</summary>
    public const string FeedForwardNorm = "feed_forward_norm";

    /// <summary>
    /// The gate-up projection in a block (or the up projection alone), intermediate size × hidden size. If the layer is gated, gate and up
    /// projections are interleaved in blocks of 16 rows, and both end in zero rows up to a multiple of 16.
    /// </summary>
    public const string FeedForwardIn = "feed_forward_in";

    /// <summary>The down projection in a block, hidden size × intermediate size.</summary>
    public const string FeedForwardOut = "feed_forward_out";

    /// <summary>The name of a block's tensor.</summary>
    /// <param name="layer">The block, from 0.</param>
    /// <param name="part">Such as <see cref="QueryKeyValue"/>.</param>
    public static string InBlock(int layer, string part) => $"blocks.{layer}.{part}";

    /// <summary>The name of the gain that belongs to a norm.</summary>
    public static string Gain(string norm) => norm + ".gain";

    /// <summary>The name of the bias that belongs to a norm or a matrix.</summary>
    public static string Bias(string owner) => owner + ".bias";

    /// <summary>Lists every tensor of a valid configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="blocks">
    /// How the blocks' matrices hold their weights. Token embedding and head are always int8: rows of the embedding are read one
    /// by one, and what quantization does to the head goes straight into the logits.
    /// </param>
    public static IReadOnlyList<TensorShape> Of(ModelConfig config, WeightPrecision blocks = WeightPrecision.Int8)
    {
        ArgumentNullException.ThrowIfNull(config);
        TensorKind kind = blocks == WeightPrecision.Int4 ? TensorKind.Int4Panels : TensorKind.Panels;
        List<TensorShape> tensors = [new(TokenEmbedding, TensorKind.Panels, config.VocabularySize, config.Width)];
        if (config.Rotary is null)
        {
            tensors.Add(new(PositionEmbedding, TensorKind.Floats, config.ContextLength, config.Width));
        }

        bool normBias = config.Norm == NormKind.LayerNorm;
        for (int layer = 0; layer < config.Layers; layer++)
        {
            AddNorm(tensors, InBlock(layer, AttentionNorm), config.Width, normBias);
            AddMatrix(tensors, InBlock(layer, QueryKeyValue), config.QueryKeyValueWidth, config.Width, config.QueryKeyValueBias, kind);
            if (config.QueryKeyNorm)
            {
                AddNorm(tensors, InBlock(layer, QueryNorm), config.HeadSize, hasBias: false);
                AddNorm(tensors, InBlock(layer, KeyNorm), config.HeadSize, hasBias: false);
            }

            AddMatrix(tensors, InBlock(layer, AttentionOutput), config.Width, config.AttentionWidth, config.AttentionOutputBias, kind);
            AddNorm(tensors, InBlock(layer, FeedForwardNorm), config.Width, normBias);
            AddMatrix(tensors, InBlock(layer, FeedForwardIn), config.FeedForwardInWidth, config.Width, config.FeedForwardBias, kind);
            AddMatrix(tensors, InBlock(layer, FeedForwardOut), config.Width, config.FeedForwardWidth, config.FeedForwardBias, kind);
        }

        if (config.NormPlacement == NormPlacement.Before)
        {
            AddNorm(tensors, FinalNorm, config.Width, normBias);
        }

        if (!config.TiedHead)
        {
            tensors.Add(new(Head, TensorKind.Panels, config.VocabularySize, config.Width));
        }

        return tensors;
    }

    /// <summary>Whether a tensor may hold 4-bit weights: any matrix but token embedding and head.</summary>
    internal static bool MayBeInt4(TensorShape tensor) => tensor.IsQuantized && tensor.Name is not (TokenEmbedding or Head);

    private static void AddNorm(List<TensorShape> tensors, string name, int width, bool hasBias)
    {
        tensors.Add(new(Gain(name), TensorKind.Floats, 1, width));
        if (hasBias)
        {
            tensors.Add(new(Bias(name), TensorKind.Floats, 1, width));
        }
    }

    private static void AddMatrix(List<TensorShape> tensors, string name, int rows, int columns, bool hasBias, TensorKind kind)
    {
        tensors.Add(new(name, kind, rows, columns));
        if (hasBias)
        {
            tensors.Add(new(Bias(name), TensorKind.Floats, 1, rows));
        }
    }
}
