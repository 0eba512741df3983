namespace TinyGpt.Dialogue;

/// <summary>
/// A grammar cannot be compiled: it is too large or nested too deep, the model's vocabulary cannot write it, or what ends an answer is within
/// its texts.
/// </summary>
/// <param name="message">What is wrong and how to mend it.</param>
public sealed class GrammarException(string message) : Exception(message);
