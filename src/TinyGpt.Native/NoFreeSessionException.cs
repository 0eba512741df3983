namespace TinyGpt.Native;

/// <summary>All sessions that the engine was opened for are in use.</summary>
internal sealed class NoFreeSessionException(int sessions)
    : Exception($"all {sessions} sessions of the engine are in use: close one, or open the engine with a larger max_sessions");
