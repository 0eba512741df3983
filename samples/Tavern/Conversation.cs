using TinyGpt.Dialogue;

namespace TinyGpt.Samples.Tavern;

/// <summary>
/// Two patrons at a table who ask each other in turn. Questions are the game's lines, answers come from the stage, which works on them
/// while the question is still being spoken.
/// </summary>
internal sealed class Conversation
{
    private const int Rounds = 4;
    private const int PauseFrames = 75;

    private readonly Random _random;
    private Exchange? _exchange;
    private bool _isAnswering;
    private int _round;
    private int _pause;

    public Conversation(Random random) => _random = random;

    /// <summary>The character that asks; null if there is no talk.</summary>
    public Patron? Asker { get; private set; }

    /// <summary>The character that answers; null if there is no talk.</summary>
    public Patron? Answerer { get; private set; }

    /// <summary>Whether there is a talk.</summary>
    public bool IsActive => Asker is not null;

    /// <summary>Whether a patron takes part.</summary>
    public bool Includes(Patron patron) => Asker == patron || Answerer == patron;

    /// <summary>Has two patrons begin to talk.</summary>
    public void Begin(Patron asker, Patron answerer, Acquaintances acquaintances)
    {
        (Asker, Answerer) = (asker, answerer);
        _round = 0;
        AskQuestion(acquaintances);
    }

    /// <summary>Goes on for a frame.</summary>
    /// <returns>Whether it ended in this frame.</returns>
    public bool Update(Acquaintances acquaintances)
    {
        if (Asker is not { } asker || Answerer is not { } answerer || _exchange is not { } exchange || asker.IsAsking)
        {
            return false;
        }

        if (!_isAnswering)
        {
            _isAnswering = true;
            asker.LetLineFade();
            answerer.Answer(exchange.SecondSide);
            return false;
        }

        if (exchange.IsRunning || exchange.SecondSide.HasText || _pause++ < PauseFrames)
        {
            return false;
        }

        if (++_round == Rounds)
        {
            (Asker, Answerer, _exchange) = (null, null, null);
            return true;
        }

        (Asker, Answerer) = (answerer, asker);
        AskQuestion(acquaintances);
        return false;
    }

    /// <summary>Breaks off: of the answer stays what was heard.</summary>
    public void BreakOff()
    {
        if (_exchange is { IsRunning: true } exchange)
        {
            exchange.Stop();
        }

        Asker?.FallSilent();
        Answerer?.FallSilent();
        (Asker, Answerer, _exchange) = (null, null, null);
    }

    private void AskQuestion(Acquaintances acquaintances)
    {
        string question = Answerer!.Questions[_random.Next(Answerer.Questions.Count)];
        _exchange = acquaintances.Between(Asker!, Answerer);
        _exchange.Begin(question, lines: 1);
        Asker!.Ask(question);
        _isAnswering = false;
        _pause = 0;
    }
}

/// <summary>
/// The exchanges of all pairs of characters, one for each direction of asking. They are opened while the game loads, so that nothing is
/// allocated while it runs.
/// </summary>
internal sealed class Acquaintances
{
    private readonly IReadOnlyList<Patron> _folk;
    private readonly Exchange?[] _exchanges;

    public Acquaintances(DialogueStage stage, IReadOnlyList<Patron> folk)
    {
        _folk = folk;
        _exchanges = [.. folk.SelectMany(asker => folk.Select(answerer => asker == answerer ? null : stage.OpenBetween(asker.Npc, answerer.Npc)))];
    }

    /// <summary>The exchange in which one asks the other.</summary>
    public Exchange Between(Patron asker, Patron answerer) => _exchanges[(IndexOf(asker) * _folk.Count) + IndexOf(answerer)]!;

    private int IndexOf(Patron patron)
    {
        int index = 0;
        while (_folk[index] != patron)
        {
            index++;
        }

        return index;
    }
}
