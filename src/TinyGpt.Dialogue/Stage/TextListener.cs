namespace TinyGpt.Dialogue;

/// <summary>
/// Takes text of a talk as it comes, on the thread that ticks. May call anything of the stage but a tick, the end of its run in the background
/// and its disposal, which throw <see cref="InvalidOperationException"/>. What it throws leaves the tick, or ends the run and is in
/// <see cref="BackgroundRun.Failure"/>.
/// </summary>
/// <param name="talk">The talk.</param>
/// <param name="utf8">Whole characters, UTF-8. Valid until the call returns.</param>
/// <param name="state">What was given with the listener, or null.</param>
public delegate void TextListener(Talk talk, ReadOnlySpan<byte> utf8, object? state);
