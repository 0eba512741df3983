namespace TinyGpt.Dialogue.Inbox;

/// <summary>Why a line cannot be said.</summary>
internal enum LineFault
{
    /// <summary>It can.</summary>
    None,

    /// <summary>There is nothing in it.</summary>
    Blank,

    /// <summary>The model's vocabulary cannot write it.</summary>
    Unwritable,

    /// <summary>It does not fit the context beside card and answer.</summary>
    TooLong,
}
