using System.Text.Json;

namespace TinyGpt.Chat;

/// <summary>A message of a talk, as templates take it. Immutable and thread-safe.</summary>
/// <param name="Role">The speaker: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>; others where a template knows them.</param>
/// <param name="Content">What is said; it never becomes a special token.</param>
public sealed record PromptMessage(string Role, string Content)
{
    /// <summary>What the model thought before it answered, for templates that write it again; null for nothing.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The tools that the model called; none by default.</summary>
    public IReadOnlyList<PromptToolCall> ToolCalls { get; init; } = [];

    /// <summary>Which call a message of the role <c>tool</c> answers; null where that is not said.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The tool's or speaker's name; null for none.</summary>
    public string? Name { get; init; }
}

/// <summary>A call of a tool. Immutable and thread-safe as long as the arguments' document is not disposed.</summary>
/// <param name="Id">What tells it from other calls.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments, an object of JSON.</param>
public sealed record PromptToolCall(string Id, string Name, JsonElement Arguments);

/// <summary>A tool that a model may call. Immutable and thread-safe as long as the schema's document is not disposed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does; may be empty.</param>
/// <param name="Parameters">The JSON schema of its arguments, an object.</param>
public sealed record PromptTool(string Name, string Description, JsonElement Parameters);
