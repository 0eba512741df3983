namespace TinyGpt.Constraints;

/// <summary>A schema, an expression or a grammar cannot be used: it is wrong, not supported, matches nothing, or is too large.</summary>
public sealed class ConstraintException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what is wrong, and where.</param>
    /// <param name="location">A JSON pointer, or a position in the text; empty if the whole is meant.</param>
    /// <param name="inner">What caused it.</param>
    public ConstraintException(string message, string location = "", Exception? inner = null)
        : base(location.Length == 0 ? message : $"{location}: {message}", inner) => Location = location;

    /// <summary>Where: a JSON pointer (<c>#/properties/age</c>), or a position in the text; empty if the whole is meant.</summary>
    public string Location { get; }
}
