namespace TinyGpt.Dialogue.Answers;

/// <summary>What a save says of the answers of a talk, checked; see <see cref="AnswerRun"/>.</summary>
internal readonly record struct SavedAnswer
{
    public required TalkState State { get; init; }

    public required TalkEnd End { get; init; }

    public required int Answers { get; init; }

    public required long Since { get; init; }

    public required bool WasSuspended { get; init; }

    public required int PromptTokens { get; init; }

    public required int ProducedBytes { get; init; }

    public required int SkippedBytes { get; init; }

    public required int ReadBytes { get; init; }

    public required byte[] Unread { get; init; }
}
