using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// The names of an object's properties: those that a shape speaks of by name, and the classes of all others by the expressions that they
/// match.
/// </summary>
internal sealed class ObjectNames
{
    private readonly ObjectShape _shape;
    private readonly SchemaValidator _validator;
    private readonly List<PatternProperty> _patterns = [];
    private readonly Dictionary<(string Pattern, string Name), bool> _matches = [];

    public ObjectNames(ObjectShape shape, SchemaValidator validator)
    {
        _shape = shape;
        _validator = validator;
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (Contributor contributor in shape.Contributors)
        {
            foreach ((string name, _) in contributor.Schema.Properties)
            {
                if (known.Add(name)) Listed.Add(name);
            }

            foreach (PatternProperty pattern in contributor.Schema.PatternProperties) AddPattern(pattern);
        }

        foreach (string name in shape.Mentioned)
        {
            if (known.Add(name)) Listed.Add(name);
        }

        foreach (SomeProperty some in shape.Some)
        {
            if (some.Names.Pattern is { } pattern) AddPattern(pattern);
            if (some.Names.Unlisted is not { } unlisted) continue;
            foreach (PatternProperty other in unlisted.PatternProperties) AddPattern(other);
            foreach ((string name, _) in unlisted.Properties)
            {
                if (known.Add(name)) Listed.Add(name);
            }
        }
    }

    /// <summary>The names that the shape speaks of, in the schema's order.</summary>
    public List<string> Listed { get; } = [];

    /// <summary>The expressions that divide all other names into classes.</summary>
    public IReadOnlyList<PatternProperty> Patterns => _patterns;

    /// <summary>Whether a name may be used at all.</summary>
    public bool IsAllowed(string name)
    {
        JsonValue value = JsonValue.OfString(name);
        foreach (Claim claim in _shape.Names)
        {
            if (_validator.IsValid(claim.Schema, value) != claim.IsTrue) return false;
        }

        return true;
    }

    /// <summary>What the value of a listed name must meet.</summary>
    public Goal ValueOf(string name)
    {
        List<Claim> claims = Claims(schema => schema.PropertyByName.GetValueOrDefault(name), pattern => Matches(pattern, name));
        foreach ((string extra, Claim claim) in _shape.Extras)
        {
            if (extra == name) claims.Add(claim);
        }

        return Goal.Of(claims);
    }

    /// <summary>What the value of any other name must meet whose expressions are those of a set, given as bits.</summary>
    public Goal ValueOf(int patterns, IEnumerable<Claim> more)
    {
        List<Claim> claims = Claims(_ => null, pattern => IsIn(pattern, patterns));
        claims.AddRange(more);
        return Goal.Of(claims);
    }

    /// <summary>Whether a condition is about a listed name.</summary>
    public bool IsAbout(NameCondition condition, string name)
    {
        if (condition.Pattern is { } pattern) return Matches(pattern, name);
        if (condition.Claim is { } claim) return _validator.IsValid(claim.Schema, JsonValue.OfString(name)) == claim.IsTrue;
        SchemaNode schema = condition.Unlisted!;
        return !schema.PropertyByName.ContainsKey(name) && !schema.PatternProperties.Any(other => Matches(other, name));
    }

    /// <summary>Whether a condition, other than a claim about the name itself, is about the other names of a class.</summary>
    public bool IsAbout(NameCondition condition, int patterns) =>
        condition.Pattern is { } pattern ? IsIn(pattern, patterns)
        : condition.Unlisted is not { } schema || !schema.PatternProperties.Any(other => IsIn(other, patterns));

    /// <summary>The insides of the other names of a class.</summary>
    public RegexNode Language(int patterns, IReadOnlyList<Claim> more, RegexTable regex, JsonCharacters characters, StringLanguages strings)
    {
        List<RegexNode> parts = [];
        for (int i = 0; i < _patterns.Count; i++)
        {
            RegexNode names = characters.Of(_patterns[i].Names);
            parts.Add((patterns >> i & 1) != 0 ? names : regex.Complement(names));
        }

        if (Listed.Count > 0) parts.Add(regex.Complement(regex.Union([.. Listed.Select(characters.Literal)])));
        List<Claim> claims = [.. _shape.Names, .. more];
        if (claims.Count > 0) parts.Add(strings.Of(claims));
        if (patterns == 0 || parts.Count == 0) parts.Add(characters.Text);
        return regex.Intersect(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    private List<Claim> Claims(Func<SchemaNode, SchemaNode?> listed, Func<PatternProperty, bool> matches)
    {
        List<Claim> claims = [];
        Span<bool> evaluated = stackalloc bool[_shape.Scopes.Count];
        foreach (Contributor contributor in _shape.Contributors)
        {
            int before = claims.Count;
            SchemaNode schema = contributor.Schema;
            if (listed(schema) is { } property) claims.Add(new Claim(property, true));
            foreach (PatternProperty pattern in schema.PatternProperties)
            {
                if (matches(pattern)) claims.Add(new Claim(pattern.Schema, true));
            }

            if (claims.Count == before && schema.AdditionalProperties is { } additional) claims.Add(new Claim(additional, true));
            for (int i = 0; i < evaluated.Length; i++) evaluated[i] |= claims.Count > before && _shape.Scopes[i].Contains(contributor.Scope);
        }

        for (int i = 0; i < evaluated.Length; i++)
        {
            if (!evaluated[i]) claims.Add(new Claim(_shape.Scopes[i].Schema.UnevaluatedProperties!, true));
        }

        return claims;
    }

    private void AddPattern(PatternProperty pattern)
    {
        if (!_patterns.Exists(known => known.Pattern == pattern.Pattern)) _patterns.Add(pattern);
    }

    private bool IsIn(PatternProperty pattern, int patterns) => (patterns >> _patterns.FindIndex(known => known.Pattern == pattern.Pattern) & 1) != 0;

    private bool Matches(PatternProperty pattern, string name)
    {
        if (_matches.TryGetValue((pattern.Pattern, name), out bool known)) return known;
        return _matches[(pattern.Pattern, name)] = ExpressionMatcher.Matches(pattern.Names, name);
    }
}
