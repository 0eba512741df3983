namespace TinyGpt.Extensions.AI;

/// <summary>
/// A response format cannot become a grammar: its schema uses what is outside the subset that <see cref="TinyGptChatClient"/> documents, or is too
/// large. Its own members are immutable and thread-safe.
/// </summary>
/// <param name="jsonPath">The place in the schema, such as <c>$.properties.price.multipleOf</c>.</param>
/// <param name="problem">What is wrong and how to mend it.</param>
/// <param name="cause">The cause, or null.</param>
public sealed class ResponseFormatException(string jsonPath, string problem, Exception? cause = null)
    : NotSupportedException($"ChatOptions.ResponseFormat, schema at {jsonPath}: {problem}", cause)
{
    /// <summary>The place in the schema, such as <c>$.properties.price.multipleOf</c>; <c>$</c> is the whole.</summary>
    public string JsonPath { get; } = jsonPath;
}
