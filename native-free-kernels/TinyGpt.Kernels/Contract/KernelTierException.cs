namespace TinyGpt.Kernels;

/// <summary>A kernel tier was asked for that this processor, or this program, does not have. The message says what is missing.</summary>
public sealed class KernelTierException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public KernelTierException()
        : base("The kernel tier is not available.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is missing, and what there is instead.</param>
    public KernelTierException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is missing, and what there is instead.</param>
    /// <param name="innerException">The cause.</param>
    public KernelTierException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
