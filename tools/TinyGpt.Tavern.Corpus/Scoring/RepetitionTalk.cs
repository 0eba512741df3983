namespace TinyGpt.Tavern.Corpus;

/// <summary>A talk in which a player asks the same things again, in other words. Not thread-safe.</summary>
internal sealed class RepetitionTalk
{
    /// <summary>Which of the questions each turn asks.</summary>
    private static readonly int[] Order = [0, 1, 2, 0, 1, 0];

    private readonly CorpusRandom _random;
    private readonly TalkState _state;
    private readonly List<Question> _questions = [];
    private readonly List<string> _answers = [];
    private string _text;

    /// <summary>Draws a card and the questions.</summary>
    public RepetitionTalk(LineLibrary lines, CardDeck deck, ulong seed, int number)
    {
        _random = new CorpusRandom(seed, 0x4E9E_0000_0000 + (ulong)number);
        _state = new TalkWriter(lines, deck).Begin(_random, CardPart.HeldOut);
        _text = Talk.OpeningOf(_state.Card);
        TalkPlan plan = new(lines, deck);
        while (_questions.Count < Order.Max() + 1)
        {
            Question question = plan.Draw(_random, _state, isLast: false);
            if (question.Rule.Topic != IntentTopic.Introduction
                && !_questions.Any(asked => asked.Rule == question.Rule)
                && TalkWriter.TryWriteTurn(_random, _state, question) is not null)
            {
                _questions.Add(question);
            }
        }
    }

    /// <summary>Turns of a talk.</summary>
    public static int Turns => Order.Length;

    /// <summary>Whether a turn asks for the second or third time.</summary>
    public static bool IsRepeated(int turn) => Array.IndexOf(Order, Order[turn]) < turn;

    /// <summary>Card and talk so far with the next question: what a model goes on from.</summary>
    public string Ask()
    {
        Question question = _questions[Order[_answers.Count]];
        SlotValues values = _state.ValuesFor(question);
        List<LineVariant> fitting = [.. question.Intent.Player.Where(line =>
            values.Cover(line) && (question.Rule.Topic != IntentTopic.Ware || line.Slots.Contains(LineSlot.Ware)))];
        LineVariant line = _random.Pick(fitting);
        _text += Talk.PromptOf(_state.Card, PlayerSlips.Write(_random, line, values));
        return _text;
    }

    /// <summary>Takes the answer in.</summary>
    /// <returns>Whether it was given before in this talk, case aside.</returns>
    public bool Answer(string answer)
    {
        bool repeated = _answers.Contains(answer, StringComparer.OrdinalIgnoreCase);
        _answers.Add(answer);
        _text += Talk.CompletionOf(answer);
        return repeated;
    }
}
