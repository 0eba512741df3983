namespace TinyGpt.Tavern.Corpus;

/// <summary>Decides what the player asks next. Immutable and thread-safe; what is decided depends on the generator alone.</summary>
internal sealed class TalkPlan
{
    private const int EmphasisFactor = 4;
    private const int OpeningPercent = 50;
    private const int ClosingPercent = 40;
    private const int FollowPercent = 40;
    private const int IntroduceFirstPercent = 50;
    private const int OwedPercent = 50;
    private const int FactPercent = 66;
    private const int AbsentWarePercent = 45;

    private readonly LineLibrary _lines;
    private readonly CardDeck _deck;
    private readonly TalkEmphasis _emphasis;
    private readonly List<IntentLines> _facts;
    private readonly List<IntentLines> _smallTalk;

    /// <summary>Makes a plan of some lines.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="deck">Where strange names and wares come from.</param>
    /// <param name="emphasis">What is asked more often than in an ordinary talk, or null.</param>
    public TalkPlan(LineLibrary lines, CardDeck deck, TalkEmphasis? emphasis = null)
    {
        _lines = lines;
        _deck = deck;
        _emphasis = emphasis ?? TalkEmphasis.None;
        _facts = [.. lines.Ordered.Where(intent => intent.Rule.AsksForFact)];
        _smallTalk = [.. lines.Ordered.Where(intent => !intent.Rule.AsksForFact)];
    }

    /// <summary>Draws the next question.</summary>
    /// <param name="random">The generator.</param>
    /// <param name="state">The talk so far.</param>
    /// <param name="isLast">Whether the talk is to end with it.</param>
    public Question Draw(CorpusRandom random, TalkState state, bool isLast)
    {
        TalkTurn? last = state.Turns.Count > 0 ? state.Turns[^1] : null;
        if (last is null && random.Percent(OpeningPercent) && Any(random, rule => rule.Opens) is { } opening)
        {
            return Ask(random, state, opening);
        }

        if (isLast && random.Percent(ClosingPercent) && Any(random, rule => rule.Closes) is { } closing)
        {
            return Ask(random, state, closing);
        }

        if (last is { IsGranted: true } && random.Percent(FollowPercent) && FollowUp(random, state, last.Question) is { } followUp)
        {
            return followUp;
        }

        if (random.Percent(_emphasis.RepeatPercent) && Repetition(random, state) is { } repetition)
        {
            return repetition;
        }

        if (state.Owed is { } owed && random.Percent(OwedPercent))
        {
            return owed;
        }

        IntentLines drawn = Weighted(random, random.Percent(FactPercent) ? _facts : _smallTalk);
        if (drawn.Rule.Topic == IntentTopic.Player && !state.IsIntroduced && random.Percent(IntroduceFirstPercent)
            && Any(random, rule => rule.Topic == IntentTopic.Introduction) is { } introduction)
        {
            state.Owed = new Question(drawn);
            drawn = introduction;
        }

        return Ask(random, state, drawn);
    }

    /// <summary>Draws what a question of an intent is about.</summary>
    public Question Ask(CorpusRandom random, TalkState state, IntentLines intent)
    {
        Card card = state.Card;
        return intent.Rule.Topic switch
        {
            IntentTopic.Ware => new Question(
                intent,
                card.Wares.Count == 0 || (intent.Refusals.Count > 0 && random.Percent(AbsentWarePercent))
                    ? _deck.DrawAbsentWare(random, card)
                    : random.Pick(card.Wares).Name),
            IntentTopic.Recommendation when card.Wares.Count > 0 => new Question(intent, random.Pick(card.Wares).Name),
            IntentTopic.Stranger => new Question(
                intent, _deck.DrawName(random, card.Name, card.Friend, card.Foe, state.PlayerName)),
            _ => new Question(intent),
        };
    }

    private Question? FollowUp(CorpusRandom random, TalkState state, Question last)
    {
        List<IntentLines> next = [.. last.Rule.Next.Where(_lines.Intents.ContainsKey).Select(name => _lines.Intents[name])];
        if (next.Count == 0)
        {
            return null;
        }

        IntentLines followUp = random.Pick(next);
        return followUp.Rule.NamesWare && last.Rule.NamesWare
            ? new Question(followUp, last.Subject)
            : Ask(random, state, followUp);
    }

    private static Question? Repetition(CorpusRandom random, TalkState state)
    {
        List<Question> asked = [.. state.Turns.Select(turn => turn.Question).Where(question => question.Rule.AsksForFact)];
        return asked.Count > 0 ? random.Pick(asked) : null;
    }

    private IntentLines? Any(CorpusRandom random, Func<IntentRule, bool> condition)
    {
        List<IntentLines> chosen = [.. _lines.Ordered.Where(intent => condition(intent.Rule))];
        return chosen.Count > 0 ? random.Pick(chosen) : null;
    }

    private IntentLines Weighted(CorpusRandom random, List<IntentLines> intents)
    {
        int left = random.Next(intents.Sum(WeightOf));
        foreach (IntentLines intent in intents)
        {
            left -= WeightOf(intent);
            if (left < 0)
            {
                return intent;
            }
        }

        throw new InvalidOperationException("The weights changed while one was drawn.");
    }

    private int WeightOf(IntentLines intent) =>
        intent.Rule.Weight * (_emphasis.Intents.Contains(intent.Rule.Name) ? EmphasisFactor : 1);
}
