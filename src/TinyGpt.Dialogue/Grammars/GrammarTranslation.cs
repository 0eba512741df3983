using System.Globalization;
using System.Text;

namespace TinyGpt.Dialogue.Grammars;

/// <summary>Translates grammars into paths of a <see cref="ByteGraph"/>.</summary>
internal sealed class GrammarTranslation(ByteGraph graph)
{
    /// <summary>The most grammars within each other; <see cref="GrammarSize.Check"/> refuses more.</summary>
    public const int MostNesting = 64;

    private enum Form
    {
        /// <summary>As it stands.</summary>
        Plain,

        /// <summary>A JSON value.</summary>
        Json,

        /// <summary>Part of a JSON string.</summary>
        JsonString,
    }

    /// <summary>Adds a grammar behind a node.</summary>
    /// <returns>The node behind the grammar.</returns>
    /// <exception cref="GrammarException">The grammar is too large, or has an object within a string.</exception>
    public int Add(Grammar grammar, int from) => Add(grammar, from, Form.Plain);

    private int Add(Grammar grammar, int from, Form form)
    {
        bool quoted = form == Form.Json && grammar is (LiteralGrammar or SequenceGrammar or TextGrammar);
        return quoted ? graph.Then(AddPart(grammar, graph.Then(from, "\""u8), Form.JsonString), "\""u8) : AddPart(grammar, from, form);
    }

    private int AddPart(Grammar grammar, int from, Form form) => grammar switch
    {
        LiteralGrammar literal => graph.Then(from, form == Form.JsonString ? Escaped(literal.Value) : Encoding.UTF8.GetBytes(literal.Value)),
        ChoiceGrammar choice => AddChoice(choice, from, form),
        SequenceGrammar sequence => sequence.Parts.Aggregate(from, (node, part) => Add(part, node, form)),
        RepeatGrammar repeat when form == Form.Json => graph.Then(AddRepeat(repeat, graph.Then(from, "["u8), form, ", "u8.ToArray()), "]"u8),
        RepeatGrammar repeat => AddRepeat(
            repeat, from, form, form == Form.JsonString ? Escaped(repeat.Separator) : Encoding.UTF8.GetBytes(repeat.Separator)),
        NumberGrammar number => AddNumber(number, from),
        TextGrammar text => AddText(text, from, form),
        BooleanGrammar => AddBoolean(from),
        ObjectGrammar members when form != Form.JsonString => AddObject(members, from),
        JsonValueGrammar json when form != Form.JsonString => Add(json.Value, from, Form.Json),
        _ => throw new GrammarException("An object cannot be part of a text: take it out of the Sequence or Repeat that is a member's value."),
    };

    private static byte[] Escaped(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (char character in text)
        {
            _ = character is '"' or '\\' ? escaped.Append('\\').Append(character)
                : char.IsControl(character) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : escaped.Append(character);
        }

        return Encoding.UTF8.GetBytes(escaped.ToString());
    }

    private int AddChoice(ChoiceGrammar choice, int from, Form form)
    {
        int end = graph.AddNode();
        foreach (Grammar alternative in choice.Alternatives)
        {
            // Edges into the beginning of one alternative must not lead into another: each has a node of its own.
            int start = graph.AddNode();
            graph.AddJump(from, start);
            graph.AddJump(Add(alternative, start, form), end);
        }

        return end;
    }

    private int AddRepeat(RepeatGrammar repeat, int from, Form form, byte[] separator)
    {
        int end = graph.AddNode();
        for (int count = 0; count < repeat.Most; count++)
        {
            if (count >= repeat.Least)
            {
                graph.AddJump(from, end);
            }

            int start = graph.AddNode();
            graph.AddJump(from, start);
            from = Add(repeat.Item, count == 0 ? start : graph.Then(start, separator), form);
        }

        graph.AddJump(from, end);
        return end;
    }

    private int AddBoolean(int from)
    {
        int end = graph.AddNode();
        graph.AddJump(graph.Then(from, "true"u8), end);
        graph.AddJump(graph.Then(from, "false"u8), end);
        return end;
    }

    private int AddObject(ObjectGrammar grammar, int from)
    {
        int node = graph.Then(from, "{"u8);
        for (int i = 0; i < grammar.Members.Length; i++)
        {
            node = graph.Then(node, i == 0 ? "\""u8 : ", \""u8);
            node = graph.Then(node, Escaped(grammar.Members[i].Name));
            node = Add(grammar.Members[i].Value, graph.Then(node, "\": "u8), Form.Json);
        }

        return graph.Then(node, "}"u8);
    }

    private int AddText(TextGrammar text, int from, Form form)
    {
        int end = graph.AddNode();
        for (int count = 0; count < text.Most; count++)
        {
            int next = graph.AddNode();
            AddCharacter(from, next, first: count == 0, form == Form.JsonString);
            graph.AddJump(next, end);
            from = next;
        }

        return end;
    }

    /// <summary>Adds the well-formed UTF-8 sequences of one character (The Unicode Standard, table 3-7) that is no control character.</summary>
    private void AddCharacter(int from, int to, bool first, bool inString)
    {
        void Ascii(char least, char most) => graph.AddEdge(from, (byte)least, (byte)most, to);

        void Longer(byte leadLeast, byte leadMost, byte least, byte most, int rest)
        {
            int node = graph.Then(from, leadLeast, leadMost);
            for (int i = 0; i < rest; i++)
            {
                node = graph.Then(node, least, most);
                (least, most) = (0x80, 0xBF);
            }

            graph.AddEdge(node, least, most, to);
        }

        char start = first ? '!' : ' ';
        if (inString)
        {
            Ascii(start, '!');
            Ascii('#', '[');
            Ascii(']', '~');
        }
        else
        {
            Ascii(start, '~');
        }

        Longer(0xC2, 0xC2, 0xA0, 0xBF, 0);
        Longer(0xC3, 0xDF, 0x80, 0xBF, 0);
        Longer(0xE0, 0xE0, 0xA0, 0xBF, 1);
        Longer(0xE1, 0xEC, 0x80, 0xBF, 1);
        Longer(0xED, 0xED, 0x80, 0x9F, 1);
        Longer(0xEE, 0xEF, 0x80, 0xBF, 1);
        Longer(0xF0, 0xF0, 0x90, 0xBF, 2);
        Longer(0xF1, 0xF3, 0x80, 0xBF, 2);
        Longer(0xF4, 0xF4, 0x80, 0x8F, 2);
    }

    private int AddNumber(NumberGrammar number, int from)
    {
        int end = graph.AddNode();
        if (number.Most >= 0)
        {
            AddMagnitudes(Math.Max(0, number.Least), number.Most, number.Digits, from, end);
        }

        if (number.Least < 0)
        {
            AddMagnitudes(Math.Max(1, -number.Most), -number.Least, number.Digits, graph.Then(from, "-"u8), end);
        }

        return end;
    }

    /// <summary>Adds the numbers least … most, lengths one after the other: within a length, digits compare like numbers.</summary>
    private void AddMagnitudes(long least, long most, int digits, int from, int end)
    {
        long smallest = 0; // of this length; zeros stand before the point only where there is no other digit
        long largest = 9;
        int length = 1;
        for (; length <= digits; length++)
        {
            largest = (largest * 10) + 9;
        }

        while (smallest <= most)
        {
            if (least <= largest)
            {
                string low = Math.Max(least, smallest).ToString(CultureInfo.InvariantCulture).PadLeft(length, '0');
                string high = Math.Min(most, largest).ToString(CultureInfo.InvariantCulture).PadLeft(length, '0');
                int start = graph.AddNode();
                graph.AddJump(from, start);
                AddDigits(low, high, length - digits, start, end);
            }

            smallest = largest + 1;
            largest = (largest * 10) + 9;
            length++;
        }
    }

    /// <summary>Adds the digit strings low … high, with a point before the digit at an index.</summary>
    private void AddDigits(string low, string high, int pointAt, int start, int end)
    {
        // What has been written is the beginning of both bounds, of the lower, of the upper, or of neither.
        int both = start;
        int lower = -1;
        int upper = -1;
        int free = -1;
        for (int i = 0; i < low.Length; i++)
        {
            if (i == pointAt)
            {
                (both, lower, upper, free) = (Point(both), Point(lower), Point(upper), Point(free));
            }

            byte least = (byte)low[i];
            byte most = (byte)high[i];
            int nextFree = graph.AddNode();
            int nextBoth = -1;
            int nextLower = -1;
            int nextUpper = -1;
            void Edge(int from, int first, int last, int to)
            {
                if (from >= 0 && first <= last)
                {
                    graph.AddEdge(from, (byte)first, (byte)last, to);
                }
            }

            if (both >= 0 && least == most)
            {
                nextBoth = graph.Then(both, least, least);
            }
            else if (both >= 0)
            {
                nextLower = graph.Then(both, least, least);
                nextUpper = graph.Then(both, most, most);
                Edge(both, least + 1, most - 1, nextFree);
            }

            if (lower >= 0)
            {
                nextLower = graph.Then(lower, least, least);
                Edge(lower, least + 1, '9', nextFree);
            }

            if (upper >= 0)
            {
                nextUpper = graph.Then(upper, most, most);
                Edge(upper, '0', most - 1, nextFree);
            }

            Edge(free, '0', '9', nextFree);
            (both, lower, upper, free) = (nextBoth, nextLower, nextUpper, nextFree);
        }

        foreach (int node in (ReadOnlySpan<int>)[both, lower, upper, free])
        {
            if (node >= 0)
            {
                graph.AddJump(node, end);
            }
        }
    }

    private int Point(int node) => node < 0 ? -1 : graph.Then(node, "."u8);
}
