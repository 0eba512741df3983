namespace TinyGpt.Tavern.Corpus;

/// <summary>The lists that cards are drawn from.</summary>
internal sealed class CardLists
{
    private const string Common = "common";

    private readonly SectionedList _homes = SectionedList.Load("Cards/homes.txt");
    private readonly SectionedList _wares = SectionedList.Load("Cards/wares.txt");
    private readonly SectionedList _names = SectionedList.Load("Cards/names.txt", words: true);
    private readonly SectionedList _syllables = SectionedList.Load("Cards/syllables.txt", words: true);
    private readonly SectionedList _rumours = SectionedList.Load("Cards/rumours.txt");
    private readonly SectionedList _quests = SectionedList.Load("Cards/quests.txt");

    private CardLists()
    {
        Moods = SectionedList.Load("Cards/moods.txt")[""];
        RumourClasses = [.. _rumours.Names.Where(name => name.EndsWith(": subjects", StringComparison.Ordinal)).Select(name => name[..^10])];
        AllWares = [.. _wares.Names.SelectMany(name => _wares[name]).Distinct()];
    }

    /// <summary>The lists that are built into the program.</summary>
    public static CardLists Shipped { get; } = new();

    /// <summary>The moods.</summary>
    public IReadOnlyList<string> Moods { get; }

    /// <summary>The trades.</summary>
    public IReadOnlyList<string> Trades => _homes.Names;

    /// <summary>The first names.</summary>
    public IReadOnlyList<string> Names => _names[""];

    /// <summary>The wares of every trade and the common ones.</summary>
    public IReadOnlyList<string> AllWares { get; }

    /// <summary>The wares that every trade may sell.</summary>
    public IReadOnlyList<string> CommonWares => _wares[Common];

    /// <summary>The classes of rumours: a subject goes with the predicates of its class.</summary>
    public IReadOnlyList<string> RumourClasses { get; }

    /// <summary>Where rumours happen.</summary>
    public IReadOnlyList<string> RumourPlaces => _rumours["places"];

    /// <summary>What quests ask for.</summary>
    public IReadOnlyList<string> Deeds => _quests["deeds"];

    /// <summary>Where quests lead.</summary>
    public IReadOnlyList<string> QuestPlaces => _quests["places"];

    /// <summary>Where a trade lives or works.</summary>
    public IReadOnlyList<string> HomesOf(string trade) => _homes[trade];

    /// <summary>What a trade sells.</summary>
    public IReadOnlyList<string> WaresOf(string trade) => _wares[trade];

    /// <summary>The subjects of a class of rumours.</summary>
    public IReadOnlyList<string> SubjectsOf(string rumourClass) => _rumours[$"{rumourClass}: subjects"];

    /// <summary>What a class of rumours tells; a place follows.</summary>
    public IReadOnlyList<string> PredicatesOf(string rumourClass) => _rumours[$"{rumourClass}: predicates"];

    /// <summary>The syllables of made-up names: <c>first</c>, <c>middle</c> or <c>last</c>.</summary>
    public IReadOnlyList<string> Syllables(string position) => _syllables[position];
}
