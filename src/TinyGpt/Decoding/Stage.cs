namespace TinyGpt.Decoding;

/// <summary>The stages of a forward pass, in order. Those from <see cref="AttentionNorm"/> to <see cref="DownProjection"/> repeat for every block.</summary>
internal enum Stage
{
    CopyPages,
    Embedding,
    AttentionNorm,
    QueryKeyValue,
    Attention,
    AttentionOutput,
    FeedForwardNorm,
    GateUpProjection,
    DownProjection,
    FinalNorm,
    Head,
    End,
}

/// <summary>One stage: a number of independent units, which threads share and slices divide.</summary>
/// <param name="Units">How many units there are for the batch and the block under way.</param>
/// <param name="UnitCost">What one unit costs, in any measure that is proportional within the stage.</param>
/// <param name="Run">Computes a range of units on one worker.</param>
internal readonly record struct StageDefinition(Func<int> Units, Func<double> UnitCost, UnitRange Run);
