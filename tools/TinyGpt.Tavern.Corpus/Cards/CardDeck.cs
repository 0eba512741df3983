using System.Globalization;
using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Draws cards from lists. Immutable and thread-safe; what is drawn depends on the generator alone.</summary>
internal sealed class CardDeck(CardLists lists)
{
    private const int HeldOutOneIn = 20;
    private const int CommonWarePercent = 25;
    private const int MadeUpNamePercent = 15;
    private const int CheapestWare = 2;
    private const int DearestWare = 99;

    /// <summary>The lists that the cards are drawn from.</summary>
    public CardLists Lists { get; } = lists;

    /// <summary>The part that a card belongs to: one card in 20 is held out, by a hash of its name, first price and rumour.</summary>
    public static CardPart PartOf(Card card)
    {
        string combination = string.Create(
            CultureInfo.InvariantCulture, $"{card.Name}|{(card.Wares.Count > 0 ? card.Wares[0].Price : 0)}|{card.Rumour}");

        // FNV-1a, written out because string hashes differ from run to run.
        ulong hash = 0xCBF29CE484222325;
        foreach (byte part in Encoding.UTF8.GetBytes(combination))
        {
            hash = (hash ^ part) * 0x100000001B3;
        }

        return CorpusRandom.Mix(hash) % HeldOutOneIn == 0 ? CardPart.HeldOut : CardPart.Training;
    }

    /// <summary>Draws a card of a part.</summary>
    public Card Draw(CorpusRandom random, CardPart part)
    {
        while (true)
        {
            Card card = Draw(random);
            if (PartOf(card) == part)
            {
                return card;
            }
        }
    }

    /// <summary>Draws a name that is none of those taken.</summary>
    public string DrawName(CorpusRandom random, params IEnumerable<string?> taken)
    {
        while (true)
        {
            string name = random.Percent(MadeUpNamePercent) ? MakeUpName(random) : random.Pick(Lists.Names);
            if (!taken.Contains(name))
            {
                return name;
            }
        }
    }

    /// <summary>Draws a ware that a person does not sell, half of the time one that the trade does sell elsewhere.</summary>
    public string DrawAbsentWare(CorpusRandom random, Card card)
    {
        while (true)
        {
            string ware = random.Pick(random.Percent(50) ? Lists.WaresOf(card.Trade) : Lists.AllWares);
            if (!card.Wares.Any(sold => AreAlike(sold.Name, ware)))
            {
                return ware;
            }
        }
    }

    /// <summary>Draws wares of all trades with prices, no two of them alike.</summary>
    public IReadOnlyList<Ware> DrawWares(CorpusRandom random, int count)
    {
        List<Ware> wares = [];
        while (wares.Count < count)
        {
            AddUnlessAlike(wares, new Ware(random.Pick(Lists.AllWares), random.Between(CheapestWare, DearestWare)));
        }

        return wares;
    }

    private static void AddUnlessAlike(List<Ware> wares, Ware ware)
    {
        if (!wares.Any(other => AreAlike(other.Name, ware.Name) || other.Price == ware.Price))
        {
            wares.Add(ware);
        }
    }

    /// <summary>Whether two wares share a word, so that a question would be ambiguous.</summary>
    private static bool AreAlike(string one, string other) => one.Split(' ').Intersect(other.Split(' ')).Any();

    private Card Draw(CorpusRandom random)
    {
        string trade = random.Pick(Lists.Trades);
        string name = DrawName(random);
        string? friend = random.Percent(75) ? DrawName(random, name) : null;
        return new Card
        {
            Name = name,
            Trade = trade,
            Mood = random.Pick(Lists.Moods),
            Home = random.Pick(Lists.HomesOf(trade)),
            Wares = random.Percent(80) ? DrawWares(random, trade) : [],
            Rumour = random.Percent(60) ? DrawRumour(random) : null,
            Quest = random.Percent(70) ? DrawQuest(random) : null,
            Friend = friend,
            Foe = random.Percent(75) ? DrawName(random, name, friend) : null,
        };
    }

    private List<Ware> DrawWares(CorpusRandom random, string trade)
    {
        int count = random.Between(1, 4);
        List<Ware> wares = [];
        while (wares.Count < count)
        {
            string name = random.Pick(random.Percent(CommonWarePercent) ? Lists.CommonWares : Lists.WaresOf(trade));
            AddUnlessAlike(wares, new Ware(name, random.Between(CheapestWare, DearestWare)));
        }

        return wares;
    }

    private string DrawRumour(CorpusRandom random)
    {
        string rumourClass = random.Pick(Lists.RumourClasses);
        string subject = random.Pick(Lists.SubjectsOf(rumourClass));
        return $"{subject} {random.Pick(Lists.PredicatesOf(rumourClass))} {random.Pick(Lists.RumourPlaces)}";
    }

    private Quest DrawQuest(CorpusRandom random) =>
        new(random.Pick(Lists.Deeds), random.Pick(Lists.QuestPlaces), random.Between(5, 100));

    private string MakeUpName(CorpusRandom random)
    {
        string first = random.Pick(Lists.Syllables("first"));
        string middle = random.Percent(40) ? random.Pick(Lists.Syllables("middle")) : "";
        return first + middle + random.Pick(Lists.Syllables("last"));
    }
}
