namespace TinyGpt.Dialogue;

/// <summary>What a talk is doing.</summary>
public enum TalkState
{
    /// <summary>Nothing: it is the partner's turn.</summary>
    Idle,

    /// <summary>The character is to answer and waits for room or its turn.</summary>
    Waiting,

    /// <summary>The character reads what was said, or answers.</summary>
    Answering,

    /// <summary>The answer under way gave its memory to a nearer character and waits to go on.</summary>
    Suspended,
}

/// <summary>How the last answer of a talk ended.</summary>
public enum TalkEnd
{
    /// <summary>There was none, or one is under way.</summary>
    None,

    /// <summary>The character said all it wanted.</summary>
    Finished,

    /// <summary>It reached the token limit of its persona.</summary>
    Length,

    /// <summary>It was interrupted; what was shown stays said.</summary>
    Interrupted,

    /// <summary>It was cancelled: neither the line nor the answer was ever said.</summary>
    Cancelled,

    /// <summary>Card, line and answer do not fit the model's context, even without all that was said before.</summary>
    NoRoom,
}

/// <summary>One line of a talk. Immutable and thread-safe.</summary>
/// <param name="Speaker">The speaker: the character's name, or that of <see cref="Talk.Partner"/>.</param>
/// <param name="Text">What was said; of an interrupted answer what was shown.</param>
/// <param name="Tick">The tick in which it was said to the end, from 1; see <see cref="DialogueStage.Ticks"/>.</param>
/// <param name="IsRemembered">Whether the character still has it in its prompt.</param>
public readonly record struct TranscriptLine(string Speaker, string Text, long Tick, bool IsRemembered);
