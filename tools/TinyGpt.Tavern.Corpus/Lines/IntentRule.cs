namespace TinyGpt.Tavern.Corpus;

/// <summary>How an intent takes part in talks; a line of <c>Talks/intents.txt</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Topic">What its lines talk about.</param>
/// <param name="Weight">How often it is drawn among its kind; 0 for one that only follows others.</param>
/// <param name="Next">The intents that like to follow when it was answered.</param>
/// <param name="Opens">Whether it likes to open a talk.</param>
/// <param name="Closes">Whether it likes to close a talk.</param>
internal sealed record IntentRule(
    string Name, IntentTopic Topic, int Weight, IReadOnlyList<string> Next, bool Opens, bool Closes)
{
    /// <summary>Whether it asks for something that is on the card or was told before.</summary>
    public bool AsksForFact => Topic is not (IntentTopic.Nothing or IntentTopic.Introduction);

    /// <summary>Whether there are cards, or talks, that lack what it asks for.</summary>
    public bool CanBeRefused => AsksForFact && Topic != IntentTopic.Self;

    /// <summary>Whether it is about a ware.</summary>
    public bool NamesWare => Topic is IntentTopic.Ware or IntentTopic.Recommendation;

    /// <summary>Whether a line of a kind may have a slot.</summary>
    public bool Allows(LineKind kind, LineSlot slot) => slot switch
    {
        LineSlot.Name => true,
        LineSlot.Trade or LineSlot.Home => kind != LineKind.Player,
        LineSlot.Ware => Topic == IntentTopic.Ware || (Topic == IntentTopic.Recommendation && kind == LineKind.Answer),
        LineSlot.Person => Topic == IntentTopic.Stranger,
        LineSlot.Player => Topic == IntentTopic.Introduction || (Topic == IntentTopic.Player && kind == LineKind.Answer),
        _ when kind == LineKind.Refusal => false,
        LineSlot.Price => NamesWare && kind == LineKind.Answer,
        LineSlot.Wares => Topic == IntentTopic.Wares,
        LineSlot.Rumour => Topic == IntentTopic.Rumour,
        LineSlot.Deed or LineSlot.Place or LineSlot.Reward => Topic == IntentTopic.Quest,
        LineSlot.Friend => Topic == IntentTopic.Friend,
        LineSlot.Foe => Topic == IntentTopic.Foe,
        _ => false,
    };
}
