namespace TinyGpt;

/// <summary>
/// The tensors that a configuration calls for, in the order of the file. Heads are laid out with <see cref="ModelConfig.HeadStride"/>
/// rows each: when a head size is no multiple of 16, the packer puts zero rows behind each head of the query, key and value matrices and
/// zero columns behind each head of the output projection, so that the forward pass knows padded heads only.
/// </summary>
public static class ModelTensors
{
    /// <summary>Token embedding, vocabulary × width; also the head where it is tied.</summary>
    public const string TokenEmbedding = "token_embedding";

    /// <summary>Position embedding, context × width.</summary>
    public const string PositionEmbedding = "position_embedding";

    /// <summary>The head of an untied model, vocabulary × width.</summary>
    public const string Head = "head";

    /// <summary>The norm before the head.</summary>
    public const string FinalNorm = "final_norm";

    /// <summary>The norm before attention, in a block.</summary>
    public const string AttentionNorm = "attention_norm";

    /// <summary>All query rows, then all key rows, then all value rows of a block, 3 × attention width × width.</summary>
    public const string QueryKeyValue = "query_key_value";

    /// <summary>The attention's output projection in a block, width × attention width.</summary>
    public const string AttentionOutput = "attention_output";

    /// <summary>The norm before the feed-forward layer, in a block.</summary>
    public const string FeedForwardNorm = "feed_forward_norm";

    /// <summary>The feed-forward layer's first matrix in a block, feed-forward width × width.</summary>
    public const string FeedForwardIn = "feed_forward_in";

    /// <summary>The feed-forward layer's second matrix in a block, width × feed-forward width.</summary>
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
    public static IReadOnlyList<TensorShape> Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        List<TensorShape> tensors =
        [
            new(TokenEmbedding, TensorKind.Panels, config.VocabularySize, config.Width),
            new(PositionEmbedding, TensorKind.Floats, config.ContextLength, config.Width),
        ];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            AddNorm(tensors, InBlock(layer, AttentionNorm), config.Width);
            AddMatrix(tensors, InBlock(layer, QueryKeyValue), 3 * config.AttentionWidth, config.Width);
            AddMatrix(tensors, InBlock(layer, AttentionOutput), config.Width, config.AttentionWidth);
            AddNorm(tensors, InBlock(layer, FeedForwardNorm), config.Width);
            AddMatrix(tensors, InBlock(layer, FeedForwardIn), config.FeedForwardWidth, config.Width);
            AddMatrix(tensors, InBlock(layer, FeedForwardOut), config.Width, config.FeedForwardWidth);
        }

        AddNorm(tensors, FinalNorm, config.Width);
        if (!config.TiedHead)
        {
            tensors.Add(new(Head, TensorKind.Panels, config.VocabularySize, config.Width));
        }

        return tensors;
    }

    private static void AddNorm(List<TensorShape> tensors, string name, int width)
    {
        tensors.Add(new(Gain(name), TensorKind.Floats, 1, width));
        tensors.Add(new(Bias(name), TensorKind.Floats, 1, width));
    }

    private static void AddMatrix(List<TensorShape> tensors, string name, int rows, int columns)
    {
        tensors.Add(new(name, TensorKind.Panels, rows, columns));
        tensors.Add(new(Bias(name), TensorKind.Floats, 1, rows));
    }
}
