namespace TinyGpt.Extensions.AI;

/// <summary>
/// A request asks for something that this client cannot do, and leaving it out would change what the answer means. Its own members are immutable
/// and thread-safe.
/// </summary>
/// <param name="option">The member, such as <c>ChatOptions.Tools</c>.</param>
/// <param name="problem">Why not, and what to do instead.</param>
public sealed class UnsupportedChatOptionException(string option, string problem) : NotSupportedException($"{option}: {problem}")
{
    /// <summary>The member that cannot be served, such as <c>ChatOptions.Tools</c> or <c>ChatMessage.Contents</c>.</summary>
    public string Option { get; } = option;
}
