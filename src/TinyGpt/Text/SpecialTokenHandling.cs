namespace TinyGpt;

/// <summary>What an encoder makes of text that is written like a special token.</summary>
public enum SpecialTokenHandling
{
    /// <summary>It is text like any other: what a player or a document says can never become a special token.</summary>
    AsText,

    /// <summary>It becomes the special token; for prompts that the program itself has written.</summary>
    Recognize,
}
