namespace TinyGpt.Tavern;

/// <summary>The folk of the tavern and its road, ready to talk. Thread-safe.</summary>
public static class TavernFolk
{
    private static readonly Lazy<TavernCard[]> Cards = new(Read);

    /// <summary>All of them; the innkeeper is the first.</summary>
    public static IReadOnlyList<TavernCard> All => Cards.Value;

    /// <summary>Finds a person by name or trade, ignoring case; null if there is none.</summary>
    public static TavernCard? Find(string nameOrTrade) =>
        All.FirstOrDefault(card => card.Name.Equals(nameOrTrade, StringComparison.OrdinalIgnoreCase))
        ?? All.FirstOrDefault(card => card.Trade.Equals(nameOrTrade, StringComparison.OrdinalIgnoreCase));

    private static TavernCard[] Read()
    {
        using StreamReader reader = new(TavernModel.OpenResource("folk.txt"));
        string[] texts = reader.ReadToEnd().ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        return Array.ConvertAll(texts, text => TavernCard.TryParse(text, out TavernCard? card, out string problem)
            ? card
            : throw new InvalidDataException($"folk.txt: {problem} in:\n{text}"));
    }
}
