namespace TinyGpt.Cli;

/// <summary>A command cannot do what was asked. The message is the line that the user sees.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
