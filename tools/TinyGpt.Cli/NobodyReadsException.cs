namespace TinyGpt.Cli;

/// <summary>Whoever read standard output has gone, as <c>head</c> does. All that is under way is cancelled; what can be saved is saved.</summary>
internal sealed class NobodyReadsException() : OperationCanceledException("nobody reads standard output any more");
