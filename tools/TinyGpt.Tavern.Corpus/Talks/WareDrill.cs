namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// Asks for one ware after the other, sold and not sold alike: talks in which every answer looks something up. By themselves they taught no lookup
/// (docs/training-the-tavern.md); beside lists of lookups they show it in the form that talks have. Immutable and thread-safe.
/// </summary>
/// <param name="lines">The lines.</param>
/// <param name="deck">The source of wares that the person does not sell.</param>
internal sealed class WareDrill(LineLibrary lines, CardDeck deck)
{
    private const int SoldPercent = 50;
    private const int FewestWares = 2;

    private readonly IntentLines[] _intents = [lines.Intents["ask-price"], lines.Intents["buy"]];

    /// <summary>Whether a person sells enough to be asked for.</summary>
    public static bool Suits(Card card) => card.Wares.Count >= FewestWares;

    /// <summary>Draws the next question: sold and other wares in equal numbers, first those that were not mentioned.</summary>
    /// <param name="random">The generator.</param>
    /// <param name="state">The talk so far.</param>
    public Question Draw(CorpusRandom random, TalkState state)
    {
        string[] sold = [.. state.Card.Wares.Select(ware => ware.Name)];
        string[] unasked = [.. sold.Except(state.Turns.Select(turn => turn.Question.Subject!))];
        string ware = random.Percent(SoldPercent)
            ? random.Pick(unasked.Length > 0 ? unasked : sold)
            : deck.DrawAbsentWare(random, state.Card);
        return new Question(random.Pick(_intents), ware);
    }
}
