namespace TinyGpt.Native;

/// <summary>A session and the engine that it belongs to.</summary>
internal sealed record SessionHandle(EngineHandle Owner, GptSession Session);
