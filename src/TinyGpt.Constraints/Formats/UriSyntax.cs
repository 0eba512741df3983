namespace TinyGpt.Constraints.Formats;

/// <summary>The syntax of URIs (RFC 3986), of IRIs (RFC 3987) and of URI templates (RFC 6570) as regular expressions.</summary>
internal static class UriSyntax
{
    /// <summary>A number from 0 to 255.</summary>
    public const string Octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private const string Hex = "[0-9A-Fa-f]";
    private const string Scheme = "[A-Za-z][A-Za-z0-9+.-]*";
    private const string Encoded = "%" + Hex + Hex;

    private const string International =
        "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{1FFFD}\\u{20000}-\\u{2FFFD}\\u{30000}-\\u{3FFFD}\\u{40000}-\\u{4FFFD}" +
        "\\u{50000}-\\u{5FFFD}\\u{60000}-\\u{6FFFD}\\u{70000}-\\u{7FFFD}\\u{80000}-\\u{8FFFD}\\u{90000}-\\u{9FFFD}\\u{A0000}-\\u{AFFFD}" +
        "\\u{B0000}-\\u{BFFFD}\\u{C0000}-\\u{CFFFD}\\u{D0000}-\\u{DFFFD}\\u{E1000}-\\u{EFFFD}";

    private const string Private = "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";

    private const string Variable = "(?:[A-Za-z0-9_]|" + Encoded + ")(?:\\.?(?:[A-Za-z0-9_]|" + Encoded + "))*(?::[1-9][0-9]{0,3}|\\*)?";

    /// <summary>Literals and expressions in braces.</summary>
    public const string Template =
        "(?:[!#$&(-;=?-\\[\\]_a-z~" + International + Private + "]|" + Encoded + "|\\{[+#./;?&=,!@|]?" + Variable + "(?:," + Variable + ")*\\})*";

    /// <summary>A URI with a scheme.</summary>
    public static string Absolute(bool international)
    {
        (string character, string authority, string query) = Parts(international);
        string path = $"(?://{authority}(?:/{character}*)*|/(?:{character}+(?:/{character}*)*)?|{character}+(?:/{character}*)*)?";
        return $"{Scheme}:{path}(?:\\?{query})?(?:#{Fragment(international)})?";
    }

    /// <summary>A URI, or one relative to another.</summary>
    public static string Reference(bool international)
    {
        (string character, string authority, string query) = Parts(international);
        string first = character.Replace("[@:", "[@", StringComparison.Ordinal);
        string path = $"(?://{authority}(?:/{character}*)*|/(?:{character}+(?:/{character}*)*)?|{first}+(?:/{character}*)*)?";
        return $"(?:{Absolute(international)}|{path}(?:\\?{query})?(?:#{Fragment(international)})?)";
    }

    private static (string Character, string Authority, string Query) Parts(bool international)
    {
        string more = international ? International : "";
        string plain = "A-Za-z0-9._~!$&'()*+,;=" + more + "-";
        string character = $"(?:[@:{plain}]|{Encoded})";
        string user = $"(?:[:{plain}]|{Encoded})*@";
        string name = $"(?:[{plain}]|{Encoded})*";
        string literal = $"\\[(?:{Ipv6()}|[vV]{Hex}+\\.[:{plain}]+)\\]";
        string authority = $"(?:{user})?(?:{literal}|{name})(?::[0-9]*)?";
        string query = $"(?:[@:/?{(international ? Private : "")}{plain}]|{Encoded})*";
        return (character, authority, query);
    }

    private static string Fragment(bool international) =>
        $"(?:[@:/?A-Za-z0-9._~!$&'()*+,;={(international ? International : "")}-]|{Encoded})*";

    /// <summary>An IPv6 address (RFC 4291), with an IPv4 address as its last groups or without.</summary>
    public static string Ipv6()
    {
        const string Group = Hex + "{1,4}";
        string last = $"(?:{Group}:{Group}|{Octet}(?:\\.{Octet}){{3}})";
        List<string> forms = [$"(?:{Group}:){{6}}{last}", $"::(?:{Group}:){{5}}{last}"];
        for (int left = 0; left <= 6; left++)
        {
            string before = left == 0 ? $"(?:{Group})?" : $"(?:(?:{Group}:){{0,{left}}}{Group})?";
            string after = left <= 4 ? $"(?:{Group}:){{{4 - left}}}{last}" : left == 5 ? Group : "";
            forms.Add($"{before}::{after}");
        }

        return $"(?:{string.Join('|', forms)})";
    }
}
