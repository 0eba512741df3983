namespace TinyGpt.Tavern.Corpus;

/// <summary>What the player is about to say.</summary>
/// <param name="Intent">The intent and its lines.</param>
/// <param name="Subject">The ware or the person asked about, or null for intents that name none.</param>
internal sealed record Question(IntentLines Intent, string? Subject = null)
{
    /// <summary>The intent's rule.</summary>
    public IntentRule Rule => Intent.Rule;
}
