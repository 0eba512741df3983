using System.Globalization;

namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// A card with many wares and a list of lookups: <c>The kite is 19 coins.</c> for a ware that is sold, <c>The harp?</c> for one that is not. Only
/// what follows the ware is learned, so nearly all of the gradient is about looking up; in a talk that is one token among hundreds.
/// Immutable and thread-safe.
/// </summary>
/// <param name="deck">Where cards and wares come from.</param>
internal sealed class LookupList(CardDeck deck)
{
    private const int FewestWares = 2;
    private const int MostWares = 9;
    private const int SoldPercent = 60;

    // Openings of the answers that talks have, so that what is learned here is of use there.
    private static readonly string[] Openings = ["The", "That", "My", "For the", "Ah, the", "Well, the", "Oh, the", "Hm, the"];

    /// <summary>Writes a list; it depends on the seed and its number alone.</summary>
    /// <param name="seed">The corpus's seed.</param>
    /// <param name="number">The list's number in its part.</param>
    /// <param name="part">The part that its card comes from.</param>
    public IReadOnlyList<TalkSegment> Write(ulong seed, int number, CardPart part)
    {
        CorpusRandom random = new(seed, ((ulong)part << 32) + (uint)number);
        Card card = deck.Draw(random, part);
        card = card with { Wares = deck.DrawWares(random, random.Between(FewestWares, MostWares)) };
        List<TalkSegment> segments = [];
        string context = Talk.OpeningOf(card);
        int length = context.Length;
        while (length < TalkWriter.LengthLimit)
        {
            Ware? sold = random.Percent(SoldPercent) ? random.Pick(card.Wares) : null;
            string ware = sold?.Name ?? deck.DrawAbsentWare(random, card);
            context += $"{random.Pick(Openings)} {ware}";
            string learned = sold is null ? "?" : string.Create(CultureInfo.InvariantCulture, $" is {sold.Price}");
            segments.Add(new TalkSegment(context, Train: false));
            segments.Add(new TalkSegment(learned, Train: true));
            length += context.Length + learned.Length;
            context = sold is null ? "\n" : " coins.\n";
        }

        return segments;
    }
}
