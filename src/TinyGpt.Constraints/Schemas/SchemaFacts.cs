using TinyGpt.Constraints.Json;

namespace TinyGpt.Constraints.Schemas;

/// <summary>What can be seen of schemas without taking them apart: their types, and whether two of them exclude each other.</summary>
internal sealed class SchemaFacts(SchemaReader reader)
{
    private readonly Dictionary<SchemaNode, JsonTypes> _types = [];
    private readonly Dictionary<SchemaNode, SchemaNode[]> _conjuncts = [];
    private readonly Dictionary<(SchemaNode, JsonValue), SchemaNode> _constants = [];

    /// <summary>The schema <c>true</c>.</summary>
    public SchemaNode Anything { get; } = new(-1, "#") { IsAnything = true };

    /// <summary>The schema of one listed value.</summary>
    public SchemaNode Constant(JsonValue value, SchemaNode schema)
    {
        if (_constants.TryGetValue((schema, value), out SchemaNode? known)) return known;
        SchemaNode constant = reader.Constant(value, schema.Pointer);
        _constants.Add((schema, value), constant);
        return constant;
    }

    /// <summary>Types that values of the schema can have; perhaps some that they cannot.</summary>
    public JsonTypes PossibleTypes(SchemaNode schema)
    {
        if (schema.IsNothing) return JsonTypes.None;
        if (schema.IsAnything) return JsonTypes.All;
        if (_types.TryGetValue(schema, out JsonTypes types)) return types;
        Languages.RuntimeLimits.CheckStack();
        types = schema.Types;
        if (schema.Values is { } values) types &= values.Aggregate(JsonTypes.None, (sum, value) => sum | SchemaValidator.TypeOf(value));
        _types[schema] = types; // while it is found out, for schemas that contain themselves
        if (schema.Reference is { } reference) types &= PossibleTypes(reference);
        foreach (SchemaNode part in schema.AllOf) types &= PossibleTypes(part);
        if (schema.AnyOf.Count > 0) types &= Union(schema.AnyOf);
        if (schema.OneOf.Count > 0) types &= Union(schema.OneOf);
        _types[schema] = types;
        return types;
    }

    /// <summary>Whether no value of a type satisfies both, as far as can be seen.</summary>
    public bool AreDisjoint(SchemaNode a, SchemaNode b, JsonTypes type)
    {
        if (ReferenceEquals(a, b)) return false;
        if (!(PossibleTypes(a) & PossibleTypes(b)).HasFlag(type)) return true;
        return type == JsonTypes.Object && AreDisjointObjects(Conjuncts(a), Conjuncts(b));
    }

    private JsonTypes Union(IReadOnlyList<SchemaNode> schemas) => schemas.Aggregate(JsonTypes.None, (sum, part) => sum | PossibleTypes(part));

    /// <summary>The schema with all that it refers to and all of its <c>allOf</c>.</summary>
    private SchemaNode[] Conjuncts(SchemaNode schema)
    {
        if (_conjuncts.TryGetValue(schema, out SchemaNode[]? known)) return known;
        List<SchemaNode> all = [schema];
        for (int i = 0; i < all.Count && all.Count < 100; i++)
        {
            if (all[i].Reference is { } reference && !all.Contains(reference)) all.Add(reference);
            foreach (SchemaNode part in all[i].AllOf)
            {
                if (!all.Contains(part)) all.Add(part);
            }
        }

        return _conjuncts[schema] = [.. all];
    }

    private bool AreDisjointObjects(SchemaNode[] a, SchemaNode[] b)
    {
        foreach (SchemaNode schema in a)
        {
            foreach (string name in schema.Required)
            {
                if (IsForbidden(name, b) || (IsRequired(name, b) && HasDisjointValues(name, a, b))) return true;
            }
        }

        foreach (SchemaNode schema in b)
        {
            foreach (string name in schema.Required)
            {
                if (IsForbidden(name, a)) return true;
            }
        }

        return false;
    }

    private static bool IsRequired(string name, SchemaNode[] schemas) => schemas.Any(schema => schema.Required.Contains(name));

    private static bool IsForbidden(string name, SchemaNode[] schemas) => schemas.Any(schema =>
        schema.PropertyByName.TryGetValue(name, out SchemaNode? property)
            ? property.IsNothing
            : schema.AdditionalProperties is { IsNothing: true } && schema.PatternProperties.Count == 0);

    private bool HasDisjointValues(string name, SchemaNode[] a, SchemaNode[] b)
    {
        JsonTypes typesA = JsonTypes.All, typesB = JsonTypes.All;
        IReadOnlyList<JsonValue>? valuesA = null, valuesB = null;
        Collect(name, a, ref typesA, ref valuesA);
        Collect(name, b, ref typesB, ref valuesB);
        if ((typesA & typesB) == JsonTypes.None) return true;
        return valuesA is not null && valuesB is not null && valuesA.Count * valuesB.Count < 10_000 &&
            !valuesA.Any(value => valuesB.Any(other => SchemaValidator.AreEqual(value, other)));
    }

    private void Collect(string name, SchemaNode[] schemas, ref JsonTypes types, ref IReadOnlyList<JsonValue>? values)
    {
        foreach (SchemaNode schema in schemas)
        {
            if (!schema.PropertyByName.TryGetValue(name, out SchemaNode? property)) continue;
            types &= PossibleTypes(property);
            foreach (SchemaNode part in Conjuncts(property)) values ??= part.Values;
        }
    }
}
