namespace TinyGpt.Text;

/// <summary>How an added token is found in text.</summary>
[Flags]
internal enum AddedTokenTraits : byte
{
    None = 0,

    /// <summary>Any text that is written so becomes it; without this it is special, and only the program's own text does.</summary>
    UserDefined = 1,

    /// <summary>It swallows the white space before it.</summary>
    StripsLeft = 2,

    /// <summary>It takes the white space after it.</summary>
    StripsRight = 4,

    /// <summary>
    /// It is found in text that already has its prefix space: at the start of such text, or after a space that belongs to it. The text
    /// after it gets no prefix space.
    /// </summary>
    WithPrefix = 8,
}

/// <summary>A token that is found in text as it is written, in addition to those that merges make.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Traits">How it is found.</param>
internal readonly record struct AddedToken(int Id, AddedTokenTraits Traits = AddedTokenTraits.None)
{
    internal bool IsWithPrefix => (Traits & AddedTokenTraits.WithPrefix) != 0;

    internal bool IsUserDefined => (Traits & AddedTokenTraits.UserDefined) != 0;
}
