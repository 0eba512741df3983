namespace TinyGpt.Chat;

/// <summary>What is wrong with a template, or with what it was given.</summary>
public enum TemplateErrorKind
{
    /// <summary>The template is not written as Jinja wants it, or names a filter, test or statement that does not exist.</summary>
    Syntax,

    /// <summary>A value has the wrong type, or is not there.</summary>
    Value,

    /// <summary>The template itself refuses its input, with <c>raise_exception</c>.</summary>
    Raised,

    /// <summary>The template asks for something that templates may not do, such as changing a list.</summary>
    Forbidden,

    /// <summary>The template needs more work, memory, depth or output than the limits allow.</summary>
    Limit,
}
