using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TinyGpt.Import.Hub;

namespace TinyGpt.Import;

/// <summary>The name of a model on a hub: <c>owner/name</c>, or a short one such as <c>gpt2</c>. Immutable and thread-safe.</summary>
/// <remarks>
/// A part has letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; it neither begins nor ends with <c>-</c> or <c>.</c>, has neither
/// <c>--</c> nor <c>..</c>, and does not end in <c>.git</c>. All of it has at most 96 characters.
/// </remarks>
public sealed record HubModelName
{
    private const int Longest = 96;

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private HubModelName(string text) => Text = text;

    /// <summary>The name as it was written.</summary>
    public string Text { get; }

    /// <summary>The part after the owner, or all of a short name.</summary>
    public string ShortName => Text[(Text.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name, or null.</param>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out HubModelName? name)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        bool valid = text.Length <= Longest && parts.Length <= 2 && parts.All(IsPart);
        name = valid ? new HubModelName(text) : null;
        return valid;
    }

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static HubModelName Parse(string text) =>
        TryParse(text, out HubModelName? name) ? name : throw new FormatException($"'{text}' is not a model's name such as owner/name");

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool IsPart(string part) =>
        part.Length > 0
        && part.AsSpan().IndexOfAnyExcept(Letters) < 0
        && part[0] is not ('-' or '.') && part[^1] is not ('-' or '.')
        && !part.Contains("--", StringComparison.Ordinal)
        && !part.Contains("..", StringComparison.Ordinal)
        && !part.EndsWith(".git", StringComparison.OrdinalIgnoreCase)
        && HubPath.IsSafe(part);
}
