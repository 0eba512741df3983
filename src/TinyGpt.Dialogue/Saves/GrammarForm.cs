using System.Diagnostics;
using TinyGpt.Dialogue.Grammars;

namespace TinyGpt.Dialogue.Saves;

/// <summary>Grammars in saves, so that an answer under one can go on.</summary>
internal static class GrammarForm
{
    private const int MostDepth = GrammarTranslation.MostNesting;
    private const int LongestText = 1 << 20; // a literal has no more nodes in a graph

    private enum Kind
    {
        Literal,
        Choice,
        Sequence,
        Repeat,
        Number,
        Text,
        Boolean,
        Object,
        Json,
    }

    public static void Write(SaveWriter save, Grammar grammar)
    {
        switch (grammar)
        {
            case LiteralGrammar literal:
                save.Int32((int)Kind.Literal);
                save.Text(literal.Value);
                break;
            case ChoiceGrammar choice:
                save.Int32((int)Kind.Choice);
                WriteParts(save, [.. choice.Alternatives]);
                break;
            case SequenceGrammar sequence:
                save.Int32((int)Kind.Sequence);
                WriteParts(save, [.. sequence.Parts]);
                break;
            case RepeatGrammar repeat:
                save.Int32((int)Kind.Repeat);
                save.Int32(repeat.Least);
                save.Int32(repeat.Most);
                save.Text(repeat.Separator);
                Write(save, repeat.Item);
                break;
            case NumberGrammar number:
                save.Int32((int)Kind.Number);
                save.Int64(number.Least);
                save.Int64(number.Most);
                save.Int32(number.Digits);
                break;
            case TextGrammar text:
                save.Int32((int)Kind.Text);
                save.Int32(text.Most);
                break;
            case BooleanGrammar:
                save.Int32((int)Kind.Boolean);
                break;
            case JsonValueGrammar json:
                save.Int32((int)Kind.Json);
                Write(save, json.Value);
                break;
            case ObjectGrammar members:
                save.Int32((int)Kind.Object);
                save.Int32(members.Members.Length);
                foreach ((string name, Grammar value) in members.Members)
                {
                    save.Text(name);
                    Write(save, value);
                }

                break;
            default:
                throw new UnreachableException($"There is no form for {grammar.GetType().Name}.");
        }
    }

    /// <summary>What equal grammars have in common and others have not.</summary>
    public static string Key(Grammar grammar)
    {
        using MemoryStream form = new();
        SaveWriter writer = new(form);
        Write(writer, grammar);
        return Convert.ToBase64String(form.GetBuffer(), 0, (int)form.Length);
    }

    /// <exception cref="StageSaveException">The grammar is damaged.</exception>
    public static Grammar Read(SaveReader save)
    {
        int left = GrammarSize.MostParts;
        try
        {
            return Read(save, 0, ref left);
        }
        catch (ArgumentException exception)
        {
            throw save.Failure($"a grammar is not valid: {exception.Message}", exception);
        }
    }

    private static void WriteParts(SaveWriter save, ReadOnlySpan<Grammar> parts)
    {
        save.Int32(parts.Length);
        foreach (Grammar part in parts)
        {
            Write(save, part);
        }
    }

    private static Grammar Read(SaveReader save, int depth, ref int left)
    {
        if (depth == MostDepth || left-- == 0)
        {
            throw save.Failure("a grammar is too large");
        }

        switch (save.Enumeration<Kind>("the kind of a grammar"))
        {
            case Kind.Literal:
                return Grammar.Literal(Text(save));
            case Kind.Choice:
                return Grammar.Choice(ReadParts(save, depth, ref left));
            case Kind.Sequence:
                return Grammar.Sequence(ReadParts(save, depth, ref left));
            case Kind.Repeat:
                int least = save.Int32();
                int most = save.Int32();
                string separator = Text(save);
                return Grammar.Repeat(Read(save, depth + 1, ref left), least, most, separator);
            case Kind.Number:
                return ReadNumber(save);
            case Kind.Text:
                return Grammar.Text(save.Int32());
            case Kind.Boolean:
                return Grammar.Boolean;
            case Kind.Json:
                return Grammar.Json(Read(save, depth + 1, ref left));
            default:
                List<(string, Grammar)> members = [];
                for (int i = save.Int32(0, Grammar.MostParts, "the number of members"); i > 0; i--)
                {
                    members.Add((Text(save), Read(save, depth + 1, ref left)));
                }

                return Grammar.JsonObject([.. members]);
        }
    }

    private static NumberGrammar ReadNumber(SaveReader save)
    {
        long least = save.Int64();
        long most = save.Int64();
        int digits = save.Int32(0, Grammar.MostDigits, "the digits of a number");
        return (NumberGrammar)Grammar.Number(least, most) with { Digits = digits };
    }

    private static string Text(SaveReader save) => save.Text(LongestText, "a text of a grammar");

    private static Grammar[] ReadParts(SaveReader save, int depth, ref int left)
    {
        List<Grammar> parts = [];
        for (int i = save.Int32(1, Grammar.MostParts, "the number of parts"); i > 0; i--)
        {
            parts.Add(Read(save, depth + 1, ref left));
        }

        return [.. parts];
    }
}
