using System.Text.Json;
using System.Text.Json.Nodes;
using TinyGpt.Chat;
using TinyGpt.Constraints;
using TinyGpt.Extensions.AI.Schemas;

namespace TinyGpt.Extensions.AI.Tools;

/// <summary>Compiled constraints by the text of their schema; the last ones are kept. Thread-safe.</summary>
internal sealed class ToolConstraints(GptModel model)
{
    private const int MaxKept = 128;

    private static readonly JsonSchemaOptions Compact = new() { IsCompact = true };

    private readonly Lazy<ConstraintVocabulary> _vocabulary = new(() => new ConstraintVocabulary(model));
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenConstraint> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>The constraint for the arguments of a tool.</summary>
    /// <exception cref="UnsupportedChatOptionException">The tool's schema uses what cannot be kept.</exception>
    public TokenConstraint ForArguments(PromptTool tool)
    {
        try
        {
            return For(WithoutOthers(tool.Parameters));
        }
        catch (ConstraintException exception)
        {
            throw new UnsupportedChatOptionException("ChatOptions.Tools", $"the schema of '{tool.Name}' cannot be kept: {exception.Message}");
        }
    }

    /// <summary>The schema without arguments that the function does not have, where it says nothing about them.</summary>
    private static string WithoutOthers(JsonElement parameters)
    {
        string narrowed = DotNetSchema.Narrow(parameters);
        if (JsonNode.Parse(narrowed) is not JsonObject schema || schema.ContainsKey("additionalProperties") || schema.ContainsKey("$ref"))
        {
            return narrowed;
        }

        schema["additionalProperties"] = false;
        schema.TryAdd("type", "object");
        return schema.ToJsonString();
    }

    /// <summary>The constraint for the name of one of several tools, as a string of JSON.</summary>
    public TokenConstraint ForName(IReadOnlyList<PromptTool> tools)
    {
        JsonArray names = [.. tools.Select(tool => (JsonNode)tool.Name)];
        return For(new JsonObject { ["enum"] = names }.ToJsonString());
    }

    /// <summary>The constraint for a schema.</summary>
    /// <exception cref="ConstraintException">The schema uses what cannot be kept.</exception>
    public TokenConstraint For(string schema)
    {
        lock (_gate)
        {
            if (_kept.TryGetValue(schema, out TokenConstraint? kept))
            {
                return kept;
            }

            TokenConstraint compiled = Constraint.FromJsonSchema(schema, Compact).Compile(_vocabulary.Value);
            _kept.Add(schema, compiled);
            _order.Enqueue(schema);
            if (_order.Count > MaxKept)
            {
                _kept.Remove(_order.Dequeue());
            }

            return compiled;
        }
    }
}
