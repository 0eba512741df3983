using System.Globalization;

namespace TinyGpt.Import.Tests;

/// <summary>What a client asked a <see cref="LocalServer"/>.</summary>
/// <param name="Target">Path and query as they were sent.</param>
/// <param name="Headers">The headers, by names in any case.</param>
internal sealed record ServerRequest(string Target, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The file that is asked for, as it is called in the model, or empty for something else.</summary>
    public string File
    {
        get
        {
            string[] parts = Target.Split("/resolve/");
            return parts.Length == 2 ? Uri.UnescapeDataString(parts[1][(parts[1].IndexOf('/', StringComparison.Ordinal) + 1)..]) : "";
        }
    }

    /// <summary>The first byte that is asked for.</summary>
    public int Start => Header("Range") is { } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
