namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// Says whether an answer is right, by strict rules on its text. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A fact is right if all of it stands in the answer word for word (case aside), the answer has no number beside those asked for, names
/// nobody who is not on the card or in the talk, and does not name the foe for the friend or the other way round.
/// </para>
/// <para>
/// A refusal is right if the answer has no number and no invented name, is at least <see cref="LeastSimilarity"/> similar to one of the
/// intent's own refusals with its slots filled (<see cref="LineSimilarity"/>), is less similar to every line that is no such refusal, and
/// names the ware or the person asked about where that refusal does.
/// </para>
/// </remarks>
internal sealed class Judge
{
    /// <summary>What makes an answer recognisable as a refusal: half of its pairs of words.</summary>
    public const double LeastSimilarity = 0.5;

    private readonly AnswerFacts _facts;
    private readonly List<(IntentRule Intent, LineVariant Line, IReadOnlyList<string> Pairs)> _lines = [];

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
    public bool IsRight(ScoredQuestion question, string answer) =>
        !_facts.InventsName(answer, question.Prompt)
        && (question.Kind.HasFact ? HasFacts(question, answer) : Refuses(question, answer));

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

    private bool Refuses(ScoredQuestion question, string answer)
    {
        if (AnswerFacts.NumbersIn(answer).Count > 0)
        {
            return false;
        }

        TalkState state = new(question.Card, question.PlayerName);
        SlotValues values = state.ValuesFor(question.Question);
        IReadOnlyList<string> pairs = LineSimilarity.PairsOf(answer);
        double refusal = 0;
        LineVariant? nearest = null;
        foreach (LineVariant line in question.Question.Intent.Refusals)
        {
            double similarity = LineSimilarity.Of(pairs, LineSimilarity.PairsOf(line.Fill(values)));
            if (similarity > refusal)
            {
                (refusal, nearest) = (similarity, line);
            }
        }

        return nearest is not null
            && refusal >= LeastSimilarity
            && (!nearest.Slots.Overlaps([LineSlot.Ware, LineSlot.Person]) || AnswerFacts.Has(answer, question.Question.Subject!))
            && !_lines.Any(other => !IsRefusalOf(other.Intent, other.Line, question) && LineSimilarity.Of(pairs, other.Pairs) >= refusal);
    }

    private static bool IsRefusalOf(IntentRule intent, LineVariant line, ScoredQuestion question) =>
        line.Kind == LineKind.Refusal && intent.Name == question.Kind.Intent;
}
