using System.Globalization;
using TinyGpt.Tavern.Corpus;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class ScoreTests
{
    private const int Questions = 460;

    private static readonly CardDeck Deck = new(CardLists.Shipped);
    private static readonly LineLibrary Lines = LineLibrary.LoadShipped();
    private static readonly IReadOnlyList<ScoredQuestion> Asked = new QuestionMaker(Lines, Deck).Make(Questions, seed: 5);
    private static readonly Judge Judge = new(Lines, CardLists.Shipped);

    [Fact]
    public void Answers_of_the_lines_themselves_are_right()
    {
        Assert.All(Asked, question => Assert.True(Judge.IsRight(question, question.Reference), $"{question.Prompt} {question.Reference}"));
    }

    [Fact]
    public void Questions_are_asked_on_held_out_cards_and_their_prompts_do_not_answer_them()
    {
        Assert.All(Asked, question => Assert.Equal(CardPart.HeldOut, CardDeck.PartOf(question.Card)));
        Assert.All(Asked, question => Assert.DoesNotContain(question.Reference, question.Prompt, StringComparison.Ordinal));
        Assert.All(Asked, question => Assert.EndsWith(
            $"Player: {question.PlayerText}\n{question.Card.Name}:", question.Prompt, StringComparison.Ordinal));
        Assert.Equal(20, Asked.Count(question => question.Kind == QuestionKind.All[0]));
    }

    [Fact]
    public void Facts_of_another_card_are_wrong()
    {
        int fooled = 0;
        foreach (IGrouping<QuestionKind, ScoredQuestion> kind in Asked.Where(question => question.Kind.HasFact).GroupBy(question => question.Kind))
        {
            List<ScoredQuestion> questions = [.. kind];
            for (int i = 0; i < questions.Count; i++)
            {
                fooled += Judge.IsRight(questions[i], questions[(i + 1) % questions.Count].Reference) ? 1 : 0;
            }
        }

        // Two cards now and then share a price or a home.
        Assert.InRange(fooled, 0, 12);
    }

    [Fact]
    public void A_refusal_is_no_fact_and_a_fact_is_no_refusal()
    {
        foreach (ScoredQuestion question in Asked)
        {
            ScoredQuestion? opposite = Asked.FirstOrDefault(other =>
                other.Kind.Intent == question.Kind.Intent && other.Kind.HasFact != question.Kind.HasFact);
            if (opposite is not null)
            {
                Assert.False(Judge.IsRight(question, opposite.Reference), $"{question.Prompt} {opposite.Reference}");
            }
        }
    }

    [Theory]
    [InlineData("The rain has been heavy this week.")]
    [InlineData("No.")]
    [InlineData("")]
    public void Talking_past_the_question_is_wrong(string answer) =>
        Assert.All(Asked, question => Assert.False(Judge.IsRight(question, answer), question.Prompt));

    [Fact]
    public void The_right_price_among_other_numbers_is_wrong()
    {
        ScoredQuestion question = Asked.First(question => question.Kind.Name == "price of a ware");
        int price = question.Card.Wares.Single(ware => ware.Name == question.Question.Subject).Price;
        string right = string.Create(CultureInfo.InvariantCulture, $"The {question.Question.Subject} is {price} coins.");

        Assert.True(Judge.IsRight(question, right));
        Assert.False(Judge.IsRight(question, right + " For you, 1 coin."));
        Assert.False(Judge.IsRight(question, right.Replace(" coins", "0 coins", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_invented_name_spoils_an_answer()
    {
        ScoredQuestion question = Asked.First(question => question.Kind.Name == "rumour");

        Assert.True(Judge.IsRight(question, $"They say {question.Card.Rumour}."));
        Assert.False(Judge.IsRight(question, $"They say {question.Card.Rumour}, as Zorbrandel told me."));
    }

    [Fact]
    public void A_refusal_that_happens_to_have_the_fact_is_wrong()
    {
        ScoredQuestion question = Asked.First(question => question.Kind.Name == "rumour");

        Assert.False(Judge.IsRight(question, $"No news is good news, they say, and I have none. {question.Card.Rumour}."));
    }

    [Fact]
    public void The_foe_is_not_the_friend()
    {
        ScoredQuestion question = Asked.First(question => question.Kind.Name == "friend" && question.Card.Foe is not null);

        Assert.True(Judge.IsRight(question, $"I like {question.Card.Friend}."));
        Assert.False(Judge.IsRight(question, $"I like {question.Card.Foe}."));
        Assert.False(Judge.IsRight(question, $"I like {question.Card.Friend} and {question.Card.Foe}."));
    }

    [Fact]
    public void A_refusal_must_name_the_ware_that_was_asked_for()
    {
        ScoredQuestion question = Asked.First(question =>
            question.Kind.Name == "price of a ware not sold" && AnswerFacts.Has(question.Reference, question.Question.Subject!));

        Assert.False(Judge.IsRight(
            question,
            question.Reference.Replace(question.Question.Subject!, "moonbeam", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("I sell no ale, friend.", "I sell no ale, friend.", 1)]
    [InlineData("I sell no ale, friend.", "i sell no ale friend", 1)]
    [InlineData("I sell no ale.", "I sell no stew.", 0.6)]
    [InlineData("Good day.", "Bad night.", 0)]
    public void Similarity_is_the_share_of_common_pairs_of_words(string one, string other, double similarity) =>
        Assert.Equal(similarity, LineSimilarity.Of(one, other), 1e-12);

    [Fact]
    public void A_speaker_who_always_says_the_same_repeats_every_answer()
    {
        Score score = Score.Of(prompts => [.. prompts.Select(_ => "Good day.")], Lines, Deck, 40, seed: 2);

        Assert.Equal(1, score.Repetition.Share);
        Assert.Equal(4 * (RepetitionTalk.Turns - 1), score.Repetition.Questions);
        Assert.Equal(0, score.Facts.Right + score.Refusals.Right);
    }

    [Fact]
    public void A_speaker_who_never_says_the_same_repeats_nothing()
    {
        int count = 0;
        Score score = Score.Of(prompts => [.. prompts.Select(_ => $"Answer {count++}")], Lines, Deck, 1000, seed: 2);

        Assert.Equal(0, score.Repetition.Right);
        Assert.Equal(500, score.Repetition.Questions);
    }

    [Fact]
    public void The_same_seed_asks_the_same_questions() => Assert.Equal(
        Asked.Select(question => question.Prompt), new QuestionMaker(Lines, Deck).Make(Questions, seed: 5).Select(question => question.Prompt));

    [Fact]
    public void The_table_has_a_row_for_each_kind_and_the_sums()
    {
        Score score = Score.Of(prompts => [.. prompts.Select(_ => "Good day.")], Lines, Deck, 46, seed: 2);
        using StringWriter table = new(CultureInfo.InvariantCulture);

        ScoreReport.WriteTable(table, score);

        Assert.All(QuestionKind.All, kind => Assert.Contains($"| {kind.Name} | 2 | 0 | 0.0 % |", table.ToString(), StringComparison.Ordinal));
        Assert.Contains("| **facts** | 24 | 0 | 0.0 % |", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("| **repetition** | 25 | 25 | 100.0 % |", table.ToString(), StringComparison.Ordinal);
    }
}
