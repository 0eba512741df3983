namespace TinyGpt.Cli;

/// <summary>The reader of standard output has closed it, as <c>head</c> does. All work under way is cancelled, and what can be saved is saved.</summary>
internal sealed class NobodyReadsException() : OperationCanceledException("standard output was closed by its reader");
