using System.Collections.Frozen;
using TinyGpt.Constraints.Expressions;

namespace TinyGpt.Constraints.Formats;

/// <summary>A format of strings that is a regular language.</summary>
/// <param name="Name">Its name in schemas.</param>
/// <param name="Texts">The texts that have it, as an expression without anchors.</param>
/// <param name="IsExact">
/// Whether there are no others. Where some rare ones are left out (quoted local parts of addresses, leap seconds), the format can be kept
/// but not negated.
/// </param>
internal sealed record StringFormat(string Name, Expression Texts, bool IsExact)
{
    /// <summary>The most characters; null for any number.</summary>
    public int? MaxLength { get; init; }
}

/// <summary>
/// The formats of JSON Schema. They are always kept, also by drafts that call them annotations. Formats that are in no draft are
/// annotations; formats of a draft that are no regular language, or a very large one, are refused by name. Thread-safe.
/// </summary>
internal static class StringFormats
{
    private const string Date =
        "(?:(?:[1-9]\\d{3}|0[1-9]\\d\\d|00[1-9]\\d|000[1-9])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))" +
        "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)";

    private const string Time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
    private const string Label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string HostName = Label + "(?:\\." + Label + "){0,126}";
    private const string IPv4 = UriSyntax.Octet + "(?:\\." + UriSyntax.Octet + "){3}";
    private const string Atoms = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Email = Atoms + "(?:\\." + Atoms + "){0,31}@" + HostName;

    private const string InternationalAtoms = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u00A0-\\u{10FFFF}-]+";
    private const string InternationalLabel = "[A-Za-z0-9\\p{L}](?:[A-Za-z0-9\\p{L}-]{0,14}[A-Za-z0-9\\p{L}])?";

    private const string InternationalEmail =
        InternationalAtoms + "(?:\\." + InternationalAtoms + "){0,31}@" + InternationalLabel + "(?:\\." + InternationalLabel + "){0,126}";

    private const string Duration =
        "P(?:\\d+W|(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)(?:T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S))?" +
        "|T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S))";

    private const string Pointer = "(?:/(?:[^~/]|~[01])*)*";

    private static readonly FrozenDictionary<string, Lazy<StringFormat?>> Formats = new Dictionary<string, Lazy<StringFormat?>>
    {
        ["date"] = Format("date", Date, true),
        ["time"] = Format("time", Time, false),
        ["date-time"] = Format("date-time", Date + "T" + Time, false),
        ["duration"] = Format("duration", Duration, true),
        ["email"] = Format("email", Email, false),
        ["hostname"] = Format("hostname", HostName, false, 253),
        ["ipv4"] = Format("ipv4", IPv4, true),
        ["ipv6"] = Format("ipv6", UriSyntax.Ipv6(), true),
        ["uuid"] = Format("uuid", "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}", true),
        ["uri"] = Format("uri", UriSyntax.Absolute(international: false), true),
        ["uri-reference"] = Format("uri-reference", UriSyntax.Reference(international: false), true),
        ["iri"] = Format("iri", UriSyntax.Absolute(international: true), true),
        ["iri-reference"] = Format("iri-reference", UriSyntax.Reference(international: true), true),
        ["uri-template"] = Format("uri-template", UriSyntax.Template, true),
        ["json-pointer"] = Format("json-pointer", Pointer, true),
        ["relative-json-pointer"] = Format("relative-json-pointer", "(?:0|[1-9]\\d*)(?:#|" + Pointer + ")", true),
        ["idn-email"] = Format("idn-email", InternationalEmail, false),
        ["idn-hostname"] = Unsupported(),
        ["regex"] = Unsupported(),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A format; null where no draft has it.</summary>
    /// <exception cref="ConstraintException">A draft has it, but it cannot be kept.</exception>
    public static StringFormat? Find(string name, string pointer)
    {
        if (!Formats.TryGetValue(name, out Lazy<StringFormat?>? format)) return null;
        return format.Value ?? throw new ConstraintException($"format '{name}' is not supported", pointer);
    }

    private static Lazy<StringFormat?> Format(string name, string pattern, bool isExact, int? maxLength = null) =>
        new(() => new StringFormat(name, ExpressionParser.Parse(pattern), isExact) { MaxLength = maxLength });

    private static Lazy<StringFormat?> Unsupported() => new(() => null);
}
