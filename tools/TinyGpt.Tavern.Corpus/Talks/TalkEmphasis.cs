namespace TinyGpt.Tavern.Corpus;

/// <summary>What a corpus has more of than an ordinary talk, where a model is weak. Immutable and thread-safe.</summary>
internal sealed record TalkEmphasis
{
    /// <summary>An ordinary talk.</summary>
    public static TalkEmphasis None { get; } = new();

    /// <summary>Intents that are drawn four times as often.</summary>
    public IReadOnlySet<string> Intents { get; init; } = new HashSet<string>();

    /// <summary>How many questions of a hundred were asked before in the same talk, and are answered in other words.</summary>
    public int RepeatPercent { get; init; } = 10;
}
