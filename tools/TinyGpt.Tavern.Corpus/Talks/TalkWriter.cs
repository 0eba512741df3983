namespace TinyGpt.Tavern.Corpus;

/// <summary>Writes talks. Immutable and thread-safe; a talk depends on its seed and number alone.</summary>
/// <param name="lines">What is said.</param>
/// <param name="deck">Where cards come from.</param>
/// <param name="emphasis">What is asked more often than in an ordinary talk, or null.</param>
internal sealed class TalkWriter(LineLibrary lines, CardDeck deck, TalkEmphasis? emphasis = null)
{
    /// <summary>A talk's length in characters stays below this.</summary>
    public const int LengthLimit = 1150;

    private const int FewestTurns = 6;
    private const int MostTurns = 10;
    private const int DrawsPerTurn = 20;
    private const int RestrictedPercent = 50;

    private const int MostDrillTurns = 14;

    private readonly TalkPlan _plan = new(lines, deck, emphasis);
    private readonly WareDrill _drill = new(lines, deck);

    /// <summary>Writes a talk.</summary>
    /// <param name="seed">The corpus's seed.</param>
    /// <param name="number">The talk's number in its part.</param>
    /// <param name="part">The part that its card comes from.</param>
    public Talk Write(ulong seed, int number, CardPart part)
    {
        CorpusRandom random = new(seed, ((ulong)part << 32) + (uint)number);
        TalkState state = Begin(random, part);
        int turns = random.Between(FewestTurns, MostTurns);
        while (state.Turns.Count < turns && TryAddTurn(random, state, isLast: state.Turns.Count == turns - 1))
        {
        }

        return new Talk(state.Card, state.Turns, state.PlayerName);
    }

    /// <summary>Writes a talk in which wares are asked for and nothing else.</summary>
    /// <inheritdoc cref="Write"/>
    public Talk WriteDrill(ulong seed, int number, CardPart part)
    {
        CorpusRandom random = new(seed, ((ulong)part << 32) + (uint)number);
        TalkState state = Begin(random, part);
        while (!WareDrill.Suits(state.Card))
        {
            state = Begin(random, part);
        }

        while (state.Turns.Count < MostDrillTurns && TryAddTurn(random, state, () => _drill.Draw(random, state)))
        {
        }

        return new Talk(state.Card, state.Turns, state.PlayerName);
    }

    /// <summary>Draws a card and the player's name.</summary>
    public TalkState Begin(CorpusRandom random, CardPart part)
    {
        Card card = deck.Draw(random, part);
        return new TalkState(card, deck.DrawName(random, card.Name, card.Friend, card.Foe));
    }

    /// <summary>Adds a question of the plan and its answer.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool TryAddTurn(CorpusRandom random, TalkState state, bool isLast) =>
        TryAddTurn(random, state, () => _plan.Draw(random, state, isLast));

    private static bool TryAddTurn(CorpusRandom random, TalkState state, Func<Question> draw)
    {
        for (int i = 0; i < DrawsPerTurn; i++)
        {
            if (TryWriteTurn(random, state, draw()) is { } written)
            {
                if (state.Length + state.LengthOf(written.Turn) >= LengthLimit)
                {
                    return false;
                }

                state.Add(written.Turn, written.PlayerLine);
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes an exchange without adding it; null when every fitting line was said before.</summary>
    public static (TalkTurn Turn, LineVariant PlayerLine)? TryWriteTurn(CorpusRandom random, TalkState state, Question question)
    {
        SlotValues values = state.ValuesFor(question);
        bool granted = state.Grants(question);

        // Intents about strangers may have no refusals: not knowing a person is their answer.
        IReadOnlyList<LineVariant> choices = granted || question is { Rule.Topic: IntentTopic.Stranger, Intent.Refusals.Count: 0 }
            ? question.Intent.Answers
            : question.Intent.Refusals;
        bool goesOn = state.Turns.Count > 0 && state.Turns[^1].Question is { Rule.NamesWare: true } before && before.Subject == question.Subject;
        LineVariant? playerLine = PickUnsaid(
            random,
            state,
            [.. question.Intent.Player.Where(line => values.Cover(line) && (goesOn || IsClear(question.Rule, line)))]);
        LineVariant? answer = PickAnswer(random, state, [.. choices.Where(line => values.Cover(line) && line.Suits(state.Card))]);
        if (playerLine is null || answer is null)
        {
            return null;
        }

        string text = answer.Fill(values, out IReadOnlyList<Range> facts);
        return state.WasAnswered(text)
            ? null
            : (new TalkTurn(question, PlayerSlips.Write(random, playerLine, values), text, answer, facts, granted), playerLine);
    }

    // "Cheaper?" says which ware is meant only where that ware was just spoken of.
    private static bool IsClear(IntentRule rule, LineVariant playerLine) =>
        rule.Topic != IntentTopic.Ware || playerLine.Slots.Contains(LineSlot.Ware);

    private static LineVariant? PickAnswer(CorpusRandom random, TalkState state, List<LineVariant> lines)
    {
        List<LineVariant> restricted = [.. lines.Where(line => line.IsRestricted)];
        bool preferRestricted = random.Percent(RestrictedPercent);
        return (preferRestricted ? PickUnsaid(random, state, restricted) : null)
            ?? PickUnsaid(random, state, [.. lines.Where(line => !line.IsRestricted)])
            ?? PickUnsaid(random, state, restricted);
    }

    private static LineVariant? PickUnsaid(CorpusRandom random, TalkState state, List<LineVariant> lines)
    {
        List<LineVariant> unsaid = [.. lines.Where(line => !state.WasSaid(line))];
        return unsaid.Count > 0 ? random.Pick(unsaid) : null;
    }
}
