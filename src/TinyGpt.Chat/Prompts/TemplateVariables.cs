using System.Text.Json;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat;

/// <summary>The variables of a rendering. Not thread-safe while it is being filled.</summary>
public sealed class TemplateVariables
{
    private const int MaxJsonDepth = 128; // more than JsonDocument reads by default

    private static readonly HashSet<string> Roles =
        ["system", "user", "assistant", "tool", "developer", "function", "ipython", "observation", "context", "documents", "model", "tool_response", "tool_result"];

    internal Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Sets a variable to text, a number, a truth value, null, a list or an object. Its texts are content: they never become special tokens.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="value">The value. Where it is a list of messages, a role of the usual ones counts as written by the template.</param>
    /// <exception cref="ArgumentException">The value is undefined, or nested deeper than 128 levels, or has text with half a surrogate pair.</exception>
    public void Set(string name, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Values[name] = Convert(value, MaxJsonDepth, isRole: false);
    }

    /// <summary>Sets a variable to a text.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="text">The text.</param>
    /// <param name="isTemplate">Whether special tokens in it are special, as in <c>bos_token</c>.</param>
    public void Set(string name, string text, bool isTemplate = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(text);
        Values[name] = new TrackedText(text, isTemplate);
    }

    /// <summary>Sets a variable to a truth value.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="value">The value.</param>
    public void Set(string name, bool value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Values[name] = value;
    }

    /// <summary>Sets a variable to <c>None</c>.</summary>
    /// <param name="name">The variable's name.</param>
    public void SetNone(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Values[name] = None.Instance;
    }

    /// <summary>Sets the variable <c>messages</c>.</summary>
    /// <param name="messages">The messages.</param>
    public void SetMessages(IReadOnlyList<PromptMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Values["messages"] = new Sequence([.. messages.Select(Convert)]);
    }

    /// <summary>Sets the variable <c>tools</c>, in the form that transformers gives them; with no tools it is <c>None</c>.</summary>
    /// <param name="tools">The tools.</param>
    public void SetTools(IReadOnlyList<PromptTool> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        Values["tools"] = tools.Count == 0 ? None.Instance : new Sequence([.. tools.Select(tool => Object(
            ("type", Content("function")),
            ("function", Object(
                ("name", Content(tool.Name)),
                ("description", Content(tool.Description)),
                ("parameters", Convert(tool.Parameters, MaxJsonDepth, isRole: false))))))]);
    }

    private static TrackedText Content(string text) => new(text, isTemplate: false);

    private static Mapping Object(params ReadOnlySpan<(string Name, object Value)> members)
    {
        Mapping mapping = new();
        foreach ((string name, object value) in members)
        {
            mapping.Set(name, value);
        }

        return mapping;
    }

    private static object Convert(PromptMessage message)
    {
        Mapping mapping = Object(("role", new TrackedText(message.Role, Roles.Contains(message.Role))), ("content", Content(message.Content)));
        if (message.Reasoning is { } reasoning)
        {
            mapping.Set("reasoning_content", Content(reasoning));
        }

        if (message.ToolCalls.Count > 0)
        {
            mapping.Set("tool_calls", new Sequence([.. message.ToolCalls.Select(call => Object(
                ("id", Content(call.Id)),
                ("type", Content("function")),
                ("function", Object(
                    ("name", Content(call.Name)), ("arguments", Convert(call.Arguments, MaxJsonDepth, isRole: false))))))]));
        }

        if (message.ToolCallId is { } id)
        {
            mapping.Set("tool_call_id", Content(id));
        }

        if (message.Name is { } name)
        {
            mapping.Set("name", Content(name));
        }

        return mapping;
    }

    private static object Convert(JsonElement value, int depth, bool isRole)
    {
        if (depth == 0)
        {
            throw new ArgumentException($"The value is nested deeper than {MaxJsonDepth} levels.", nameof(value));
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                string text = TextOf(value);
                return new TrackedText(text, isRole && Roles.Contains(text));
            case JsonValueKind.Number:
                return Number(value);
            case JsonValueKind.True or JsonValueKind.False:
                return value.GetBoolean();
            case JsonValueKind.Null:
                return None.Instance;
            case JsonValueKind.Array:
                return new Sequence([.. value.EnumerateArray().Select(item => Convert(item, depth - 1, isRole: false))]);
            case JsonValueKind.Object:
                Mapping mapping = new();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    mapping.Set(property.Name, Convert(property.Value, depth - 1, property.Name == "role"));
                }

                return mapping;
            default:
                throw new ArgumentException("The value is undefined.", nameof(value));
        }
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException("The value has text that is not valid.", nameof(value), exception);
        }
    }

    /// <summary>An integer where the number is written as one, as Python reads it.</summary>
    private static object Number(JsonElement value)
    {
        string text = value.GetRawText();
        return text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 && Int128.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out Int128 integer)
            ? integer
            : value.GetDouble();
    }
}
