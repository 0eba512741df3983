namespace TinyGpt.Dialogue.Saves;

/// <summary>How many there may be on a stage.</summary>
/// <param name="Characters">Characters.</param>
/// <param name="Talks">Open talks, both sides of exchanges included.</param>
/// <param name="Sequences">The engine's sequences.</param>
internal readonly record struct SnapshotLimits(int Characters, int Talks, int Sequences);
