namespace TinyGpt.Training;

/// <summary>What the classifier head learns from a batch. Immutable as long as its arrays are not written to.</summary>
/// <param name="Labels">Each sequence's class, or <see cref="TrainingBatch.NoTarget"/> for none.</param>
/// <param name="LastPositions">Each sequence's last token, whose final state the head looks at.</param>
public sealed record ClassTargets(int[] Labels, int[] LastPositions)
{
    /// <summary>Sequences that have a label.</summary>
    public int CountLabels() => Labels.Count(label => label >= 0);
}
