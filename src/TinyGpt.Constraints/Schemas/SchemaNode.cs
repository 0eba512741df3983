using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Formats;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Numbers;

namespace TinyGpt.Constraints.Schemas;

/// <summary>Types of JSON values, as a set.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
    All = 63,
}

/// <summary>Values of property names that match an expression, and their schema.</summary>
/// <param name="Pattern">The expression as it is written.</param>
/// <param name="Names">The names that it is found in.</param>
/// <param name="Schema">The schema of their values.</param>
internal sealed record PatternProperty(string Pattern, Expression Names, SchemaNode Schema);

/// <summary>
/// A schema of a document, keyword by keyword. What a keyword does not say is null or empty. Filled by <see cref="SchemaReader"/> and
/// not changed afterwards.
/// </summary>
internal sealed class SchemaNode(int id, string pointer)
{
    /// <summary>The place among the document's schemas, in the order in which they were read.</summary>
    public int Id { get; } = id;

    /// <summary>Where the schema is, as a JSON pointer.</summary>
    public string Pointer { get; } = pointer;

    /// <summary>Whether this is <c>false</c>.</summary>
    public bool IsNothing { get; set; }

    /// <summary>Whether no keyword says anything: <c>true</c> and <c>{}</c>.</summary>
    public bool IsAnything { get; set; }

    public JsonTypes Types { get; set; } = JsonTypes.All;

    /// <summary>The values of <c>enum</c> or <c>const</c>.</summary>
    public IReadOnlyList<JsonValue>? Values { get; set; }

    public SchemaNode? Reference { get; set; }

    /// <summary>Whether the schema says no more than <see cref="Reference"/>.</summary>
    public bool IsOnlyReference { get; set; }

    public IReadOnlyList<SchemaNode> AllOf { get; set; } = [];

    public IReadOnlyList<SchemaNode> AnyOf { get; set; } = [];

    public IReadOnlyList<SchemaNode> OneOf { get; set; } = [];

    public SchemaNode? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    /// <summary>What bounds, <c>multipleOf</c> and the type <c>integer</c> leave of the numbers.</summary>
    public NumberSet Numbers { get; set; } = NumberSet.All;

    public int MinLength { get; set; }

    public int? MaxLength { get; set; }

    /// <summary>The texts in which <c>pattern</c> is found.</summary>
    public Expression? Pattern { get; set; }

    public StringFormat? Format { get; set; }

    public IReadOnlyList<SchemaNode> PrefixItems { get; set; } = [];

    /// <summary>The schema of the items after <see cref="PrefixItems"/>.</summary>
    public SchemaNode? Items { get; set; }

    public SchemaNode? Contains { get; set; }

    public int MinContains { get; set; } = 1;

    public int? MaxContains { get; set; }

    public int MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool UniqueItems { get; set; }

    public SchemaNode? UnevaluatedItems { get; set; }

    public IReadOnlyList<KeyValuePair<string, SchemaNode>> Properties { get; set; } = [];

    public IReadOnlyDictionary<string, SchemaNode> PropertyByName { get; set; } = System.Collections.Frozen.FrozenDictionary<string, SchemaNode>.Empty;

    public IReadOnlyList<PatternProperty> PatternProperties { get; set; } = [];

    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    public IReadOnlyList<string> Required { get; set; } = [];

    public int MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> DependentRequired { get; set; } = [];

    public IReadOnlyList<KeyValuePair<string, SchemaNode>> DependentSchemas { get; set; } = [];

    public SchemaNode? UnevaluatedProperties { get; set; }

    /// <summary>Whether a keyword says something about the values of properties.</summary>
    public bool SaysProperties => Properties.Count > 0 || PatternProperties.Count > 0 || AdditionalProperties is not null;

    /// <summary>Whether a keyword says something about items.</summary>
    public bool SaysItems => PrefixItems.Count > 0 || Items is not null;

    /// <summary>The schema of an item.</summary>
    public SchemaNode? ItemAt(int index) => index < PrefixItems.Count ? PrefixItems[index] : Items;

    public override string ToString() => Pointer;
}
