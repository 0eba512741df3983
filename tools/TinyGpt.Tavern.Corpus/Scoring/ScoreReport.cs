using System.Globalization;
using System.Text.Json;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Writes a score down.</summary>
internal static class ScoreReport
{
    /// <summary>As a Markdown table.</summary>
    public static void WriteTable(TextWriter output, Score score)
    {
        output.WriteLine("| kind | questions | right | share |");
        output.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (ScoreRow row in score.Kinds)
        {
            output.WriteLine(Line(row));
        }

        output.WriteLine(Line(score.Facts with { Name = "**facts**" }));
        output.WriteLine(Line(score.Refusals with { Name = "**refusals**" }));
        output.WriteLine();
        output.WriteLine("| repetition | answers | repeated word for word | share |");
        output.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (ScoreRow row in score.Repetitions)
        {
            output.WriteLine(Line(row));
        }

        output.WriteLine(Line(score.Repetition with { Name = "**repetition**" }));
    }

    /// <summary>Some answers with their questions, the wrong ones first.</summary>
    public static void WriteSamples(TextWriter output, Score score, int count)
    {
        foreach (JudgedAnswer judged in score.Answers.OrderBy(answer => answer.IsRight).Take(count))
        {
            output.WriteLine();
            output.WriteLine($"{(judged.IsRight ? "right" : "WRONG")}, {judged.Question.Kind.Name}");
            output.WriteLine($"{judged.Question.Prompt} {judged.Answer}");
        }
    }

    /// <summary>As one JSON object.</summary>
    public static void WriteJson(Stream output, Score score)
    {
        using Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WriteRow(json, score.Facts);
        WriteRow(json, score.Refusals);
        WriteRow(json, score.Repetition);
        json.WriteStartObject("kinds");
        foreach (ScoreRow row in score.Kinds)
        {
            WriteRow(json, row);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Line(ScoreRow row) => string.Create(
        CultureInfo.InvariantCulture, $"| {row.Name} | {row.Questions} | {row.Right} | {100 * row.Share:F1} % |");

    private static void WriteRow(Utf8JsonWriter json, ScoreRow row)
    {
        json.WriteStartObject(row.Name);
        json.WriteNumber("questions", row.Questions);
        json.WriteNumber("counted", row.Right);
        json.WriteNumber("share", row.Share);
        json.WriteEndObject();
    }
}
