using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Numbers;

namespace TinyGpt.Constraints.Schemas;

/// <summary>The parts of JSON texts as symbols: punctuation with the white space around it, names, and values of any kind.</summary>
internal sealed class JsonSymbols
{
    private readonly GrammarBuilder _builder;
    private readonly PropertyOrder _order;
    private readonly RegexNode _quote;
    private readonly RegexNode _colon;
    private Symbol? _anything;

    public JsonSymbols(GrammarBuilder builder, JsonSchemaOptions options)
    {
        _builder = builder;
        _order = options.PropertyOrder;
        RegexTable regex = builder.Regex;
        Characters = new JsonCharacters(regex);
        Numbers = new NumberSymbols(builder);
        RegexNode space = options.IsCompact ? RegexNode.Empty : regex.Repeat(regex.Bytes(ByteSet.Of(" \t\r\n"u8)), 0);
        _quote = regex.Byte((byte)'"');
        _colon = regex.Concat(_quote, space, regex.Byte((byte)':'), space);
        Comma = builder.Terminal(regex.Concat(space, regex.Byte((byte)','), space));
        OpenObject = builder.Terminal(regex.Concat(regex.Byte((byte)'{'), space));
        CloseObject = builder.Terminal(regex.Concat(space, regex.Byte((byte)'}')));
        OpenArray = builder.Terminal(regex.Concat(regex.Byte((byte)'['), space));
        CloseArray = builder.Terminal(regex.Concat(space, regex.Byte((byte)']')));
    }

    public JsonCharacters Characters { get; }

    public NumberSymbols Numbers { get; }

    public Symbol Comma { get; }

    public Symbol OpenObject { get; }

    public Symbol CloseObject { get; }

    public Symbol OpenArray { get; }

    public Symbol CloseArray { get; }

    /// <summary>Any JSON value.</summary>
    public Symbol Anything
    {
        get
        {
            if (_anything is { } known) return known;
            Symbol value = _builder.Rule("value");
            _anything = value;
            Symbol member = _builder.Sequence(Name(Characters.Text), value);
            Symbol array = _builder.Sequence(OpenArray, Separated(value), CloseArray);
            Symbol @object = _builder.Sequence(OpenObject, Separated(member), CloseObject);
            _builder.Define(value, _builder.Choice(String(Characters.Text), Numbers.Of(NumberSet.All), Keywords(true, true, true), array, @object));
            return value;
        }
    }

    /// <summary>A string whose inside is of a language.</summary>
    public Symbol String(RegexNode inside) => _builder.Terminal(inside.IsNothing ? inside : _builder.Regex.Concat(_quote, inside, _quote));

    /// <summary>A property's name, whose inside is of a language, and its colon.</summary>
    public Symbol Name(RegexNode inside) => _builder.Terminal(inside.IsNothing ? inside : _builder.Regex.Concat(_quote, inside, _colon));

    /// <summary>Any of the literals that are asked for.</summary>
    public Symbol Keywords(bool withNull, bool withTrue, bool withFalse)
    {
        RegexTable regex = _builder.Regex;
        return _builder.Terminal(regex.Union(
            withNull ? regex.Text("null") : RegexNode.Nothing,
            withTrue ? regex.Text("true") : RegexNode.Nothing,
            withFalse ? regex.Text("false") : RegexNode.Nothing));
    }

    /// <summary>Any number of a symbol with commas between.</summary>
    public Symbol Separated(Symbol symbol) =>
        _builder.Optional(_builder.Sequence(symbol, _builder.Repeat(_builder.Sequence(Comma, symbol), 0)));

    /// <summary>One value; of a number also the text that the schema has for it, and members in the order that is asked for.</summary>
    public Symbol Constant(JsonValue value)
    {
        switch (value.Kind)
        {
            case JsonKind.String: return String(Characters.Literal(value.Text));
            case JsonKind.Number: return Number(value.Text);
            case JsonKind.Array:
                {
                    List<Symbol> parts = [OpenArray];
                    foreach (JsonValue item in value.Items)
                    {
                        if (parts.Count > 1) parts.Add(Comma);
                        parts.Add(Constant(item));
                    }

                    return _builder.Sequence([.. parts, CloseArray]);
                }

            case JsonKind.Object: return Object(value);

            default: return Keywords(value.Kind == JsonKind.Null, value.Kind == JsonKind.True, value.Kind == JsonKind.False);
        }
    }

    private Symbol Object(JsonValue value)
    {
        Symbol[] members = [.. value.Members.Select(member => _builder.Sequence(Name(Characters.Literal(member.Key)), Constant(member.Value)))];
        if (_order == PropertyOrder.Any && members.Length > 1)
        {
            return _builder.Sequence(OpenObject, _builder.Unordered(members, members.Length, Comma, Symbol.Nothing), CloseObject);
        }

        List<Symbol> parts = [OpenObject];
        foreach (Symbol member in members)
        {
            if (parts.Count > 1) parts.Add(Comma);
            parts.Add(member);
        }

        return _builder.Sequence([.. parts, CloseObject]);
    }

    private Symbol Number(string literal)
    {
        RegexTable regex = _builder.Regex;
        RegexNode text = regex.Text(literal);
        if (ExactDecimal.Read(literal) is { } number)
        {
            text = regex.Union(text, regex.Text(number.ToString()));
            if (number.IsInteger && literal.Contains('.')) text = regex.Union(text, regex.Text(number + ".0"));
        }

        return _builder.Terminal(text);
    }
}
