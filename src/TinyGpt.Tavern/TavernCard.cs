using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TinyGpt.Tavern;

/// <summary>
/// The facts about a person that open a talk: what the model knows, and all that it knows. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The text has a line for each fact, <c>Field: value</c>, in the order of <see cref="Fields"/>. <c>Sells</c> is a list of wares and
/// prices, <c>ale 3, stew 5</c>; <c>Rumour</c> a clause that can follow "They say"; <c>Quest</c> is <c>DEED at PLACE, reward COINS</c>.
/// </remarks>
public sealed class TavernCard
{
    /// <summary>The most characters in one value.</summary>
    public const int LongestValue = 120;

    /// <summary>The highest price of a ware, in coins.</summary>
    public const int HighestPrice = 999;

    private const int RequiredFields = 4;

    private static readonly string[] FieldNames = ["Name", "Trade", "Mood", "Home", "Sells", "Rumour", "Quest", "Likes", "Dislikes"];

    private readonly string?[] _values;

    private TavernCard(string?[] values) => _values = values;

    /// <summary>The fields that a card can have, in order. Every card has the first four.</summary>
    public static IReadOnlyList<string> Fields => FieldNames;

    /// <summary>The person's name, which also comes before what the person says.</summary>
    public string Name => _values[0]!;

    /// <summary>What the person does for a living.</summary>
    public string Trade => _values[1]!;

    /// <summary>Where the person is to be found.</summary>
    public string Home => _values[3]!;

    /// <summary>A field's value, or null if the card has none.</summary>
    /// <param name="field">One of <see cref="Fields"/>, in any case.</param>
    /// <exception cref="ArgumentException">There is no such field.</exception>
    public string? this[string field] => _values[IndexOf(field) is >= 0 and int index
        ? index
        : throw new ArgumentException($"There is no field '{field}' (there are {string.Join(", ", FieldNames)}).", nameof(field))];

    /// <summary>Reads a card.</summary>
    /// <param name="text">Lines as <see cref="ToString"/> writes them, in any order.</param>
    /// <param name="card">The card.</param>
    /// <param name="problem">What is wrong, naming the field; empty if nothing is.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TavernCard? card, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        card = null;
        problem = "";
        string?[] values = new string?[FieldNames.Length];
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            int index = colon < 0 ? -1 : IndexOf(line[..colon]);
            if (index < 0)
            {
                problem = $"'{line}' is no 'Field: value' with one of {string.Join(", ", FieldNames)}";
                return false;
            }

            if (values[index] is not null)
            {
                problem = $"'{FieldNames[index]}' is there twice";
                return false;
            }

            values[index] = line[(colon + 1)..].Trim();
            if (!IsValid(index, values[index], out problem))
            {
                return false;
            }
        }

        int missing = Array.IndexOf(values, null, 0, RequiredFields);
        if (missing >= 0)
        {
            problem = $"'{FieldNames[missing]}' is missing";
            return false;
        }

        card = new TavernCard(values);
        return true;
    }

    /// <summary>The same card with another value.</summary>
    /// <param name="field">One of <see cref="Fields"/>, in any case.</param>
    /// <param name="value">The value; null or empty takes the fact away.</param>
    /// <param name="card">The new card.</param>
    /// <param name="problem">What is wrong, naming the field; empty if nothing is.</param>
    public bool TryWith(string field, string? value, [NotNullWhen(true)] out TavernCard? card, out string problem)
    {
        ArgumentNullException.ThrowIfNull(field);
        card = null;
        int index = IndexOf(field);
        if (index < 0)
        {
            problem = $"there is no field '{field}' (there are {string.Join(", ", FieldNames)})";
            return false;
        }

        value = string.IsNullOrWhiteSpace(value) ? null : value.Trim();
        if (!IsValid(index, value, out problem))
        {
            return false;
        }

        string?[] values = [.. _values];
        values[index] = value;
        card = new TavernCard(values);
        return true;
    }

    /// <summary>The same card with another price for a ware, which is added if it was not sold before.</summary>
    /// <param name="ware">A ware, without an article.</param>
    /// <param name="coins">Its price, 1 … <see cref="HighestPrice"/>.</param>
    /// <param name="card">The new card.</param>
    /// <param name="problem">What is wrong; empty if nothing is.</param>
    public bool TryWithPrice(string ware, int coins, [NotNullWhen(true)] out TavernCard? card, out string problem)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ware);
        ArgumentOutOfRangeException.ThrowIfLessThan(coins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(coins, HighestPrice);
        List<string> wares = [.. (this["Sells"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        string priced = string.Create(CultureInfo.InvariantCulture, $"{ware.Trim()} {coins}");
        int index = wares.FindIndex(sold => WareOf(sold).Equals(ware.Trim(), StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            wares.Add(priced);
        }
        else
        {
            wares[index] = priced;
        }

        return TryWith("Sells", string.Join(", ", wares), out card, out problem);
    }

    /// <summary>The text that opens a talk: a line for each fact, each with its end.</summary>
    public override string ToString() => string.Concat(
        FieldNames.Zip(_values).Where(field => field.Second is not null).Select(field => $"{field.First}: {field.Second}\n"));

    private static string WareOf(string sold) => sold.LastIndexOf(' ') is >= 0 and int space ? sold[..space] : sold;

    private static int IndexOf(string field) =>
        Array.FindIndex(FieldNames, name => name.Equals(field.Trim(), StringComparison.OrdinalIgnoreCase));

    private static bool IsValid(int index, string? value, out string problem)
    {
        problem = string.IsNullOrEmpty(value) ? (index < RequiredFields ? $"'{FieldNames[index]}' cannot be taken away" : "")
            : value.Length > LongestValue ? $"'{FieldNames[index]}' has {value.Length} characters; {LongestValue} are allowed"
            : value.Any(char.IsControl) ? $"'{FieldNames[index]}' holds a control character"
            : "";
        return problem.Length == 0;
    }
}
