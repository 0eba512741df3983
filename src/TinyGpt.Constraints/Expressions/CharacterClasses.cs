using System.Collections.Concurrent;
using System.Globalization;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Expressions;

/// <summary>The character classes of ECMA-262, and Unicode's general categories. Thread-safe.</summary>
internal static class CharacterClasses
{
    private static readonly ConcurrentDictionary<string, CodePointSet> Properties = new();
    private static readonly Lazy<CodePointSet[]> Categories = new(ReadCategories);

    public static CodePointSet Digits { get; } = CodePointSet.Of([('0', '9')]);

    public static CodePointSet Words { get; } = CodePointSet.Of([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]);

    public static CodePointSet Spaces { get; } = CodePointSet.Of(
    [
        (9, 13), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ]);

    public static CodePointSet NotDigits { get; } = Digits.Complement();

    public static CodePointSet NotWords { get; } = Words.Complement();

    public static CodePointSet NotSpaces { get; } = Spaces.Complement();

    /// <summary>Everything but line terminators.</summary>
    public static CodePointSet Dot { get; } = CodePointSet.Of([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]).Complement();

    /// <summary>The class of \d, \w, \s and their complements; null for other letters.</summary>
    public static CodePointSet? Escape(char letter) => letter switch
    {
        'd' => Digits,
        'D' => NotDigits,
        'w' => Words,
        'W' => NotWords,
        's' => Spaces,
        'S' => NotSpaces,
        _ => null,
    };

    /// <summary>A general category by its short or long name; null for what is none (scripts are not known).</summary>
    public static CodePointSet? Property(string name)
    {
        int equals = name.IndexOf('=');
        if (equals >= 0)
        {
            if (name[..equals] is not ("General_Category" or "gc")) return null;
            name = name[(equals + 1)..];
        }

        if (Properties.TryGetValue(name, out CodePointSet? known)) return known;
        string? prefix = ShortName(name);
        if (prefix is null) return null;
        CodePointSet set = prefix switch
        {
            "Any" => CodePointSet.All,
            "ASCII" => CodePointSet.Of([(0, 127)]),
            _ => Union(prefix),
        };
        return Properties.GetOrAdd(name, set);
    }

    private static CodePointSet Union(string prefix)
    {
        List<(int, int)> ranges = [];
        for (int category = 0; category < Categories.Value.Length; category++)
        {
            string code = Codes[category];
            if (code == prefix || (prefix.Length == 1 && code[0] == prefix[0]) || (prefix == "LC" && code is "Lu" or "Ll" or "Lt"))
            {
                ranges.AddRange(Categories.Value[category].Ranges);
            }
        }

        return CodePointSet.Of([.. ranges]);
    }

    /// <summary>Two letters for each <see cref="UnicodeCategory"/>, in its order.</summary>
    private static readonly string[] Codes =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static string? ShortName(string name) => name switch
    {
        "Any" or "ASCII" or "LC" or "L" or "M" or "N" or "Z" or "C" or "P" or "S" => name,
        "Letter" => "L",
        "Cased_Letter" => "LC",
        "Uppercase_Letter" => "Lu",
        "Lowercase_Letter" => "Ll",
        "Titlecase_Letter" => "Lt",
        "Modifier_Letter" => "Lm",
        "Other_Letter" => "Lo",
        "Mark" or "Combining_Mark" => "M",
        "Nonspacing_Mark" => "Mn",
        "Spacing_Mark" => "Mc",
        "Enclosing_Mark" => "Me",
        "Number" => "N",
        "Decimal_Number" or "digit" => "Nd",
        "Letter_Number" => "Nl",
        "Other_Number" => "No",
        "Separator" => "Z",
        "Space_Separator" => "Zs",
        "Line_Separator" => "Zl",
        "Paragraph_Separator" => "Zp",
        "Other" => "C",
        "Control" or "cntrl" => "Cc",
        "Format" => "Cf",
        "Private_Use" => "Co",
        "Unassigned" => "Cn",
        "Punctuation" or "punct" => "P",
        "Connector_Punctuation" => "Pc",
        "Dash_Punctuation" => "Pd",
        "Open_Punctuation" => "Ps",
        "Close_Punctuation" => "Pe",
        "Initial_Punctuation" => "Pi",
        "Final_Punctuation" => "Pf",
        "Other_Punctuation" => "Po",
        "Symbol" => "S",
        "Math_Symbol" => "Sm",
        "Currency_Symbol" => "Sc",
        "Modifier_Symbol" => "Sk",
        "Other_Symbol" => "So",
        _ => Array.IndexOf(Codes, name) >= 0 && name != "Cs" ? name : null,
    };

    private static CodePointSet[] ReadCategories()
    {
        List<(int, int)>[] ranges = new List<(int, int)>[Codes.Length];
        for (int i = 0; i < ranges.Length; i++) ranges[i] = [];
        int start = 0;
        UnicodeCategory current = CharUnicodeInfo.GetUnicodeCategory(0);
        for (int codePoint = 1; codePoint <= 0x110000; codePoint++)
        {
            UnicodeCategory? category = codePoint < 0x110000 ? CharUnicodeInfo.GetUnicodeCategory(codePoint) : null;
            if (category == current) continue;
            ranges[(int)current].Add((start, codePoint - 1));
            if (category is null) break;
            (start, current) = (codePoint, category.Value);
        }

        return [.. ranges.Select(list => CodePointSet.Of([.. list]))];
    }
}
