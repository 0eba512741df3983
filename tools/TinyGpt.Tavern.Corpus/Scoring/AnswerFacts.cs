using System.Text.RegularExpressions;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Finds numbers, names and phrases in answers. Immutable and thread-safe.</summary>
internal sealed partial class AnswerFacts
{
    private readonly HashSet<string> _ordinaryWords = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names;

    /// <summary>Makes a finder.</summary>
    /// <param name="lines">The lines, whose own capitalized words are no invented names.</param>
    /// <param name="names">First names, which are names at the beginning of a sentence too.</param>
    public AnswerFacts(LineLibrary lines, IEnumerable<string> names)
    {
        _names = names.ToHashSet(StringComparer.Ordinal);
        foreach (LineVariant variant in lines.Ordered.SelectMany(intent => (IEnumerable<LineVariant>)[.. intent.Answers, .. intent.Refusals]))
        {
            string literal = string.Concat(variant.Pieces.Select(piece => piece.Slot is null ? piece.Text : "_"));
            _ordinaryWords.UnionWith(CapitalizedWord().Matches(literal).Select(match => match.Value));
        }
    }

    /// <summary>The numbers in digits.</summary>
    public static IReadOnlySet<int> NumbersIn(string answer) =>
        Number().Matches(answer).Select(match => int.TryParse(match.Value, out int number) ? number : int.MaxValue).ToHashSet();

    /// <summary>Whether an answer has a phrase, as whole words and in any case.</summary>
    public static bool Has(string answer, string phrase) =>
        Regex.IsMatch(answer, $@"(?<!\w){Regex.Escape(phrase)}(?!\w)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>Whether an answer has a name that occurs neither in what is known nor as a word of the lines.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="known">The card and the talk so far.</param>
    public bool InventsName(string answer, string known) => CapitalizedWord().Matches(answer).Any(match =>
        (_names.Contains(match.Value) || !BeginsSentence(answer, match.Index))
        && !_ordinaryWords.Contains(match.Value)
        && !Has(known, match.Value));

    private static bool BeginsSentence(string answer, int index)
    {
        string before = answer[..index].TrimEnd(' ', '"', '\'');
        return before.Length == 0 || before[^1] is '.' or '!' or '?' or ':';
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    [GeneratedRegex(@"\b[A-Z][a-z']*[a-z]\b")]
    private static partial Regex CapitalizedWord();
}
