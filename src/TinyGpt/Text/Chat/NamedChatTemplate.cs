namespace TinyGpt;

/// <summary>A chat template that a model came with.</summary>
/// <param name="Name"><see cref="Default"/>, or what it is for, such as <c>tool_use</c>; 1 to 64 characters.</param>
/// <param name="Source">Its text in Jinja, at most 1,048,576 characters.</param>
public sealed record NamedChatTemplate(string Name, string Source)
{
    /// <summary>The name of the template for talks without more.</summary>
    public const string Default = "default";

    /// <summary>The longest name, in UTF-16 characters.</summary>
    internal const int MaxNameLength = 64;

    /// <summary>Whether a name is short and has nothing but letters, digits, '_', '-' and '.'.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
