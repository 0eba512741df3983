namespace TinyGpt.Dialogue;

/// <summary>
/// How a stage is made. Immutable and thread-safe. Ranges are checked when a stage is made, which throws <see cref="ArgumentNullException"/>,
/// <see cref="ArgumentOutOfRangeException"/> or <see cref="ArgumentException"/>.
/// </summary>
public sealed record StageOptions
{
    /// <summary>
    /// The engine that the stage makes, and so its memory. A sequence serves a talk that answers or is kept computed, a card, or the world:
    /// two for each character that speaks at a time and one more are plenty, fewer have talks wait or read again what was evicted; at least
    /// 2. The arena must hold the world and a whole context with two pages (of 64 tokens) to spare. Not null; by default 17 sequences and 4 tokens
    /// of lookup on one thread.
    /// </summary>
    public GptEngineOptions Engine { get; init; } = new() { MaxSequences = 17, MaxLookupTokens = 4 };

    /// <summary>How prompts are written; not null, <see cref="PromptLayout.Tavern"/> by default.</summary>
    public PromptLayout Layout { get; init; } = PromptLayout.Tavern;

    /// <summary>
    /// What all characters know, before their cards; not null, empty by default. May have several lines. Computed once and shared; card, a line and
    /// an answer must fit the model's context beside it, which <see cref="DialogueStage.Add"/> checks.
    /// </summary>
    public string World { get; init; } = "";

    /// <summary>
    /// The seed of every random choice on the stage; any number, 0 by default. Each talk's seed is derived from it, in the order in which they
    /// are opened.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// How far a character can be and still take part in every forward pass, in the unit of <see cref="Npc.Distance"/>; above 0, 10 by default. One
    /// at twice the distance takes part in every second, and so on to every eighth.
    /// </summary>
    public float FullRateDistance { get; init; } = 10;

    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Engine);
        ArgumentNullException.ThrowIfNull(Layout);
        ArgumentNullException.ThrowIfNull(World);
        Engine.Validate();
        Layout.Validate();
        if (!(FullRateDistance > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(FullRateDistance), FullRateDistance, "The distance is positive.");
        }

        if (Engine.MaxSequences < 2)
        {
            throw new ArgumentOutOfRangeException(
                nameof(Engine), Engine.MaxSequences, "A stage needs an engine of 2 sequences or more: raise GptEngineOptions.MaxSequences.");
        }
    }
}
