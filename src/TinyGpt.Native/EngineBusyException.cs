namespace TinyGpt.Native;

/// <summary>A second thread called while the first was still inside the engine.</summary>
internal sealed class EngineBusyException() : Exception("another thread is inside the engine; an engine and its sessions belong to one thread at a time");
