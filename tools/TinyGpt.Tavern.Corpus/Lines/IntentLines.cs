namespace TinyGpt.Tavern.Corpus;

/// <summary>The lines of an intent.</summary>
/// <param name="Rule">The intent.</param>
internal sealed record IntentLines(IntentRule Rule)
{
    private readonly List<LineVariant> _player = [];
    private readonly List<LineVariant> _answers = [];
    private readonly List<LineVariant> _refusals = [];

    /// <summary>What the player says.</summary>
    public IReadOnlyList<LineVariant> Player => _player;

    /// <summary>What is answered.</summary>
    public IReadOnlyList<LineVariant> Answers => _answers;

    /// <summary>What is answered when the card lacks the fact.</summary>
    public IReadOnlyList<LineVariant> Refusals => _refusals;

    /// <summary>Adds a line to those of its kind.</summary>
    public void Add(LineVariant variant) => (variant.Kind switch
    {
        LineKind.Player => _player,
        LineKind.Answer => _answers,
        _ => _refusals,
    }).Add(variant);
}
