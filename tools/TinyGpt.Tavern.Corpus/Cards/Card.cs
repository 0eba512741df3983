using System.Globalization;
using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>A ware and what it costs.</summary>
/// <param name="Name">A singular or mass noun without an article.</param>
/// <param name="Price">In coins, 2 to 99.</param>
internal sealed record Ware(string Name, int Price);

/// <summary>What a person wants to have done.</summary>
/// <param name="Deed">An infinitive.</param>
/// <param name="Place">With its article.</param>
/// <param name="Reward">In coins.</param>
internal sealed record Quest(string Deed, string Place, int Reward);

/// <summary>The facts about a person that open a talk.</summary>
internal sealed record Card
{
    /// <summary>The first name.</summary>
    public required string Name { get; init; }

    /// <summary>The trade.</summary>
    public required string Trade { get; init; }

    /// <summary>The mood.</summary>
    public required string Mood { get; init; }

    /// <summary>Where the person lives or works.</summary>
    public required string Home { get; init; }

    /// <summary>What the person sells; may be empty.</summary>
    public IReadOnlyList<Ware> Wares { get; init; } = [];

    /// <summary>A clause that can follow "They say", or null.</summary>
    public string? Rumour { get; init; }

    /// <summary>What the person wants to have done, or null.</summary>
    public Quest? Quest { get; init; }

    /// <summary>Whom the person likes, or null.</summary>
    public string? Friend { get; init; }

    /// <summary>Whom the person dislikes, or null.</summary>
    public string? Foe { get; init; }

    /// <summary>All wares as they are spoken of: <c>ale for 3, stew for 5 and bed for 12</c>. Empty without wares.</summary>
    public string SpokenWares
    {
        get
        {
            string[] spoken = [.. Wares.Select(ware => string.Create(CultureInfo.InvariantCulture, $"{ware.Name} for {ware.Price}"))];
            return spoken.Length < 2 ? string.Concat(spoken) : $"{string.Join(", ", spoken[..^1])} and {spoken[^1]}";
        }
    }

    /// <summary>The card as a talk opens with it, each line with its end.</summary>
    public string Text
    {
        get
        {
            StringBuilder text = new();
            Append(text, "Name", Name);
            Append(text, "Trade", Trade);
            Append(text, "Mood", Mood);
            Append(text, "Home", Home);
            if (Wares.Count > 0)
            {
                IEnumerable<string> wares = Wares.Select(ware => string.Create(CultureInfo.InvariantCulture, $"{ware.Name} {ware.Price}"));
                Append(text, "Sells", string.Join(", ", wares));
            }

            Append(text, "Rumour", Rumour);
            if (Quest is not null)
            {
                Append(text, "Quest", string.Create(
                    CultureInfo.InvariantCulture, $"{Quest.Deed} at {Quest.Place}, reward {Quest.Reward}"));
            }

            Append(text, "Likes", Friend);
            Append(text, "Dislikes", Foe);
            return text.ToString();
        }
    }

    private static void Append(StringBuilder text, string field, string? value)
    {
        if (value is not null)
        {
            text.Append(field).Append(": ").Append(value).Append('\n');
        }
    }
}
