using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TinyGpt.Chat;

namespace TinyGpt.Extensions.AI.Prompts;

/// <summary>
/// Tools for models whose template ignores them: the system describes them, calls are part of what the assistant said, and the user tells the
/// results. Thread-safe.
/// </summary>
internal static class ToolDescriptions
{
    private const string Before = "You can call these functions:\n";

    private const string After =
        "\nTo call one, answer with {\"name\": <function-name>, \"arguments\": <args-json-object>} within <tool_call></tool_call>.";

    private static readonly ConditionalWeakTable<PromptTemplate, object> Known = [];

    /// <summary>Whether a template writes the same prompt with tools and without.</summary>
    public static bool IsNeeded(PromptTemplate template) => (bool)Known.GetValue(template, static template => (object)Ignores(template));

    /// <summary>Renders a prompt that describes the tools; within the first message of the user where the template refuses a system.</summary>
    /// <exception cref="TemplateException">The template refuses the messages as well.</exception>
    public static RenderedPrompt Render(
        PromptTemplate template, TemplateVariables variables, IReadOnlyList<PromptMessage> messages, IReadOnlyList<PromptTool> tools)
    {
        List<PromptMessage> plain = Plain(messages);
        string description = Before + string.Concat(tools.Select(tool => Text(tool) + "\n")) + After;
        try
        {
            variables.SetMessages(Described(plain, description, "system"));
            return template.Render(variables);
        }
        catch (TemplateException) when (plain is not [{ Role: "system" }, ..])
        {
            variables.SetMessages(Described(plain, description, "user"));
            return template.Render(variables);
        }
    }

    private static bool Ignores(PromptTemplate template)
    {
        const string Name = "QUERY_TOOL";
        TemplateVariables variables = template.CreateVariables();
        variables.SetMessages([new PromptMessage("user", "QUESTION")]);
        variables.SetTools([new PromptTool(Name, "", JsonDocument.Parse("""{"type": "object", "properties": {}}""").RootElement)]);
        try
        {
            return !template.Render(variables).Text.Contains(Name, StringComparison.Ordinal);
        }
        catch (TemplateException)
        {
            return false; // it does something with them
        }
    }

    /// <summary>The messages with a description before the text of the first one of a role.</summary>
    private static List<PromptMessage> Described(List<PromptMessage> messages, string description, string role)
    {
        List<PromptMessage> described = [.. messages];
        int at = role == "system" ? (described is [{ Role: "system" }, ..] ? 0 : -1) : described.FindIndex(message => message.Role == role);
        if (at < 0)
        {
            described.Insert(0, new PromptMessage(role, description));
        }
        else
        {
            string content = role == "system" ? $"{described[at].Content}\n\n{description}" : $"{description}\n\n{described[at].Content}";
            described[at] = described[at] with { Content = content };
        }

        return described;
    }

    /// <summary>Messages without calls and results of their own; those of one role after another are one.</summary>
    private static List<PromptMessage> Plain(IReadOnlyList<PromptMessage> messages)
    {
        List<PromptMessage> plain = [];
        foreach (PromptMessage message in messages)
        {
            StringBuilder text = new(message.Role == "tool" ? $"<tool_response>\n{message.Content}\n</tool_response>" : message.Content);
            foreach (PromptToolCall call in message.ToolCalls)
            {
                JsonObject written = new() { ["name"] = call.Name, ["arguments"] = JsonNode.Parse(call.Arguments.GetRawText()) };
                text.Append(text.Length > 0 ? "\n" : "").Append($"<tool_call>\n{written.ToJsonString()}\n</tool_call>");
            }

            string role = message.Role == "tool" ? "user" : message.Role;
            if (plain is [.., var last] && last.Role == role && role != "system")
            {
                plain[^1] = last with { Content = $"{last.Content}\n{text}" };
            }
            else
            {
                plain.Add(new PromptMessage(role, text.ToString()) { Reasoning = message.Reasoning });
            }
        }

        return plain;
    }

    private static string Text(PromptTool tool) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = tool.Name,
            ["description"] = tool.Description,
            ["parameters"] = JsonNode.Parse(tool.Parameters.GetRawText()),
        },
    }.ToJsonString();
}
