namespace TinyGpt.Tavern.Corpus;

/// <summary>Draws questions on held-out cards. Immutable and thread-safe.</summary>
internal sealed class QuestionMaker(LineLibrary lines, CardDeck deck)
{
    private const int MostEarlierTurns = 3;

    // Scoring draws other talks than the validation set has.
    private const ulong ScoringStream = 0x5C0E_0000_0000;

    private readonly TalkPlan _plan = new(lines, deck);
    private readonly TalkWriter _writer = new(lines, deck);

    /// <summary>Makes questions, the kinds in turn.</summary>
    public IReadOnlyList<ScoredQuestion> Make(int count, ulong seed) =>
        [.. Enumerable.Range(0, count).Select(number => Make(QuestionKind.All[number % QuestionKind.All.Count], seed, number))];

    private ScoredQuestion Make(QuestionKind kind, ulong seed, int number)
    {
        CorpusRandom random = new(seed, ScoringStream + (ulong)number);
        IntentLines intent = lines.Intents[kind.Intent];
        while (true)
        {
            TalkState state = _writer.Begin(random, CardPart.HeldOut);
            AddEarlierTurns(random, state, kind, intent.Rule);
            Question question = _plan.Ask(random, state, intent);

            // What was said about the same thing would give the answer away.
            if (state.Grants(question) != kind.HasFact || state.Turns.Any(turn => turn.Question.Rule.Topic == intent.Rule.Topic))
            {
                continue;
            }

            if (TalkWriter.TryWriteTurn(random, state, question) is { } written)
            {
                string earlier = new Talk(state.Card, state.Turns, state.PlayerName).Text;
                string opening = state.Turns.Count > 0 ? earlier : Talk.OpeningOf(state.Card);
                string playerText = written.Turn.PlayerText;
                return new ScoredQuestion(
                    kind,
                    state.Card,
                    question,
                    state.PlayerName,
                    playerText,
                    opening + Talk.PromptOf(state.Card, playerText),
                    written.Turn.AnswerText);
            }
        }
    }

    private void AddEarlierTurns(CorpusRandom random, TalkState state, QuestionKind kind, IntentRule rule)
    {
        if (rule.Topic == IntentTopic.Player && kind.HasFact)
        {
            IntentLines introduction = lines.Ordered.First(intent => intent.Rule.Topic == IntentTopic.Introduction);
            if (TalkWriter.TryWriteTurn(random, state, new Question(introduction)) is { } told)
            {
                state.Add(told.Turn, told.PlayerLine);
            }
        }

        int turns = random.Between(state.Turns.Count, MostEarlierTurns);
        while (state.Turns.Count < turns && _writer.TryAddTurn(random, state, isLast: false))
        {
        }
    }
}
