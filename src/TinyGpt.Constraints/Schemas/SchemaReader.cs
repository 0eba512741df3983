using System.Globalization;
using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Formats;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Numbers;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// Reads the schemas of a document into <see cref="SchemaNode"/>s: those that can be reached from the root, each once. Keywords mean what
/// the document's draft says; keywords that the draft does not know are annotations.
/// </summary>
internal sealed class SchemaReader
{
    private readonly SchemaDocument _document;
    private readonly Dictionary<JsonValue, SchemaNode> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<(SchemaNode Node, SchemaDocument.Place Place)> _pending = new();
    private readonly SchemaDraft _draft;
    private int _count;

    public SchemaReader(SchemaDocument document)
    {
        _document = document;
        _draft = SchemaDrafts.Of(document.Root.Value);
    }

    /// <summary>The root's schema, with everything that it leads to.</summary>
    /// <exception cref="ConstraintException">A keyword has a wrong value, a reference leads nowhere, or there are too many schemas.</exception>
    public SchemaNode Read()
    {
        SchemaNode root = Node(_document.Root);
        while (_pending.TryDequeue(out (SchemaNode Node, SchemaDocument.Place Place) next)) Fill(next.Node, next.Place);
        return root;
    }

    /// <summary>A schema that allows one value alone, written as structure.</summary>
    public SchemaNode Constant(JsonValue value, string pointer)
    {
        SchemaNode node = New(pointer);
        switch (value.Kind)
        {
            case JsonKind.Array:
                node.Types = JsonTypes.Array;
                node.PrefixItems = [.. value.Items.Select(item => Constant(item, pointer))];
                node.Items = New(pointer);
                node.Items.IsNothing = true;
                node.MinItems = value.Items.Count;
                break;
            case JsonKind.Object:
                node.Types = JsonTypes.Object;
                node.Properties = [.. value.Members.Select(member => KeyValuePair.Create(member.Key, Constant(member.Value, pointer)))];
                node.PropertyByName = node.Properties.ToDictionary(StringComparer.Ordinal);
                node.Required = [.. value.Members.Select(member => member.Key)];
                node.AdditionalProperties = New(pointer);
                node.AdditionalProperties.IsNothing = true;
                break;
            default:
                node.Values = [value];
                break;
        }

        return node;
    }

    private SchemaNode New(string pointer)
    {
        if (++_count > SchemaLimits.MaxSchemas) throw new ConstraintException($"more than {SchemaLimits.MaxSchemas} schemas", pointer);
        return new SchemaNode(_count - 1, pointer);
    }

    private SchemaNode Node(SchemaDocument.Place place)
    {
        if (_known.TryGetValue(place.Value, out SchemaNode? node) && !place.Value.IsBoolean) return node;
        node = New(place.Pointer);
        switch (place.Value.Kind)
        {
            case JsonKind.True: node.IsAnything = true; break;
            case JsonKind.False: node.IsNothing = true; break;
            case JsonKind.Object:
                _known.Add(place.Value, node);
                _pending.Enqueue((node, place));
                break;
            default: throw new ConstraintException("a schema must be an object, true or false", place.Pointer);
        }

        return node;
    }

    private void Fill(SchemaNode node, SchemaDocument.Place place)
    {
        JsonValue schema = place.Value;
        JsonValue? reference = schema.Find("$ref");
        if (reference is { Kind: JsonKind.String } && _draft.IgnoresSiblingsOfReferences())
        {
            node.Reference = Target(reference.Text, place);
            node.IsOnlyReference = true;
            return;
        }

        int says = 0;
        NumberSet numbers = NumberSet.All;
        foreach ((string name, JsonValue value) in schema.Members)
        {
            if (!_draft.Knows(name)) continue;
            if (Keyword(node, place, name, value, ref numbers)) says++;
        }

        node.IsAnything = says == 0;
        node.IsOnlyReference = says == 1 && node.Reference is not null;
        node.Numbers = numbers;
    }

    private SchemaNode Target(string reference, SchemaDocument.Place place)
    {
        SchemaDocument.Place target = _document.Resolve(reference, place) ??
            throw new ConstraintException(
                $"$ref '{reference}' leads nowhere inside the document; schemas outside are not fetched", place.Pointer + "/$ref");
        return Node(target);
    }

    /// <returns>Whether the keyword says something.</returns>
    private bool Keyword(SchemaNode node, SchemaDocument.Place place, string name, JsonValue value, ref NumberSet numbers)
    {
        switch (name)
        {
            case "$ref" or "$dynamicRef" or "$recursiveRef":
                if (value.Kind != JsonKind.String) return false;
                if (name != "$ref") CheckDynamic(value.Text, place, name);
                SchemaNode target = Target(value.Text, place);
                if (node.Reference is not null) node.AllOf = [.. node.AllOf, target];
                else node.Reference = target;
                return true;
            case "type": return Types(node, place, value, ref numbers);
            case "enum":
                node.Values = value.Kind == JsonKind.Array ? value.Items : throw Wrong(place, name, "an array");
                return true;
            case "const":
                if (node.Values is null) node.Values = [value];
                else node.AllOf = [.. node.AllOf, ConstantValue(value, place)];
                return true;
            case "allOf":
                node.AllOf = [.. node.AllOf, .. Schemas(place, name, value)];
                return true;
            case "anyOf": return (node.AnyOf = Schemas(place, name, value)).Count > 0;
            case "oneOf": return (node.OneOf = Schemas(place, name, value)).Count > 0;
            case "not": node.Not = Schema(place, name, value); return true;
            case "if": node.If = Schema(place, name, value); return true;
            case "then": node.Then = Schema(place, name, value); return true;
            case "else": node.Else = Schema(place, name, value); return true;
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf" or "divisibleBy":
                return Number(place, name, value, ref numbers);
            case "minLength": return (node.MinLength = Count(place, name, value)) > 0;
            case "maxLength": node.MaxLength = Count(place, name, value); return true;
            case "pattern":
                node.Pattern = Search(place.Pointer + "/pattern", Text(place, name, value));
                return true;
            case "format":
                if (value.Kind == JsonKind.String) node.Format = StringFormats.Find(value.Text, place.Pointer + "/format");
                return node.Format is not null;
            default: return SchemaKeywords(node, place, name, value);
        }
    }

    private bool SchemaKeywords(SchemaNode node, SchemaDocument.Place place, string name, JsonValue value)
    {
        switch (name)
        {
            case "prefixItems": node.PrefixItems = Schemas(place, name, value); return true;
            case "items" when value.Kind == JsonKind.Array: node.PrefixItems = Schemas(place, name, value); return true;
            case "items": node.Items = Schema(place, name, value); return true;
            case "additionalItems":
                if (place.Value.Find("items") is { Kind: JsonKind.Array }) node.Items = Schema(place, name, value);
                return true;
            case "contains": node.Contains = Schema(place, name, value); return true;
            case "minContains": node.MinContains = Count(place, name, value); return true;
            case "maxContains": node.MaxContains = Count(place, name, value); return true;
            case "minItems": return (node.MinItems = Count(place, name, value)) > 0;
            case "maxItems": node.MaxItems = Count(place, name, value); return true;
            case "uniqueItems":
                if (!value.IsBoolean) throw Wrong(place, name, "true or false");
                return node.UniqueItems = value.Kind == JsonKind.True;
            case "unevaluatedItems": node.UnevaluatedItems = Schema(place, name, value); return true;
            case "properties": return Properties(node, place, value);
            case "patternProperties":
                node.PatternProperties =
                [
                    .. Members(place, name, value).Select(member => new PatternProperty(
                        member.Key, Search($"{place.Pointer}/patternProperties", member.Key), Schema(Nested(place, name), member.Key, member.Value))),
                ];
                return node.PatternProperties.Count > 0;
            case "additionalProperties": node.AdditionalProperties = Schema(place, name, value); return true;
            case "propertyNames": node.PropertyNames = Schema(place, name, value); return true;
            case "required":
                // Draft 3 and some schemas of later drafts write "required": true inside a property; there it says nothing.
                if (value.IsBoolean) return false;
                node.Required = Strings(place, name, value);
                return node.Required.Count > 0;
            case "minProperties": return (node.MinProperties = Count(place, name, value)) > 0;
            case "maxProperties": node.MaxProperties = Count(place, name, value); return true;
            case "dependencies" or "dependentRequired" or "dependentSchemas": return Dependencies(node, place, name, value);
            case "unevaluatedProperties": node.UnevaluatedProperties = Schema(place, name, value); return true;
            default: return false;
        }
    }

    private SchemaNode ConstantValue(JsonValue value, SchemaDocument.Place place)
    {
        SchemaNode node = New(place.Pointer + "/const");
        node.Values = [value];
        return node;
    }

    private static bool Types(SchemaNode node, SchemaDocument.Place place, JsonValue value, ref NumberSet numbers)
    {
        JsonTypes types = JsonTypes.None;
        bool integer = false, number = false;
        IReadOnlyList<JsonValue> names = value.Kind == JsonKind.Array ? value.Items : [value];
        foreach (JsonValue name in names)
        {
            if (name.Kind != JsonKind.String) throw Wrong(place, "type", "a name or an array of names");
            types |= name.Text switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "number" or "integer" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                "any" => JsonTypes.All,
                _ => throw new ConstraintException($"type '{name.Text}' is none of JSON Schema's", place.Pointer + "/type"),
            };
            integer |= name.Text == "integer";
            number |= name.Text is "number" or "any";
        }

        node.Types = types;
        if (integer && !number) numbers = numbers.Intersect(NumberSet.Of(NumberRange.MultiplesOf(ExactDecimal.One)));
        return types != JsonTypes.All || (integer && !number);
    }

    private static bool Number(SchemaDocument.Place place, string name, JsonValue value, ref NumberSet numbers)
    {
        // In drafts 3 and 4 exclusive bounds are switches beside the bound.
        if (value.IsBoolean && name.StartsWith("exclusive", StringComparison.Ordinal)) return false;
        if (value.Kind != JsonKind.Number) throw Wrong(place, name, "a number");
        ExactDecimal bound = ExactDecimal.Read(value.Text) ??
            throw new ConstraintException($"{name} has more digits than are supported", $"{place.Pointer}/{name}");
        bool open = name.StartsWith("exclusive", StringComparison.Ordinal) ||
            place.Value.Find(name == "minimum" ? "exclusiveMinimum" : "exclusiveMaximum") is { Kind: JsonKind.True };
        NumberRange range;
        if (name is "minimum" or "exclusiveMinimum") range = NumberRange.AtLeast(bound, open);
        else if (name is "maximum" or "exclusiveMaximum") range = NumberRange.AtMost(bound, open);
        else if (bound.Sign > 0) range = NumberRange.MultiplesOf(bound);
        else throw Wrong(place, name, "a number above 0");
        numbers = numbers.Intersect(NumberSet.Of(range));
        return true;
    }

    private bool Properties(SchemaNode node, SchemaDocument.Place place, JsonValue value)
    {
        SchemaDocument.Place nested = Nested(place, "properties");
        List<KeyValuePair<string, SchemaNode>> properties = new(value.Members.Count);
        Dictionary<string, SchemaNode> byName = new(value.Members.Count, StringComparer.Ordinal);
        foreach ((string name, JsonValue schema) in Members(place, "properties", value))
        {
            SchemaNode property = Schema(nested, name, schema);
            properties.Add(new(name, property));
            byName.Add(name, property);
        }

        node.Properties = properties;
        node.PropertyByName = byName;
        return properties.Count > 0;
    }

    private bool Dependencies(SchemaNode node, SchemaDocument.Place place, string keyword, JsonValue value)
    {
        List<KeyValuePair<string, IReadOnlyList<string>>> required = [.. node.DependentRequired];
        List<KeyValuePair<string, SchemaNode>> schemas = [.. node.DependentSchemas];
        foreach ((string name, JsonValue dependency) in Members(place, keyword, value))
        {
            switch (dependency.Kind)
            {
                case JsonKind.Array: required.Add(new(name, Strings(Nested(place, keyword), name, dependency))); break;
                case JsonKind.String: required.Add(new(name, [dependency.Text])); break;
                default: schemas.Add(new(name, Schema(Nested(place, keyword), name, dependency))); break;
            }
        }

        node.DependentRequired = required;
        node.DependentSchemas = schemas;
        return required.Count + schemas.Count > 0;
    }

    private void CheckDynamic(string reference, SchemaDocument.Place place, string name)
    {
        // A dynamic reference differs from a plain one only where several resources of a document share the anchor.
        if (reference is not "#" && !reference.StartsWith('#'))
        {
            throw new ConstraintException($"{name} '{reference}' is not supported: only anchors of the same document are", $"{place.Pointer}/{name}");
        }

        if (_document.HasSeveralResources) throw new ConstraintException($"{name} across several resources is not supported", $"{place.Pointer}/{name}");
    }

    private static SchemaDocument.Place Nested(SchemaDocument.Place place, string name) =>
        place with { Value = place.Value.Find(name)!, Pointer = $"{place.Pointer}/{name}" };

    private SchemaNode Schema(SchemaDocument.Place place, string name, JsonValue value) => Node(SchemaDocument.Child(place, name, value));

    private List<SchemaNode> Schemas(SchemaDocument.Place place, string name, JsonValue value)
    {
        if (value.Kind != JsonKind.Array) throw Wrong(place, name, "an array of schemas");
        SchemaDocument.Place nested = Nested(place, name);
        List<SchemaNode> schemas = new(value.Items.Count);
        for (int i = 0; i < value.Items.Count; i++) schemas.Add(Schema(nested, i.ToString(CultureInfo.InvariantCulture), value.Items[i]));
        return schemas;
    }

    private static IReadOnlyList<KeyValuePair<string, JsonValue>> Members(SchemaDocument.Place place, string name, JsonValue value) =>
        value.Kind == JsonKind.Object ? value.Members : throw Wrong(place, name, "an object");

    private static List<string> Strings(SchemaDocument.Place place, string name, JsonValue value)
    {
        if (value.Kind != JsonKind.Array) throw Wrong(place, name, "an array of strings");
        List<string> strings = new(value.Items.Count);
        foreach (JsonValue item in value.Items)
        {
            if (item.Kind != JsonKind.String) throw Wrong(place, name, "an array of strings");
            if (!strings.Contains(item.Text)) strings.Add(item.Text);
        }

        return strings;
    }

    private static string Text(SchemaDocument.Place place, string name, JsonValue value) =>
        value.Kind == JsonKind.String ? value.Text : throw Wrong(place, name, "a string");

    private static int Count(SchemaDocument.Place place, string name, JsonValue value)
    {
        ExactDecimal? number = value.Kind == JsonKind.Number ? ExactDecimal.Read(value.Text) : null;
        if (number is not { IsInteger: true, Sign: >= 0 } count) throw Wrong(place, name, "an integer of at least 0");
        return count.Mantissa > int.MaxValue / 8 ? int.MaxValue / 8 : (int)count.Mantissa;
    }

    private static Expression Search(string pointer, string pattern)
    {
        try
        {
            return Anchors.Search(ExpressionParser.Parse(pattern), pattern);
        }
        catch (ConstraintException error)
        {
            throw new ConstraintException(error.Message, pointer, error);
        }
    }

    private static ConstraintException Wrong(SchemaDocument.Place place, string name, string expected) =>
        new($"{name} must be {expected}", $"{place.Pointer}/{name}");
}
