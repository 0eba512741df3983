namespace TinyGpt.Training;

/// <summary>How well classes were told apart.</summary>
/// <param name="Loss">The mean cross-entropy in nats over the sequences that have a label; 0 where there is none.</param>
/// <param name="Correct">Sequences whose likeliest class is their label.</param>
/// <param name="Labels">Sequences that have a label.</param>
public readonly record struct ClassReport(double Loss, int Correct, int Labels)
{
    /// <summary>The share that is right; 0 where there are no labels.</summary>
    public double Accuracy => Labels == 0 ? 0 : (double)Correct / Labels;
}
