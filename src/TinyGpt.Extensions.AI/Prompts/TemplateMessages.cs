using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Chat;

namespace TinyGpt.Extensions.AI.Prompts;

/// <summary>Makes what a chat template takes of messages and tools.</summary>
internal static class TemplateMessages
{
    private static readonly JsonElement NoArguments = JsonDocument.Parse("{}").RootElement;

    /// <summary>Translates messages; each result of a tool becomes a separate message.</summary>
    /// <exception cref="UnsupportedChatOptionException">A message holds what is no text, call or result.</exception>
    public static List<PromptMessage> Translate(IReadOnlyList<ChatMessage> messages)
    {
        List<PromptMessage> translated = [];
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (ChatMessage message in messages)
        {
            List<PromptToolCall> calls = [];
            bool hasResults = false;
            foreach (AIContent content in message.Contents)
            {
                switch (content)
                {
                    case FunctionCallContent call:
                        names[call.CallId] = call.Name;
                        calls.Add(new PromptToolCall(call.CallId, call.Name, call.Arguments is { } arguments ? Element(arguments) : NoArguments));
                        break;
                    case FunctionResultContent result:
                        hasResults = true;
                        translated.Add(new PromptMessage("tool", TextOf(result))
                        {
                            ToolCallId = result.CallId,
                            Name = names.GetValueOrDefault(result.CallId),
                        });
                        break;
                    case TextContent or TextReasoningContent or UsageContent:
                        break;
                    default:
                        throw new UnsupportedChatOptionException(
                            "ChatMessage.Contents",
                            $"the model reads text only, and a message of the role '{message.Role}' has {content.GetType().Name}.");
                }
            }

            if (!hasResults || message.Text.Length > 0)
            {
                string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
                translated.Add(new PromptMessage(message.Role.Value, message.Text)
                {
                    ToolCalls = calls,
                    Reasoning = reasoning.Length > 0 ? reasoning : null,
                });
            }
        }

        return translated;
    }

    /// <summary>Translates tools.</summary>
    /// <exception cref="UnsupportedChatOptionException">A tool is no function, or two have the same name.</exception>
    public static List<PromptTool> Translate(IEnumerable<AITool> tools)
    {
        List<PromptTool> translated = [];
        foreach (AITool tool in tools)
        {
            AIFunctionDeclaration function = tool as AIFunctionDeclaration
                ?? throw new UnsupportedChatOptionException("ChatOptions.Tools", $"'{tool.Name}' is no function, and the model can call functions only.");
            if (translated.Exists(other => other.Name == function.Name))
            {
                throw new UnsupportedChatOptionException("ChatOptions.Tools", $"two functions have the name '{function.Name}'.");
            }

            translated.Add(new PromptTool(function.Name, function.Description, function.JsonSchema));
        }

        return translated;
    }

    private static string TextOf(FunctionResultContent result) => result.Exception is { } exception ? $"Error: {exception.Message}"
        : result.Result switch
        {
            null => "null",
            string text => text,
            JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
            JsonElement element => element.GetRawText(),
            { } value => JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object))),
        };

    private static JsonElement Element(IDictionary<string, object?> arguments) => JsonSerializer.SerializeToElement(
        arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));
}
