using System.Text;
using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Numbers;

namespace TinyGpt.Constraints.Schemas;

/// <summary>Says whether a given value satisfies a schema: how listed values (<c>enum</c>, <c>const</c>) meet everything else.</summary>
internal sealed class SchemaValidator
{
    private const int MaxDepth = 1000;
    private const int FewValues = 8;

    private readonly Dictionary<SchemaNode, HashSet<string>> _listed = [];
    private int _steps;
    private int _depth;

    /// <summary>Whether two values are equal: numbers by value, members in any order.</summary>
    public static bool AreEqual(JsonValue a, JsonValue b)
    {
        if (a.Kind != b.Kind) return false;
        switch (a.Kind)
        {
            case JsonKind.String: return a.Text == b.Text;
            case JsonKind.Number:
                return a.Text == b.Text || (ExactDecimal.Read(a.Text) is { } x && ExactDecimal.Read(b.Text) is { } y && x.Equals(y));
            case JsonKind.Array: return a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second));
            case JsonKind.Object:
                return a.Members.Count == b.Members.Count &&
                    a.Members.All(member => b.Find(member.Key) is { } other && AreEqual(member.Value, other));
            default: return true;
        }
    }

    /// <exception cref="ConstraintException">There is too much to compare, or a number is too long.</exception>
    public bool IsValid(SchemaNode schema, JsonValue value)
    {
        if (_depth >= MaxDepth) throw new ConstraintException("the schema refers to itself without anything between", schema.Pointer);
        _depth++;
        bool isValid = Check(schema, value);
        _depth--;
        return isValid;
    }

    private bool Check(SchemaNode schema, JsonValue value)
    {
        if (++_steps > SchemaLimits.MaxValueSteps) throw new ConstraintException("listed values take too long to compare", schema.Pointer);
        if (schema.IsAnything || schema.IsNothing) return schema.IsAnything;
        return schema.Types.HasFlag(TypeOf(value)) &&
            (schema.Values is null || IsListed(schema, value)) &&
            IsValidInPlace(schema, value) &&
            value.Kind switch
            {
                JsonKind.Number => schema.Numbers.IsAll || schema.Numbers.Contains(ReadNumber(value, schema)),
                JsonKind.String => IsValidString(schema, value.Text),
                JsonKind.Array => IsValidArray(schema, value.Items),
                JsonKind.Object => IsValidObject(schema, value),
                _ => true,
            };
    }

    public static JsonTypes TypeOf(JsonValue value) => value.Kind switch
    {
        JsonKind.Null => JsonTypes.Null,
        JsonKind.True or JsonKind.False => JsonTypes.Boolean,
        JsonKind.Number => JsonTypes.Number,
        JsonKind.String => JsonTypes.String,
        JsonKind.Array => JsonTypes.Array,
        _ => JsonTypes.Object,
    };

    /// <summary>A text that equal values share, and no others.</summary>
    public static string Canonical(JsonValue value)
    {
        switch (value.Kind)
        {
            case JsonKind.Number: return ExactDecimal.Read(value.Text)?.ToString() ?? value.Text;
            case JsonKind.String: return $"\"{value.Text.Length}:{value.Text}";
            case JsonKind.Array: return $"[{string.Join(',', value.Items.Select(Canonical))}]";
            case JsonKind.Object:
                IEnumerable<string> members = value.Members.OrderBy(member => member.Key, StringComparer.Ordinal)
                    .Select(member => $"{member.Key.Length}:{member.Key}{Canonical(member.Value)}");
                return $"{{{string.Join(',', members)}}}";
            default: return value.Kind.ToString();
        }
    }

    private bool IsListed(SchemaNode schema, JsonValue value)
    {
        IReadOnlyList<JsonValue> values = schema.Values!;
        if (values.Count <= FewValues) return values.Any(listed => AreEqual(listed, value));
        if (!_listed.TryGetValue(schema, out HashSet<string>? known))
        {
            known = new HashSet<string>(values.Select(Canonical), StringComparer.Ordinal);
            _listed.Add(schema, known);
        }

        return known.Contains(Canonical(value));
    }

    private static ExactDecimal ReadNumber(JsonValue value, SchemaNode schema) =>
        ExactDecimal.Read(value.Text) ?? throw new ConstraintException($"the number {value.Text} has more digits than are supported", schema.Pointer);

    private bool IsValidInPlace(SchemaNode schema, JsonValue value)
    {
        if (schema.Reference is { } reference && !IsValid(reference, value)) return false;
        foreach (SchemaNode part in schema.AllOf)
        {
            if (!IsValid(part, value)) return false;
        }

        if (schema.AnyOf.Count > 0 && !schema.AnyOf.Any(part => IsValid(part, value))) return false;
        if (schema.OneOf.Count > 0 && schema.OneOf.Count(part => IsValid(part, value)) != 1) return false;
        if (schema.Not is { } not && IsValid(not, value)) return false;
        if (schema.If is not { } condition || (schema.Then is null && schema.Else is null)) return true;
        SchemaNode? consequence = IsValid(condition, value) ? schema.Then : schema.Else;
        return consequence is null || IsValid(consequence, value);
    }

    private static bool IsValidString(SchemaNode schema, string text)
    {
        if (schema.MinLength > 0 || schema.MaxLength is not null)
        {
            int length = text.EnumerateRunes().Count();
            if (length < schema.MinLength || length > schema.MaxLength) return false;
        }

        if (schema.Pattern is { } pattern && !ExpressionMatcher.Matches(pattern, text)) return false;
        return schema.Format is not { } format ||
            (!(text.EnumerateRunes().Count() > format.MaxLength) && ExpressionMatcher.Matches(format.Texts, text));
    }

    private bool IsValidArray(SchemaNode schema, IReadOnlyList<JsonValue> items)
    {
        if (items.Count < schema.MinItems || items.Count > schema.MaxItems) return false;
        for (int i = 0; i < items.Count; i++)
        {
            if (schema.ItemAt(i) is { } item && !IsValid(item, items[i])) return false;
            if (!schema.UniqueItems) continue;
            for (int j = 0; j < i; j++)
            {
                if (AreEqual(items[i], items[j])) return false;
            }
        }

        if (schema.Contains is not { } contains) return true;
        int count = items.Count(item => IsValid(contains, item));
        return count >= schema.MinContains && !(count > schema.MaxContains);
    }

    private bool IsValidObject(SchemaNode schema, JsonValue value)
    {
        if (value.Members.Count < schema.MinProperties || value.Members.Count > schema.MaxProperties) return false;
        if (schema.Required.Any(name => value.Find(name) is null)) return false;
        foreach ((string name, JsonValue member) in value.Members)
        {
            bool listed = schema.PropertyByName.TryGetValue(name, out SchemaNode? property);
            if (listed && !IsValid(property!, member)) return false;
            foreach (PatternProperty pattern in schema.PatternProperties)
            {
                if (!ExpressionMatcher.Matches(pattern.Names, name)) continue;
                listed = true;
                if (!IsValid(pattern.Schema, member)) return false;
            }

            if (!listed && schema.AdditionalProperties is { } additional && !IsValid(additional, member)) return false;
            if (schema.PropertyNames is { } names && !IsValid(names, JsonValue.OfString(name))) return false;
        }

        foreach ((string name, IReadOnlyList<string> required) in schema.DependentRequired)
        {
            if (value.Find(name) is not null && required.Any(other => value.Find(other) is null)) return false;
        }

        return schema.DependentSchemas.All(dependency => value.Find(dependency.Key) is null || IsValid(dependency.Value, value));
    }
}
