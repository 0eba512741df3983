using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// Turns goals into rules of a grammar, each once. Strings and numbers are closed under all that schemas are combined by; arrays and
/// objects are taken apart into conjunctions.
/// </summary>
internal sealed class SchemaCompiler
{
    private readonly GrammarBuilder _builder;
    private readonly JsonSymbols _json;
    private readonly SchemaFacts _facts;
    private readonly SchemaValidator _validator = new();
    private readonly StringLanguages _strings;
    private readonly NumberSets _numbers = new();
    private readonly ArraySymbols _arrays;
    private readonly ObjectSymbols _objects;
    private readonly Dictionary<Goal, Symbol> _rules = [];
    private readonly Queue<(Goal Goal, Symbol Rule)> _open = [];
    private int _steps;

    public SchemaCompiler(GrammarBuilder builder, SchemaReader reader, JsonSchemaOptions options)
    {
        _builder = builder;
        _json = new JsonSymbols(builder, options);
        _facts = new SchemaFacts(reader);
        _strings = new StringLanguages(builder.Regex, _json.Characters);
        RepetitionSymbols repetitions = new(builder, _json);
        _arrays = new ArraySymbols(builder, _json, repetitions, this);
        _objects = new ObjectSymbols(builder, _json, repetitions, _strings, _validator, this, options.PropertyOrder);
    }

    /// <summary>The texts of values that satisfy a schema.</summary>
    /// <exception cref="ConstraintException">Something cannot be kept exactly, or a limit is reached.</exception>
    public Symbol Compile(SchemaNode schema)
    {
        Symbol start = Value(Goal.Of(new Claim(schema, true)));
        while (_open.TryDequeue(out (Goal Goal, Symbol Rule) next))
        {
            _builder.Define(next.Rule, Body(next.Goal));
        }

        return start;
    }

    /// <summary>The texts of values that meet a goal; defined when <see cref="Compile"/> returns.</summary>
    public Symbol Value(Goal goal)
    {
        if (goal.IsNothing) return Symbol.Nothing;
        if (goal.IsAnything) return _json.Anything;
        if (_rules.TryGetValue(goal, out Symbol rule)) return rule;
        if (_rules.Count >= SchemaLimits.MaxGoals) throw new ConstraintException("too many combinations of schemas", goal.ToString());
        rule = _builder.Rule(goal.ToString());
        _rules.Add(goal, rule);
        _open.Enqueue((goal, rule));
        return rule;
    }

    /// <summary>The values that meet a goal, where the schemas list them; else null.</summary>
    public List<JsonValue>? Values(Goal goal)
    {
        if (Listed(goal) is not { } listed) return null;
        List<JsonValue> values = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (JsonValue value in listed)
        {
            if (Meets(goal, value) && known.Add(SchemaValidator.Canonical(value))) values.Add(value);
        }

        return values;
    }

    /// <summary>The values that meet a goal where they are listed, or can only be null, true and false; null where there are more.</summary>
    public List<JsonValue>? FewValues(Goal goal, int most)
    {
        if (goal.IsNothing) return [];
        List<JsonValue>? values = Values(goal);
        if (values is null && (PossibleTypes(goal) & ~(JsonTypes.Null | JsonTypes.Boolean)) == JsonTypes.None)
        {
            JsonValue[] all = [JsonValue.Null, JsonValue.False, JsonValue.True];
            values = [.. all.Where(value => Meets(goal, value))];
        }

        return values?.Count <= most ? values : null;
    }

    /// <summary>The types that values of a goal can have.</summary>
    private JsonTypes PossibleTypes(Goal goal)
    {
        JsonTypes types = JsonTypes.All;
        foreach (Claim claim in goal.Claims)
        {
            if (claim.IsTrue) types &= _facts.PossibleTypes(claim.Schema);
        }

        return types;
    }

    private Symbol Body(Goal goal)
    {
        try
        {
            if (Values(goal) is { } values) return Constants(values);
            JsonTypes types = PossibleTypes(goal);
            List<Symbol> options = [Keywords(goal, types)];
            if (types.HasFlag(JsonTypes.Number)) options.Add(_json.Numbers.Of(_numbers.Of(goal.Claims)));
            if (types.HasFlag(JsonTypes.String)) options.Add(_json.String(_strings.Of(goal.Claims)));
            if (types.HasFlag(JsonTypes.Array)) Arrays(goal, options);
            if (types.HasFlag(JsonTypes.Object)) Objects(goal, options);
            return _builder.Choice(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(options));
        }
        catch (ConstraintException error) when (error.Location.Length == 0)
        {
            throw new ConstraintException(error.Message, goal.ToString(), error);
        }
    }

    private Symbol Keywords(Goal goal, JsonTypes types)
    {
        bool booleans = types.HasFlag(JsonTypes.Boolean);
        return _json.Keywords(
            types.HasFlag(JsonTypes.Null) && Meets(goal, JsonValue.Null),
            booleans && Meets(goal, JsonValue.True),
            booleans && Meets(goal, JsonValue.False));
    }

    private bool Meets(Goal goal, JsonValue value)
    {
        foreach (Claim claim in goal.Claims)
        {
            if (_validator.IsValid(claim.Schema, value) != claim.IsTrue) return false;
        }

        return true;
    }

    /// <summary>The values that a claim lists which every value of the goal must be among.</summary>
    private static IReadOnlyList<JsonValue>? Listed(Goal goal)
    {
        foreach (Claim claim in goal.Claims)
        {
            if (claim.IsTrue && Listed(claim.Schema, 0) is { } values) return values;
        }

        return null;
    }

    private static IReadOnlyList<JsonValue>? Listed(SchemaNode schema, int depth)
    {
        if (schema.Values is not null || depth > 20) return schema.Values;
        if (schema.Reference is { } reference && Listed(reference, depth + 1) is { } values) return values;
        foreach (SchemaNode part in schema.AllOf)
        {
            if (Listed(part, depth + 1) is { } listed) return listed;
        }

        return null;
    }

    private Symbol Constants(List<JsonValue> values)
    {
        List<Symbol> options = [];
        List<RegexNode> strings = [];
        foreach (JsonValue value in values)
        {
            if (value.Kind == JsonKind.String) strings.Add(_json.Characters.Literal(value.Text));
            else options.Add(_json.Constant(value));
        }

        options.Add(_json.String(_builder.Regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(strings))));
        return _builder.Choice(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(options));
    }

    private void Arrays(Goal goal, List<Symbol> options)
    {
        ArrayExpansion expansion = new(_facts);
        bool listed = false;
        foreach (Shape shape in expansion.Expand(goal, new ArrayShape()))
        {
            if (shape.IsListed) listed = true;
            else options.Add(_arrays.Of((ArrayShape)shape));
        }

        CountSteps(expansion, goal);
        if (listed) AddListed(goal, JsonTypes.Array, options);
    }

    private void Objects(Goal goal, List<Symbol> options)
    {
        ObjectExpansion expansion = new(_facts);
        bool listed = false;
        foreach (Shape shape in expansion.Expand(goal, new ObjectShape()))
        {
            if (shape.IsListed) listed = true;
            else _objects.Add((ObjectShape)shape, options);
        }

        CountSteps(expansion, goal);
        if (listed) AddListed(goal, JsonTypes.Object, options);
    }

    private void CountSteps(GoalExpansion expansion, Goal goal)
    {
        _steps += expansion.Steps;
        if (_steps > SchemaLimits.MaxTotalSteps) throw new ConstraintException("too many combinations of alternatives", goal.ToString());
    }

    /// <summary>Values of a type that some branch of the goal lists.</summary>
    private void AddListed(Goal goal, JsonTypes type, List<Symbol> options)
    {
        HashSet<SchemaNode> seen = [];
        Stack<SchemaNode> open = new(goal.Claims.Select(claim => claim.Schema));
        while (open.TryPop(out SchemaNode? schema))
        {
            if (!seen.Add(schema)) continue;
            foreach (JsonValue value in schema.Values ?? [])
            {
                if (SchemaValidator.TypeOf(value) == type && Meets(goal, value)) options.Add(_json.Constant(value));
            }

            foreach (SchemaNode part in InPlace(schema)) open.Push(part);
        }
    }

    private static IEnumerable<SchemaNode> InPlace(SchemaNode schema)
    {
        SchemaNode?[] single = [schema.Reference, schema.Not, schema.If, schema.Then, schema.Else];
        return single.OfType<SchemaNode>()
            .Concat(schema.AllOf).Concat(schema.AnyOf).Concat(schema.OneOf).Concat(schema.DependentSchemas.Select(dependent => dependent.Value));
    }
}
