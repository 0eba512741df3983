using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Schemas;

/// <summary>The properties that a shape does not list by name: one symbol for each set of further claims that one meets.</summary>
internal sealed class OtherProperties
{
    private readonly ObjectShape _shape;
    private readonly ObjectNames _names;
    private readonly GrammarBuilder _builder;
    private readonly JsonSymbols _json;
    private readonly StringLanguages _strings;
    private readonly SchemaCompiler _compiler;
    private readonly Dictionary<int, Symbol> _members = [];

    public OtherProperties(
        ObjectShape shape, ObjectNames names, GrammarBuilder builder, JsonSymbols json, StringLanguages strings, SchemaCompiler compiler)
    {
        (_shape, _names, _builder, _json, _strings, _compiler) = (shape, names, builder, json, strings, compiler);
    }

    /// <summary>Whether there can be any.</summary>
    public bool HasAny => Member(0) != Symbol.Nothing;

    /// <summary>A name, its colon and its value, which meet the shape's claims about some property that are in a set.</summary>
    public Symbol Member(int some)
    {
        if (_members.TryGetValue(some, out Symbol known)) return known;
        List<Symbol> options = [];
        List<SomeProperty> met = [.. _shape.Some.Where((_, i) => (some >> i & 1) != 0)];
        List<Claim> nameClaims = [.. met.Select(item => item.Names.Claim).OfType<Claim>()];
        for (int patterns = 0; patterns < 1 << _names.Patterns.Count; patterns++)
        {
            if (!met.TrueForAll(item => _names.IsAbout(item.Names, patterns))) continue;
            Goal goal = _names.ValueOf(patterns, met.Select(item => item.Value));
            if (goal.IsNothing) continue;
            RegexNode inside = _names.Language(patterns, nameClaims, _builder.Regex, _json.Characters, _strings);
            if (_builder.Regex.ShortestLength(inside) >= RegexTable.Unreachable) continue;
            options.Add(_builder.Sequence(_json.Name(inside), _compiler.Value(goal)));
        }

        Symbol member = _builder.Choice(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(options));
        _members.Add(some, member);
        return member;
    }
}
