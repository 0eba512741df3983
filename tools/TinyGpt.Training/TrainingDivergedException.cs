namespace TinyGpt.Training;

/// <summary>Gradients are no finite numbers any more. The weights are those before the step.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Makes the exception with a given message.</summary>
    /// <param name="message">What happened and what to do.</param>
    public TrainingDivergedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a cause.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public TrainingDivergedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception.</summary>
    public TrainingDivergedException()
        : this("Training diverged.")
    {
    }
}
