using System.Text;
using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Json;

/// <summary>
/// The inside of JSON strings as languages over bytes. A character is written as itself in UTF-8, by its short escape, or as \uXXXX
/// where a common serializer writes it so: control characters, <c>" \ / &amp; ' + &lt; &gt; `</c>, DEL and everything that is not ASCII.
/// Every spelling of a text is in a language, or none: so intersections and complements of languages are those of the texts.
/// </summary>
internal sealed class JsonCharacters
{
    private static readonly CodePointSet Raw = CodePointSet.Of([(0, 0x1F), ('"', '"'), ('\\', '\\')]).Complement();

    private static readonly CodePointSet Escaped = CodePointSet.Of(
    [
        (0, 0x1F), ('"', '"'), ('&', '\''), ('+', '+'), ('/', '/'), ('<', '<'), ('>', '>'), ('\\', '\\'), ('`', '`'), (0x7F, 0x10FFFF),
    ]);

    private static readonly (int CodePoint, char Letter)[] Short =
    [
        ('"', '"'), ('\\', '\\'), ('/', '/'), ('\b', 'b'), ('\f', 'f'), ('\n', 'n'), ('\r', 'r'), ('\t', 't'),
    ];

    private readonly RegexTable _regex;
    private readonly Dictionary<CodePointSet, RegexNode> _sets = [];
    private readonly Dictionary<Expression, RegexNode> _expressions = [];

    public JsonCharacters(RegexTable regex)
    {
        _regex = regex;
        Any = Of(CodePointSet.All);
        Text = regex.Repeat(Any, 0);
    }

    /// <summary>Any character.</summary>
    public RegexNode Any { get; }

    /// <summary>Any text.</summary>
    public RegexNode Text { get; }

    /// <summary>Every spelling of a text.</summary>
    public RegexNode Literal(string text)
    {
        List<RegexNode> parts = [];
        StringBuilder plain = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!Escaped.Contains(rune.Value))
            {
                plain.Append(rune);
                continue;
            }

            if (plain.Length > 0) parts.Add(_regex.Text(plain.ToString()));
            plain.Clear();
            parts.Add(Of(CodePointSet.Of(rune.Value)));
        }

        if (plain.Length > 0) parts.Add(_regex.Text(plain.ToString()));
        return _regex.Concat(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    /// <summary>Every spelling of the texts of an expression without anchors.</summary>
    public RegexNode Of(Expression expression)
    {
        if (_expressions.TryGetValue(expression, out RegexNode known)) return known;
        RuntimeLimits.CheckStack();
        RegexNode node;
        switch (expression.Kind)
        {
            case ExpressionKind.Set: node = Of(expression.Set); break;
            case ExpressionKind.Sequence: node = _regex.Concat([.. expression.Parts.Select(Of)]); break;
            case ExpressionKind.Choice: node = _regex.Union([.. expression.Parts.Select(Of)]); break;
            case ExpressionKind.Repeat: node = _regex.Repeat(Of(expression.Parts[0]), expression.Min, expression.Max ?? RegexTable.Unbounded); break;
            default: node = RegexNode.Empty; break;
        }

        _expressions.Add(expression, node);
        return node;
    }

    /// <summary>Every spelling of one character of a set.</summary>
    public RegexNode Of(CodePointSet set)
    {
        if (_sets.TryGetValue(set, out RegexNode known)) return known;
        List<RegexNode> spellings = [_regex.CodePoints(set.Intersect(Raw))];
        ByteSet letters = default;
        foreach ((int codePoint, char letter) in Short)
        {
            if (set.Contains(codePoint)) letters |= ByteSet.Of((byte)letter);
        }

        if (!letters.IsEmpty) spellings.Add(_regex.Concat(_regex.Byte((byte)'\\'), _regex.Bytes(letters)));
        foreach ((int first, int last) in set.Intersect(Escaped).Ranges)
        {
            if (first <= 0xFFFF) spellings.Add(Unicode(Hex(first, Math.Min(last, 0xFFFF), 4)));
            if (last > 0xFFFF) Pairs(spellings, Math.Max(first, 0x10000) - 0x10000, last - 0x10000);
        }

        RegexNode node = _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(spellings));
        _sets.Add(set, node);
        return node;
    }

    /// <summary>Surrogate pairs of a range, which is given less 0x10000.</summary>
    private void Pairs(List<RegexNode> spellings, int first, int last)
    {
        const int Low = 0xDC00, High = 0xD800, Count = 0x400;
        int from = first / Count, to = last / Count;
        if (from == to)
        {
            spellings.Add(Pair(from, from, first % Count, last % Count));
            return;
        }

        if (first % Count != 0) spellings.Add(Pair(from, from++, first % Count, Count - 1));
        if (last % Count != Count - 1) spellings.Add(Pair(to, to--, 0, last % Count));
        if (from <= to) spellings.Add(Pair(from, to, 0, Count - 1));

        RegexNode Pair(int high, int lastHigh, int low, int lastLow) =>
            _regex.Concat(Unicode(Hex(High + high, High + lastHigh, 4)), Unicode(Hex(Low + low, Low + lastLow, 4)));
    }

    private RegexNode Unicode(RegexNode hex) => _regex.Concat(_regex.Text("\\u"), hex);

    /// <summary>The numbers of a range in hexadecimal with a number of digits.</summary>
    private RegexNode Hex(int first, int last, int digits)
    {
        if (digits == 0) return RegexNode.Empty;
        int shift = 4 * (digits - 1);
        int mask = (1 << shift) - 1;
        int from = first >> shift, to = last >> shift;
        if (from == to) return _regex.Concat(Digits(from, to), Hex(first & mask, last & mask, digits - 1));
        List<RegexNode> parts = [];
        if ((first & mask) != 0) parts.Add(_regex.Concat(Digits(from, from++), Hex(first & mask, mask, digits - 1)));
        if ((last & mask) != mask) parts.Add(_regex.Concat(Digits(to, to--), Hex(0, last & mask, digits - 1)));
        if (from <= to) parts.Add(_regex.Concat(Digits(from, to), _regex.Repeat(Digits(0, 15), digits - 1, digits - 1)));
        return _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    private RegexNode Digits(int first, int last)
    {
        ByteSet set = ByteSet.Range((byte)('0' + first), (byte)('0' + Math.Min(last, 9)));
        if (last > 9)
        {
            int from = Math.Max(first, 10) - 10;
            set |= ByteSet.Range((byte)('a' + from), (byte)('a' + last - 10)) | ByteSet.Range((byte)('A' + from), (byte)('A' + last - 10));
        }

        return _regex.Bytes(set);
    }
}
