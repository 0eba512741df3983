using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using TinyGpt.Constraints;

namespace TinyGpt.Perf;

/// <summary>An instance that came out wrong.</summary>
/// <param name="IsRejection">Whether it is valid and was rejected; otherwise it is invalid and was accepted.</param>
/// <param name="Text">Which, and where.</param>
internal sealed record MaskFailure(bool IsRejection, string Text);

/// <summary>What became of a schema.</summary>
/// <param name="Name">The schema's name.</param>
/// <param name="Refused">Why it was refused, or null.</param>
/// <param name="Failure">The first instance that came out wrong, or null.</param>
internal sealed record MaskResult(string Name, ConstraintException? Refused, MaskFailure? Failure);

/// <summary>What MaskBench measured.</summary>
internal sealed partial class MaskReport
{
    private readonly List<MaskResult> _results = [];

    /// <summary>Microseconds of each mask but the first of a schema, with the commit of its token.</summary>
    public List<double> Masks { get; } = [];

    /// <summary>Microseconds from a schema's text to its first mask.</summary>
    public List<double> FirstMasks { get; } = [];

    /// <summary>Managed bytes that were allocated by masks and commits.</summary>
    public long AllocatedBytes { get; set; }

    private int Refused => _results.Count(result => result.Refused is not null);

    private int Rejected => _results.Count(result => result.Failure is { IsRejection: true });

    private int Accepted => _results.Count(result => result.Failure is { IsRejection: false });

    private int Passing => _results.Count - Refused - Rejected - Accepted;

    private double BytesPerToken => Masks.Count == 0 ? 0 : (double)AllocatedBytes / Masks.Count;

    /// <summary>Adds a schema.</summary>
    public void Add(MaskResult result) => _results.Add(result);

    /// <summary>Writes one JSON object.</summary>
    public void WriteJson(TextWriter output)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemas", _results.Count);
            writer.WriteNumber("passing", Passing);
            writer.WriteNumber("compileErrors", Refused);
            writer.WriteNumber("wronglyRejected", Rejected);
            writer.WriteNumber("wronglyAccepted", Accepted);
            writer.WriteNumber("maskAverageUs", Round(Average(Masks)));
            writer.WriteNumber("maskP50Us", Round(Percentile(Masks, 0.5)));
            writer.WriteNumber("maskP99Us", Round(Percentile(Masks, 0.99)));
            writer.WriteNumber("maskMaxUs", Round(Percentile(Masks, 1)));
            writer.WriteNumber("firstMaskAverageUs", Round(Average(FirstMasks)));
            writer.WriteNumber("firstMaskP50Us", Round(Percentile(FirstMasks, 0.5)));
            writer.WriteNumber("firstMaskP99Us", Round(Percentile(FirstMasks, 0.99)));
            writer.WriteNumber("bytesPerToken", Round(BytesPerToken));
            writer.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>Writes a table.</summary>
    public void WriteTable(TextWriter output)
    {
        double share = _results.Count == 0 ? 0 : 100.0 * Passing / _results.Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"schemas           {_results.Count}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"passing           {Passing} = {share:F1} %"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"compile errors    {Refused}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrongly rejected  {Rejected}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrongly accepted  {Accepted}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"mask              {Average(Masks):F1} us on average, {Percentile(Masks, 0.5):F1} p50, {Percentile(Masks, 0.99):F1} p99, {Percentile(Masks, 1):F0} max ({Masks.Count} masks)"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"first mask        {Average(FirstMasks):F0} us on average, {Percentile(FirstMasks, 0.5):F0} p50, {Percentile(FirstMasks, 0.99):F0} p99"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allocated         {BytesPerToken:F2} bytes a token"));
        foreach (IGrouping<string, MaskResult> reason in _results.Where(result => result.Refused is not null)
            .GroupBy(result => ReasonOf(result.Refused!)).OrderByDescending(group => group.Count()))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reason.Count(),6}  {reason.Key}"));
        }
    }

    /// <summary>Writes a line for each schema that does not pass.</summary>
    public void WriteFailures(TextWriter output)
    {
        foreach (MaskResult result in _results)
        {
            if (result.Refused is { } refused)
            {
                output.WriteLine($"{result.Name}\trefused\t{refused.Message}");
            }
            else if (result.Failure is { } failure)
            {
                output.WriteLine($"{result.Name}\t{(failure.IsRejection ? "wrongly rejected" : "wrongly accepted")}\t{failure.Text}");
            }
        }
    }

    private static double Round(double value) => Math.Round(value, 2);

    private static double Average(List<double> values) => values.Count == 0 ? 0 : values.Average();

    private static double Percentile(List<double> values, double share)
    {
        if (values.Count == 0)
        {
            return 0;
        }

        values.Sort();
        return values[Math.Clamp((int)Math.Ceiling(share * values.Count) - 1, 0, values.Count - 1)];
    }

    /// <summary>A message without what it quotes and counts, so that equal reasons are one.</summary>
    private static string ReasonOf(ConstraintException failure)
    {
        string message = failure.Location.Length > 0 ? failure.Message[(failure.Location.Length + 2)..] : failure.Message;
        return Quoted().Replace(message, "…");
    }

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[0-9][0-9,.]*")]
    private static partial Regex Quoted();
}
