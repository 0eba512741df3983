using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Constraints;
using TinyGpt.Dialogue;
using TinyGpt.Extensions.AI.Tools;

namespace TinyGpt.Extensions.AI.ResponseFormats;

/// <summary>The grammars of response formats for one model; the last ones are kept, since callers ask for the same again. Thread-safe.</summary>
internal sealed class ResponseGrammars(GptModel model, ToolConstraints constraints)
{
    private const int MostKept = 64;

    /// <summary>The key of JSON without a schema; no schema's text is empty.</summary>
    private const string NoSchema = "";

    private readonly Lazy<GrammarCompiler> _compiler = new(() => new GrammarCompiler(model));
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenConstraint> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>The grammar of a format. A new one is compiled on the thread pool, which can take as long as seconds.</summary>
    /// <exception cref="ResponseFormatException">The schema uses what is not supported, or is too large; names the place.</exception>
    public async ValueTask<TokenConstraint> ForAsync(ChatResponseFormatJson format, CancellationToken cancellation)
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

        try
        {
            return _compiler.Value.Compile(JsonSchemaTranslation.Translate(given));
        }
        catch (GrammarException)
        {
            return CompileSchema(given, "$");
        }
        catch (ResponseFormatException exception)
        {
            return CompileSchema(given, exception.JsonPath);
        }
    }

    private TokenConstraint CompileSchema(JsonElement schema, string suspect)
    {
        try
        {
            return constraints.For(schema.GetRawText());
        }
        catch (ConstraintException exception)
        {
            throw new ResponseFormatException(exception.Location.TrimStart('#') is { Length: > 0 } place ? place : suspect, exception.Message, exception);
        }
    }
}
