namespace TinyGpt.Tavern.Corpus;

/// <summary>How many of some questions were answered rightly, or how many answers were as they should be.</summary>
/// <param name="Name">What was counted.</param>
/// <param name="Questions">How many there were.</param>
/// <param name="Right">How many of them count.</param>
internal sealed record ScoreRow(string Name, int Questions, int Right)
{
    /// <summary>The share that counts, 0 to 1.</summary>
    public double Share => Questions > 0 ? (double)Right / Questions : 0;

    /// <summary>Sums rows up.</summary>
    public static ScoreRow Sum(string name, IEnumerable<ScoreRow> rows)
    {
        List<ScoreRow> summed = [.. rows];
        return new ScoreRow(name, summed.Sum(row => row.Questions), summed.Sum(row => row.Right));
    }
}

/// <summary>An answer and what the judge said.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The answer.</param>
/// <param name="IsRight">Whether it is right.</param>
internal sealed record JudgedAnswer(ScoredQuestion Question, string Answer, bool IsRight);

/// <summary>What a model got right.</summary>
/// <param name="Answers">Every answer to a question.</param>
/// <param name="Repetitions">Answers that repeated an earlier one of their talk word for word, to new and to repeated questions.</param>
internal sealed record Score(IReadOnlyList<JudgedAnswer> Answers, IReadOnlyList<ScoreRow> Repetitions)
{
    /// <summary>A row for each kind of question, facts before refusals.</summary>
    public IReadOnlyList<ScoreRow> Kinds =>
    [
        .. QuestionKind.All.Select(kind => new ScoreRow(
            kind.Name,
            Answers.Count(answer => answer.Question.Kind == kind),
            Answers.Count(answer => answer.Question.Kind == kind && answer.IsRight))),
    ];

    /// <summary>Facts that stood on the card or in the talk.</summary>
    public ScoreRow Facts => ScoreRow.Sum("facts", Kinds.Take(QuestionKind.All.Count(kind => kind.HasFact)));

    /// <summary>Facts that did not.</summary>
    public ScoreRow Refusals => ScoreRow.Sum("refusals", Kinds.Skip(QuestionKind.All.Count(kind => kind.HasFact)));

    /// <summary>All answers that could repeat an earlier one.</summary>
    public ScoreRow Repetition => ScoreRow.Sum("repetition", Repetitions);

    /// <summary>Has a speaker answer questions and judges the answers.</summary>
    /// <param name="speaker">The model that answers.</param>
    /// <param name="lines">What the questions are made of.</param>
    /// <param name="deck">Where cards come from.</param>
    /// <param name="questions">How many questions; a tenth of that number of talks test repetition.</param>
    /// <param name="seed">The seed of the cards and the questions.</param>
    public static Score Of(Speaker speaker, LineLibrary lines, CardDeck deck, int questions, ulong seed)
    {
        Judge judge = new(lines, deck.Lists);
        IReadOnlyList<ScoredQuestion> asked = new QuestionMaker(lines, deck).Make(questions, seed);
        IReadOnlyList<string> answers = speaker([.. asked.Select(question => question.Prompt)]);
        List<JudgedAnswer> judged =
            [.. asked.Zip(answers, (question, answer) => new JudgedAnswer(question, answer, judge.IsRight(question, answer)))];
        return new Score(judged, CountRepetitions(speaker, lines, deck, (questions + 9) / 10, seed));
    }

    private static List<ScoreRow> CountRepetitions(Speaker speaker, LineLibrary lines, CardDeck deck, int count, ulong seed)
    {
        List<RepetitionTalk> talks = [.. Enumerable.Range(0, count).Select(number => new RepetitionTalk(lines, deck, seed, number))];
        int[] answered = new int[2];
        int[] repeated = new int[2];
        for (int turn = 0; turn < RepetitionTalk.Turns; turn++)
        {
            IReadOnlyList<string> answers = speaker([.. talks.Select(talk => talk.Ask())]);
            int row = RepetitionTalk.IsRepeated(turn) ? 1 : 0;
            int same = talks.Zip(answers, (talk, answer) => talk.Answer(answer)).Count(repetition => repetition);
            if (turn > 0)
            {
                answered[row] += count;
                repeated[row] += same;
            }
        }

        return [new("repeated, to a new question", answered[0], repeated[0]), new("repeated, to a question asked again", answered[1], repeated[1])];
    }
}
