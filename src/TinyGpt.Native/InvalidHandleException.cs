namespace TinyGpt.Native;

/// <summary>A caller gave a number that is no handle, or no longer, or of another kind.</summary>
internal sealed class InvalidHandleException(ulong handle) : Exception($"{handle} is no handle of that kind, or was closed");
