namespace TinyGpt.Cli;

/// <summary>A training was stopped by Ctrl-C, and saved. The message is the line that the user sees.</summary>
internal sealed class TrainingStoppedException(string message) : OperationCanceledException(message);
