namespace TinyGpt.Tavern.Corpus;

/// <summary>A kind of question that a model is scored by.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Intent">The intent that asks it.</param>
/// <param name="HasFact">Whether it is asked where the card, or the talk, has the answer; elsewhere a refusal is right.</param>
internal sealed record QuestionKind(string Name, string Intent, bool HasFact)
{
    /// <summary>All kinds, in the table's order.</summary>
    public static IReadOnlyList<QuestionKind> All { get; } =
    [
        new("price of a ware", "ask-price", true),
        new("price when buying", "buy", true),
        new("all wares with prices", "ask-wares", true),
        new("own name", "ask-name", true),
        new("home", "ask-home", true),
        new("rumour", "ask-rumour", true),
        new("quest: deed, place and reward", "ask-quest", true),
        new("quest place", "ask-quest-place", true),
        new("quest reward", "ask-reward", true),
        new("friend", "ask-likes", true),
        new("foe", "ask-dislikes", true),
        new("the player's name", "ask-remember", true),
        new("price of a ware not sold", "ask-price", false),
        new("buying a ware not sold", "buy", false),
        new("no wares", "ask-wares", false),
        new("no rumour", "ask-rumour", false),
        new("no quest", "ask-quest", false),
        new("no quest place", "ask-quest-place", false),
        new("no quest reward", "ask-reward", false),
        new("no friend", "ask-likes", false),
        new("no foe", "ask-dislikes", false),
        new("a stranger", "ask-stranger", false),
        new("a name never told", "ask-remember", false),
    ];
}
