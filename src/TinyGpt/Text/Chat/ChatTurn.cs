namespace TinyGpt;

/// <summary>Who speaks in a turn of a talk.</summary>
public enum TurnRole
{
    /// <summary>The system message, which says how the model should behave; the first turn, if there is one.</summary>
    System,

    /// <summary>The user, who talks with the model.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>A turn of a talk.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">What is said; never more than text, whatever is written in it.</param>
public readonly record struct ChatTurn(TurnRole Role, string Text);
