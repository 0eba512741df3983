using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Scheduling;

namespace TinyGpt.Dialogue.Saves;

/// <summary>The parts of a new stage that a save is read into.</summary>
/// <param name="Engine">Goes on with answers.</param>
/// <param name="Sessions">The engine's sessions.</param>
/// <param name="Roster">Receives the characters and talks of the stage; empty so far.</param>
/// <param name="Context">What answers share.</param>
/// <param name="Requests">What can be asked of characters.</param>
internal sealed record SnapshotTarget(GptEngine Engine, SessionPool Sessions, Roster Roster, AnswerContext Context, RequestFactory Requests)
{
    /// <summary>The most characters.</summary>
    public required int MaxCharacters { get; init; }

    /// <summary>The most open talks, both sides of exchanges included.</summary>
    public required int MaxTalks { get; init; }

    /// <summary>The engine's sequences.</summary>
    public required int MaxSequences { get; init; }
}
