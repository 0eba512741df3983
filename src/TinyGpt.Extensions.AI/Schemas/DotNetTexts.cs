using System.Text.Json.Nodes;

namespace TinyGpt.Extensions.AI.Schemas;

/// <summary>The texts that System.Text.Json reads as dates, times, spans of time, versions, URIs and characters.</summary>
internal static class DotNetTexts
{
    private const string Clock = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,7})?";
    private const string Days = "-\\d\\d-\\d\\dT[0-9:]{8}(?:\\.\\d{1,7})?";

    /// <summary>In the first and the last year an offset could lead out of the range of dates.</summary>
    private const string InnerYears = "(?:000[2-9]|00[1-9]\\d|0[1-9]\\d\\d|[1-8]\\d{3}|9[0-8]\\d\\d|99[0-8]\\d|999[0-8])";

    private const string DateTimes =
        "^(?:" + InnerYears + Days + "(?:Z|[+-](?:0\\d|1[0-3]):[0-5]\\d|[+-]14:00)|(?:0001|9999)" + Days + "Z)$";

    private const string Times = "^" + Clock + "$";

    /// <summary>Up to 9,999,999 days; .NET has 10,675,199.</summary>
    private const string Spans = "^-?(?:(?:0|[1-9]\\d{0,6})\\.)?" + Clock + "$";

    private const string Versions = "^\\d{1,9}(?:\\.\\d{1,9}){1,3}$";

    private const string Label = "[A-Za-z](?:-?[A-Za-z0-9]){0,20}";
    private const string UriCharacter = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";

    /// <summary>Addresses of hosts with names, with a port of up to four digits, and URNs.</summary>
    private const string Uris = "^(?:(?:https?|wss?|ftp)://" + Label + "(?:\\." + Label + "){0,4}(?::[1-9]\\d{0,3})?(?:/" + UriCharacter + "*)*" +
        "(?:\\?(?:" + UriCharacter + "|[/?])*)?(?:#(?:" + UriCharacter + "|[/?])*)?|urn:[a-z][a-z0-9]{1,15}:" + UriCharacter + "+)$";

    /// <summary>Code points that are one <see cref="char"/>.</summary>
    private const string Characters = "^[\\u0000-\\uD7FF\\uE000-\\uFFFF]$";

    /// <summary>The patterns that System.Text.Json gives to types which have no format.</summary>
    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        [@"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$"] = Spans,
        [@"^\d+(\.\d+){1,3}$"] = Versions,
    };

    /// <summary>Narrows the schema of a string.</summary>
    public static void Narrow(JsonObject node)
    {
        if (Text(node["pattern"]) is { } pattern)
        {
            node["pattern"] = Patterns.GetValueOrDefault(pattern, pattern);
            return;
        }

        switch (Text(node["format"]))
        {
            case "date-time":
                node["pattern"] = DateTimes; // beside the format, which knows the days of months
                break;
            case "time":
                node.Remove("format");
                node["pattern"] = Times;
                break;
            case "uri":
                node.Remove("format");
                node["pattern"] = Uris;
                break;
            case null when Number(node["minLength"]) == 1 && Number(node["maxLength"]) == 1:
                node["pattern"] = Characters;
                break;
        }
    }

    private static string? Text(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? known) ? known : null;

    private static int? Number(JsonNode? value) => value is JsonValue number && number.TryGetValue(out int known) ? known : null;
}
