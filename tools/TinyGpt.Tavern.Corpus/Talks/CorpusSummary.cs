using System.Globalization;

namespace TinyGpt.Tavern.Corpus;

/// <summary>What a corpus consists of. Not thread-safe.</summary>
internal sealed class CorpusSummary
{
    private readonly HashSet<string> _intents = new(StringComparer.Ordinal);
    private long _talks;
    private long _turns;
    private long _factTurns;
    private long _refusals;
    private long _characters;

    /// <summary>Counts a talk.</summary>
    public void Add(Talk talk)
    {
        _talks++;
        _characters += talk.Text.Length;
        foreach (TalkTurn turn in talk.Turns)
        {
            _turns++;
            _factTurns += turn.Question.Rule.AsksForFact ? 1 : 0;
            _refusals += turn.IsGranted ? 0 : 1;
            _intents.Add(turn.Question.Rule.Name);
        }
    }

    /// <summary>The counts in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_talks} talks of {(double)_turns / _talks:F1} turns and {(double)_characters / _talks:F0} characters, "
        + $"{_intents.Count} intents, {100.0 * _factTurns / _turns:F1} % of the turns ask for facts, "
        + $"{100.0 * _refusals / _turns:F1} % are refused");
}
