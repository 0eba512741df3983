using TinyGpt.Constraints.Json;

namespace TinyGpt.Constraints.Schemas;

/// <summary>The drafts of JSON Schema, oldest first.</summary>
internal enum SchemaDraft
{
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

/// <summary>What the drafts differ in.</summary>
internal static class SchemaDrafts
{
    /// <summary>The draft that a document names; the newest where it names none, or one that is not known.</summary>
    public static SchemaDraft Of(JsonValue root)
    {
        string name = root.Find("$schema") is { Kind: JsonKind.String } schema ? schema.Text : "";
        if (name.Contains("draft-03", StringComparison.Ordinal) || name.Contains("draft-04", StringComparison.Ordinal)) return SchemaDraft.Draft4;
        if (name.Contains("draft-06", StringComparison.Ordinal)) return SchemaDraft.Draft6;
        if (name.Contains("draft-07", StringComparison.Ordinal)) return SchemaDraft.Draft7;
        return name.Contains("2019-09", StringComparison.Ordinal) ? SchemaDraft.Draft2019 : SchemaDraft.Draft2020;
    }

    /// <summary>Whether a schema with <c>$ref</c> says nothing else, as up to draft 7.</summary>
    public static bool IgnoresSiblingsOfReferences(this SchemaDraft draft) => draft <= SchemaDraft.Draft7;

    /// <summary>Whether a keyword is one of the draft's; keywords that are in no draft are known to none.</summary>
    public static bool Knows(this SchemaDraft draft, string keyword) => keyword switch
    {
        "const" or "contains" or "propertyNames" => draft >= SchemaDraft.Draft6,
        "if" or "then" or "else" => draft >= SchemaDraft.Draft7,
        "minContains" or "maxContains" or "dependentRequired" or "dependentSchemas" or "unevaluatedItems" or "unevaluatedProperties" =>
            draft >= SchemaDraft.Draft2019,
        "prefixItems" or "$dynamicRef" => draft >= SchemaDraft.Draft2020,
        "$recursiveRef" => draft == SchemaDraft.Draft2019,
        "divisibleBy" => draft == SchemaDraft.Draft4,
        _ => true,
    };
}
