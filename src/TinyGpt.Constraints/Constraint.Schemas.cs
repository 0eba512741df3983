using System.Text;
using System.Text.Json;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Schemas;

namespace TinyGpt.Constraints;

/// <content>Constraints of JSON schemas.</content>
public sealed partial class Constraint
{
    /// <summary>
    /// Understands a JSON schema (drafts 4 to 2020-12). Names of
    /// properties that a schema does not list are not compared with each other.
    /// </summary>
    /// <param name="schema">The schema's JSON text.</param>
    /// <param name="options">How JSON is written; null for the defaults.</param>
    /// <exception cref="ConstraintException">
    /// The schema is wrong, too large, allows no value, or has something that cannot be kept exactly. The location is a JSON pointer.
    /// </exception>
    public static Constraint FromJsonSchema(string schema, JsonSchemaOptions? options = null) =>
        FromPattern(Pattern.Json(schema, options ?? new JsonSchemaOptions()));

    /// <summary>Understands a JSON schema; see <see cref="FromJsonSchema(string, JsonSchemaOptions?)"/>.</summary>
    /// <param name="utf8Schema">The schema's JSON text as UTF-8.</param>
    /// <param name="options">How JSON is written; null for the defaults.</param>
    /// <exception cref="ConstraintException">The schema cannot be used.</exception>
    public static Constraint FromJsonSchema(ReadOnlySpan<byte> utf8Schema, JsonSchemaOptions? options = null) =>
        System.Text.Unicode.Utf8.IsValid(utf8Schema) ? FromJsonSchema(Encoding.UTF8.GetString(utf8Schema), options)
            : throw new ConstraintException("The schema is no JSON: it is not valid UTF-8.", "#");

    /// <summary>Puts the values of a schema into a grammar.</summary>
    internal static Symbol AddJsonSchema(GrammarBuilder builder, ReadOnlySpan<byte> utf8Schema, JsonSchemaOptions options)
    {
        if (utf8Schema.Length > SchemaLimits.MaxBytes)
        {
            throw new ConstraintException($"The schema has {utf8Schema.Length:N0} bytes; at most {SchemaLimits.MaxBytes:N0} are read.", "#");
        }

        JsonValue root;
        try
        {
            root = JsonValueReader.Read(utf8Schema, SchemaLimits.MaxDepth);
        }
        catch (JsonException error)
        {
            throw new ConstraintException($"The schema is no JSON: {error.Message}", "#", error);
        }

        SchemaReader reader = new(new SchemaDocument(root));
        SchemaNode schema = reader.Read();
        return new SchemaCompiler(builder, reader, options).Compile(schema);
    }
}
