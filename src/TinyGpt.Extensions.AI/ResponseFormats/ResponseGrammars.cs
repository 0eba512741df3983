using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Constraints;
using TinyGpt.Dialogue;
using TinyGpt.Extensions.AI.Schemas;
using TinyGpt.Extensions.AI.Tools;

namespace TinyGpt.Extensions.AI.ResponseFormats;

/// <summary>The grammars of response formats for one model; the last ones are kept, since callers ask for the same again. Thread-safe.</summary>
internal sealed class ResponseGrammars(GptModel model, ToolConstraints constraints)
{
    private const int MostKept = 64;

    /// <summary>What <see cref="AnyObject"/> is, as a schema.</summary>
    private const string AnyObjectSchema = """
        {"type": "object", "maxProperties": 6, "propertyNames": {"minLength": 1, "maxLength": 16}, "additionalProperties": {
          "type": ["string", "integer", "boolean"], "minLength": 1, "maxLength": 24, "minimum": -999999, "maximum": 999999 } }
        """;

    /// <summary>The key of JSON without a schema; no schema's text is empty.</summary>
    private const string NoSchema = "";

    private readonly Lazy<GrammarCompiler> _compiler = new(() => new GrammarCompiler(model));
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenConstraint> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>
    /// The grammar of a format. A new one is compiled on the thread pool, which can take as long as seconds. A grammar of a finite language needs
    /// all its tokens; where there are fewer, the constraint engine keeps the format, which ends every answer in time.
    /// </summary>
    /// <exception cref="ResponseFormatException">The schema uses what is not supported, or is too large; names the place.</exception>
    public async ValueTask<TokenConstraint> ForAsync(ChatResponseFormatJson format, int? maxTokens, CancellationToken cancellation)
    {
        TokenConstraint whole = await ForAsync(format, cancellation).ConfigureAwait(false);
        return whole is CompiledGrammar finite && maxTokens < finite.MostTokens
            ? await Task.Run(() => CompileSchema(format.Schema is { } given ? DotNetSchema.Narrow(given) : AnyObjectSchema, "$"), cancellation)
                .ConfigureAwait(false)
            : whole;
    }

    private async ValueTask<TokenConstraint> ForAsync(ChatResponseFormatJson format, CancellationToken cancellation)
    {
        string key = format.Schema?.GetRawText() ?? NoSchema;
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out TokenConstraint? kept))
            {
                return kept;
            }
        }

        TokenConstraint compiled = await Task.Run(() => Compile(format.Schema), cancellation).ConfigureAwait(false);
        lock (_gate)
        {
            if (_kept.TryAdd(key, compiled))
            {
                _order.Enqueue(key);
            }

            if (_order.Count > MostKept)
            {
                _kept.Remove(_order.Dequeue());
            }
        }

        return compiled;
    }

    /// <summary>
    /// An object of up to six members whose values are a line of text, a whole number or a boolean. What JSON allows beyond that is left out
    /// so that every answer ends and the grammar is compiled in a moment.
    /// </summary>
    private static Grammar AnyObject()
    {
        Grammar name = Grammar.Json(Grammar.Text(16));
        Grammar value = Grammar.Json(Grammar.Choice(Grammar.Text(24), Grammar.Number(-999_999, 999_999), Grammar.Boolean));
        Grammar member = Grammar.Sequence(name, Grammar.Literal(": "), value);
        return Grammar.Sequence(Grammar.Literal("{"), Grammar.Repeat(member, 0, 6, ", "), Grammar.Literal("}"));
    }

    /// <summary>Schemas of finite languages keep the form that they had; all others are kept by the constraint engine.</summary>
    private TokenConstraint Compile(JsonElement? schema)
    {
        if (schema is not { } given)
        {
            return _compiler.Value.Compile(AnyObject());
        }

        string narrowed = DotNetSchema.Narrow(given);
        try
        {
            using JsonDocument document = JsonDocument.Parse(narrowed);
            return _compiler.Value.Compile(JsonSchemaTranslation.Translate(document.RootElement));
        }
        catch (GrammarException)
        {
            return CompileSchema(narrowed, "$");
        }
        catch (ResponseFormatException exception)
        {
            return CompileSchema(narrowed, exception.JsonPath);
        }
    }

    private TokenConstraint CompileSchema(string schema, string suspect)
    {
        try
        {
            return constraints.For(schema);
        }
        catch (ConstraintException exception)
        {
            throw new ResponseFormatException(exception.Location.TrimStart('#') is { Length: > 0 } place ? place : suspect, exception.Message, exception);
        }
    }
}
