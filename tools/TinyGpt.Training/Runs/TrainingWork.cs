namespace TinyGpt.Training;

/// <summary>Counts the arithmetic of a training. Thread-safe.</summary>
public static class TrainingWork
{
    // Backward, every matrix product is done twice: for its input's gradient and for its weights'.
    private const long ForwardAndBackward = 3;

    /// <summary>The multiply-adds of matrix products that a batch needs, forward and backward.</summary>
    /// <param name="config">The network's shape.</param>
    /// <param name="batch">
    /// The batch. Blocks count for padding too, as they are computed; attention for the positions that a causal one looks at; the head where
    /// there is a target.
    /// </param>
    public static long MultiplyAdds(ModelConfig config, TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(batch);
        long width = config.Width;
        long matrices = (4 * width * width) + (2 * width * config.FeedForwardWidth);
        long attention = width * (batch.Length + 1); // keys and values, half of length × length each
        long blocks = config.Layers * (matrices + attention) * batch.Tokens.Length;
        long head = width * config.VocabularySize * batch.CountTargets();
        return ForwardAndBackward * (blocks + head);
    }
}
