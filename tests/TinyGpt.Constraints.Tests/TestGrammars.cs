using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Tests;

/// <summary>Grammars that several tests use.</summary>
internal static class TestGrammars
{
    /// <summary>Any JSON value, with white space between its parts.</summary>
    public static Constraint Json(bool spaces = true, int maxCharacters = RegexTable.Unbounded)
    {
        GrammarBuilder builder = new();
        Symbol value = builder.Rule("value");
        Symbol space = spaces ? builder.Terminal(builder.Regex.Repeat(builder.Regex.Bytes(ByteSet.Of(" \t\r\n"u8)), 0)) : Symbol.Empty;
        Symbol text = String(builder, maxCharacters);
        Symbol comma = builder.Sequence(space, builder.Literal(","), space);
        Symbol member = builder.Sequence(text, space, builder.Literal(":"), space, value);
        builder.Define(value, builder.Choice(
            builder.Literal("null"),
            builder.Literal("true"),
            builder.Literal("false"),
            Number(builder),
            text,
            List(builder, "[", value, comma, "]", space),
            List(builder, "{", member, comma, "}", space)));
        return Constraint.FromGrammar(builder, value);
    }

    /// <summary>A JSON string.</summary>
    public static Symbol String(GrammarBuilder builder, int maxCharacters = RegexTable.Unbounded)
    {
        RegexTable regex = builder.Regex;
        CodePointSet plain = CodePointSet.Of([(0, 0x1F), ('"', '"'), ('\\', '\\')]).Complement();
        RegexNode hex = regex.Bytes(ByteSet.Range((byte)'0', (byte)'9') | ByteSet.Range((byte)'a', (byte)'f') | ByteSet.Range((byte)'A', (byte)'F'));
        RegexNode escape = regex.Concat(
            regex.Byte((byte)'\\'),
            regex.Union(regex.Bytes(ByteSet.Of("\"\\/bfnrt"u8)), regex.Concat(regex.Byte((byte)'u'), regex.Repeat(hex, 4, 4))));
        RegexNode quote = regex.Byte((byte)'"');
        return builder.Terminal(regex.Concat(quote, regex.Repeat(regex.Union(regex.CodePoints(plain), escape), 0, maxCharacters), quote));
    }

    /// <summary>A JSON number.</summary>
    public static Symbol Number(GrammarBuilder builder)
    {
        RegexTable regex = builder.Regex;
        RegexNode digit = regex.Range((byte)'0', (byte)'9');
        RegexNode whole = regex.Union(regex.Byte((byte)'0'), regex.Concat(regex.Range((byte)'1', (byte)'9'), regex.Repeat(digit, 0)));
        RegexNode fraction = regex.Concat(regex.Byte((byte)'.'), regex.Repeat(digit, 1));
        RegexNode exponent = regex.Concat(regex.Bytes(ByteSet.Of("eE"u8)), regex.Optional(regex.Bytes(ByteSet.Of("+-"u8))), regex.Repeat(digit, 1));
        return builder.Terminal(regex.Concat(regex.Optional(regex.Byte((byte)'-')), whole, regex.Optional(fraction), regex.Optional(exponent)));
    }

    private static Symbol List(GrammarBuilder builder, string open, Symbol item, Symbol comma, string close, Symbol space) =>
        builder.Sequence(
            builder.Literal(open),
            space,
            builder.Optional(builder.Sequence(item, builder.Repeat(builder.Sequence(comma, item), 0), space)),
            builder.Literal(close));
}
