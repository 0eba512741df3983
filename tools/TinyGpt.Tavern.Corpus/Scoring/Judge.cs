namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// Says whether an answer is right, by strict rules on its text. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A fact is right if all of it is in the answer word for word (case aside), the answer has no number except those asked for, names
/// no person who is not on the card or in the talk, does not confuse friend and foe, and is not nearer
/// to one of the intent's refusals than to every other line.
/// </para>
/// <para>
/// A refusal is right if the answer has no number and no invented name, is at least <see cref="LeastSimilarity"/> similar to one of the
/// intent's own refusals, is less similar to every other line, and names the ware or the person asked about where that refusal does.
/// </para>
/// <para>
/// Similarity is that of <see cref="LineSimilarity"/>, to the intent's lines with their slots filled and to the others without.
/// </para>
/// </remarks>
internal sealed class Judge
{
    /// <summary>What makes an answer recognisable as a refusal: 7 of 10 pairs of words.</summary>
    public const double LeastSimilarity = 0.7;

    private readonly AnswerFacts _facts;
    private readonly List<(IntentRule Intent, LineVariant Line, string[] Pairs)> _lines = [];

    /// <summary>Makes a judge who knows some lines.</summary>
    public Judge(LineLibrary lines, CardLists lists)
    {
        _facts = new AnswerFacts(lines, lists.Names);
        foreach (IntentLines intent in lines.Ordered)
        {
            foreach (LineVariant line in (IEnumerable<LineVariant>)[.. intent.Answers, .. intent.Refusals])
            {
                string literal = string.Concat(line.Pieces.Select(piece => piece.Slot is null ? piece.Text : "_"));
                _lines.Add((intent.Rule, line, LineSimilarity.PairsOf(literal)));
            }
        }
    }

    /// <summary>Whether an answer to a question is right.</summary>
    public bool IsRight(ScoredQuestion question, string answer)
    {
        if (_facts.InventsName(answer, question.Prompt))
        {
            return false;
        }

        if (question.Kind.HasFact && !HasFacts(question, answer))
        {
            return false;
        }

        (double refusal, LineVariant? nearest, double other) = Compare(question, answer);
        return question.Kind.HasFact
            ? refusal <= other
            : refusal >= LeastSimilarity
                && refusal > other
                && AnswerFacts.NumbersIn(answer).Count == 0
                && (!nearest!.Slots.Overlaps([LineSlot.Ware, LineSlot.Person]) || AnswerFacts.Has(answer, question.Question.Subject!));
    }

    private static bool HasFacts(ScoredQuestion question, string answer)
    {
        Card card = question.Card;
        string[] phrases = [.. PhrasesOf(question)];
        int[] numbers = [.. NumbersOf(question)];
        string? wrongPerson = question.Question.Rule.Topic switch
        {
            IntentTopic.Friend => card.Foe,
            IntentTopic.Foe => card.Friend,
            _ => null,
        };
        return phrases.All(phrase => AnswerFacts.Has(answer, phrase))
            && AnswerFacts.NumbersIn(answer).SetEquals(numbers)
            && (wrongPerson is null || !AnswerFacts.Has(answer, wrongPerson));
    }

    private static IEnumerable<string> PhrasesOf(ScoredQuestion question)
    {
        Card card = question.Card;
        return question.Kind.Intent switch
        {
            "ask-price" or "buy" => [],
            "ask-wares" => card.Wares.Select(ware => $"{ware.Name} for {Numbers.Write(ware.Price)}"),
            "ask-name" => [card.Name],
            "ask-home" => [card.Home],
            "ask-rumour" => [card.Rumour!],
            "ask-quest" => [card.Quest!.Deed, card.Quest.Place],
            "ask-quest-place" => [card.Quest!.Place],
            "ask-reward" => [],
            "ask-likes" => [card.Friend!],
            "ask-dislikes" => [card.Foe!],
            "ask-remember" => [question.PlayerName],
            _ => throw new InvalidOperationException($"No rule judges an answer to {question.Kind.Intent}."),
        };
    }

    private static IEnumerable<int> NumbersOf(ScoredQuestion question)
    {
        Card card = question.Card;
        return question.Kind.Intent switch
        {
            "ask-price" or "buy" => [card.Wares.Single(ware => ware.Name == question.Question.Subject).Price],
            "ask-wares" => card.Wares.Select(ware => ware.Price),
            "ask-quest" or "ask-reward" => [card.Quest!.Reward],
            _ => [],
        };
    }

    /// <summary>Finds the intent's refusal that is nearest to an answer, and how near the nearest other line is.</summary>
    private (double Refusal, LineVariant? Nearest, double Other) Compare(ScoredQuestion question, string answer)
    {
        SlotValues values = new TalkState(question.Card, question.PlayerName).ValuesFor(question.Question);
        if (question.Question.Rule.Topic == IntentTopic.Player)
        {
            values.Set(LineSlot.Player, question.PlayerName);
        }

        string[] pairs = LineSimilarity.PairsOf(answer);
        double refusal = 0;
        double other = 0;
        LineVariant? nearest = null;
        foreach ((IntentRule intent, LineVariant line, string[] linePairs) in _lines)
        {
            bool isOwn = intent.Name == question.Kind.Intent;
            double similarity = LineSimilarity.Of(
                pairs, isOwn && values.Cover(line) ? LineSimilarity.PairsOf(line.Fill(values)) : linePairs);
            if (!isOwn || line.Kind != LineKind.Refusal)
            {
                other = Math.Max(other, similarity);
            }
            else if (similarity > refusal)
            {
                (refusal, nearest) = (similarity, line);
            }
        }

        return (refusal, nearest, other);
    }
}
