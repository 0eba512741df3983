using System.Buffers;
using System.Globalization;

namespace TinyGpt.Dialogue.Personas;

/// <summary>What every persona must keep to, from wherever it comes.</summary>
internal static class PersonaRules
{
    /// <summary>Ranges of the numbers of <c>sampling</c>, whose names are those of the JSON.</summary>
    public static readonly (string Name, double Least, double Most, bool LeastIsExcluded, Func<SamplingOptions, double> Get)[] Sampling =
    [
        ("temperature", 0, 100, false, options => options.Temperature),
        ("topK", 0, int.MaxValue, false, options => options.TopK),
        ("topP", 0, 1, true, options => options.TopP),
        ("minP", 0, 1, false, options => options.MinP),
        ("repetitionPenalty", 0, 100, true, options => options.RepetitionPenalty),
        ("presencePenalty", -100, 100, false, options => options.PresencePenalty),
        ("frequencyPenalty", -100, 100, false, options => options.FrequencyPenalty),
    ];

    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Append(0x2028).Append(0x2029).Select(code => (char)code)]);

    /// <summary>Whether a text is one line of valid Unicode, no longer than a name.</summary>
    public static bool IsName(string text) =>
        text.Length <= Persona.MaxNameLength && IndexOfControl(text) < 0 && IndexOfHalfCharacter(text) < 0;

    /// <exception cref="PersonaException">Something is out of range.</exception>
    public static void Check(Persona persona, string file)
    {
        void Require(bool valid, string path, FormattableString problem)
        {
            if (!valid)
            {
                throw new PersonaException(file, path, problem.ToString(CultureInfo.InvariantCulture));
            }
        }

        void RequireLine(string? text, int least, int most, string path)
        {
            Require(text is not null, path, $"is missing: write a text of {least} … {most} characters");
            Require(text!.Length >= least && text.Length <= most, path, $"has {text.Length} characters: write {least} … {most}");
            int control = IndexOfControl(text);
            Require(control < 0, path, $"has a line break or other control character at {control}: write one line");
            RequireUnicode(text, path);
        }

        void RequireUnicode(string text, string path)
        {
            int half = IndexOfHalfCharacter(text);
            Require(half < 0, path, $"has half a character at {half}: write valid Unicode");
        }

        void RequireList<T>(IReadOnlyList<T>? list, int most, string path)
        {
            Require(list is not null, path, $"is null: write an empty list for none");
            Require(list!.Count <= most, path, $"has {list.Count} entries: write at most {most}");
        }

        RequireLine(persona.Name, 1, Persona.MaxNameLength, "$.name");
        RequireLine(persona.Mood, 0, Persona.MaxNameLength, "$.mood");
        RequireList(persona.Facts, Persona.MaxFacts, "$.facts");
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (PersonaFact fact in persona.Facts)
        {
            RequireLine(fact.Key, 1, Persona.MaxKeyLength, $"$.facts.{fact.Key}");
            Require(keys.Add(fact.Key), $"$.facts.{fact.Key}", $"is there twice: write one fact for each key");
            RequireLine(fact.Value, 1, Persona.MaxLineLength, $"$.facts.{fact.Key}");
        }

        RequireList(persona.Style, Persona.MaxLines, "$.style");
        for (int i = 0; i < persona.Style.Count; i++)
        {
            RequireLine(persona.Style[i], 1, Persona.MaxLineLength, $"$.style[{i}]");
        }

        RequireList(persona.Examples, Persona.MaxLines, "$.examples");
        for (int i = 0; i < persona.Examples.Count; i++)
        {
            RequireLine(persona.Examples[i].Hears, 1, Persona.MaxLineLength, $"$.examples[{i}].hears");
            RequireLine(persona.Examples[i].Says, 1, Persona.MaxLineLength, $"$.examples[{i}].says");
        }

        Require(persona.Sampling is not null, "$.sampling", $"is null: leave it out for the defaults");
        foreach ((string name, double least, double most, bool leastIsExcluded, Func<SamplingOptions, double> get) in Sampling)
        {
            double value = get(persona.Sampling!);
            Require(
                value <= most && (leastIsExcluded ? value > least : value >= least),
                $"$.sampling.{name}",
                $"is {value}: write a number {(leastIsExcluded ? "above" : "from")} {least} to {most}");
        }

        Require(
            persona.Sampling!.LogitBias is null,
            "$.sampling",
            $"has a logit bias, which belongs to one vocabulary and not to a character: leave it out");
        Require(
            persona.MaxAnswerTokens is >= 1 and <= Persona.AnswerTokensLimit,
            "$.maxAnswerTokens",
            $"is {persona.MaxAnswerTokens}: write a whole number from 1 to {Persona.AnswerTokensLimit}");
        RequireList(persona.Stops, Persona.MaxStops, "$.stops");
        for (int i = 0; i < persona.Stops.Count; i++)
        {
            string? stop = persona.Stops[i];
            Require(
                stop is { Length: >= 1 and <= Persona.MaxStopLength }, $"$.stops[{i}]", $"must be a text of 1 … {Persona.MaxStopLength} characters");
            RequireUnicode(stop!, $"$.stops[{i}]");
        }
    }

    /// <returns>Where a control character (C0, DEL, C1) or a line or paragraph separator is; -1 if there is none.</returns>
    private static int IndexOfControl(string text) => text.AsSpan().IndexOfAny(Controls);

    /// <returns>Where a surrogate is that has no partner; -1 if there is none.</returns>
    private static int IndexOfHalfCharacter(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool paired = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (!paired && char.IsSurrogate(text[i]))
            {
                return i;
            }

            i += paired ? 1 : 0;
        }

        return -1;
    }
}
