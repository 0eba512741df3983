namespace TinyGpt.Tavern.Corpus;

/// <summary>Who says a line, and when.</summary>
internal enum LineKind
{
    /// <summary>The player says it: <c>?</c>.</summary>
    Player,

    /// <summary>An answer: <c>!</c>.</summary>
    Answer,

    /// <summary>The answer when the card lacks the fact that was asked for: <c>-</c>.</summary>
    Refusal,
}
