namespace TinyGpt.Tavern.Corpus;

/// <summary>A talk while it is being written. Not thread-safe.</summary>
/// <param name="card">The facts.</param>
/// <param name="playerName">The player's name, unknown until the player tells it.</param>
internal sealed class TalkState(Card card, string playerName)
{
    private readonly List<TalkTurn> _turns = [];
    private readonly HashSet<LineVariant> _used = [];
    private readonly HashSet<string> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The facts.</summary>
    public Card Card { get; } = card;

    /// <summary>The player's name.</summary>
    public string PlayerName { get; } = playerName;

    /// <summary>The exchanges so far.</summary>
    public IReadOnlyList<TalkTurn> Turns => _turns;

    /// <summary>Characters of the card and the exchanges so far.</summary>
    public int Length { get; private set; } = Talk.OpeningOf(card).Length;

    /// <summary>Whether the player has told their name.</summary>
    public bool IsIntroduced => _turns.Any(turn => turn.Question.Rule.Topic == IntentTopic.Introduction);

    /// <summary>The question that the player still means to ask, or null.</summary>
    public Question? Owed { get; set; }

    /// <summary>Whether a line was said before.</summary>
    public bool WasSaid(LineVariant variant) => _used.Contains(variant);

    /// <summary>Whether an answer was given before, word for word.</summary>
    public bool WasAnswered(string text) => _answers.Contains(text);

    /// <summary>How many characters an exchange adds.</summary>
    public int LengthOf(TalkTurn turn) =>
        Talk.PromptOf(Card, turn.PlayerText).Length + Talk.CompletionOf(turn.AnswerText).Length;

    /// <summary>Adds an exchange.</summary>
    public void Add(TalkTurn turn, LineVariant playerLine)
    {
        _turns.Add(turn);
        Owed = turn.Question == Owed ? null : Owed;
        _used.Add(playerLine);
        _used.Add(turn.Answer);
        _answers.Add(turn.AnswerText);
        Length += LengthOf(turn);
    }

    /// <summary>Whether the card, or the talk so far, has what a question asks for.</summary>
    public bool Grants(Question question) => question.Rule.Topic switch
    {
        IntentTopic.Ware => Card.Wares.Any(ware => ware.Name == question.Subject),
        IntentTopic.Wares or IntentTopic.Recommendation => Card.Wares.Count > 0,
        IntentTopic.Rumour => Card.Rumour is not null,
        IntentTopic.Quest => Card.Quest is not null,
        IntentTopic.Friend => Card.Friend is not null,
        IntentTopic.Foe => Card.Foe is not null,
        IntentTopic.Stranger => false,
        IntentTopic.Player => IsIntroduced,
        _ => true,
    };

    /// <summary>The values of the slots of a question's lines.</summary>
    public SlotValues ValuesFor(Question question)
    {
        SlotValues values = new();
        values.Set(LineSlot.Name, Card.Name);
        values.Set(LineSlot.Trade, Card.Trade);
        values.Set(LineSlot.Home, Card.Home);
        SetSubject(values, question);
        SetFacts(values, question);
        return values;
    }

    private void SetSubject(SlotValues values, Question question)
    {
        switch (question.Rule.Topic)
        {
            case IntentTopic.Ware or IntentTopic.Recommendation when question.Subject is not null:
                values.Set(LineSlot.Ware, question.Subject);
                if (Card.Wares.FirstOrDefault(ware => ware.Name == question.Subject) is { } sold)
                {
                    values.Set(LineSlot.Price, Numbers.Write(sold.Price));
                }

                break;
            case IntentTopic.Stranger:
                values.Set(LineSlot.Person, question.Subject!);
                break;
            case IntentTopic.Introduction:
            case IntentTopic.Player when IsIntroduced:
                values.Set(LineSlot.Player, PlayerName);
                break;
        }
    }

    private void SetFacts(SlotValues values, Question question)
    {
        IntentTopic topic = question.Rule.Topic;
        if (topic == IntentTopic.Wares && Card.Wares.Count > 0)
        {
            values.Set(LineSlot.Wares, Card.SpokenWares);
        }

        if (topic == IntentTopic.Rumour && Card.Rumour is not null)
        {
            values.Set(LineSlot.Rumour, Card.Rumour);
        }

        if (topic == IntentTopic.Quest && Card.Quest is not null)
        {
            values.Set(LineSlot.Deed, Card.Quest.Deed);
            values.Set(LineSlot.Place, Card.Quest.Place);
            values.Set(LineSlot.Reward, Numbers.Write(Card.Quest.Reward));
        }

        if (topic == IntentTopic.Friend && Card.Friend is not null)
        {
            values.Set(LineSlot.Friend, Card.Friend);
        }

        if (topic == IntentTopic.Foe && Card.Foe is not null)
        {
            values.Set(LineSlot.Foe, Card.Foe);
        }
    }
}
