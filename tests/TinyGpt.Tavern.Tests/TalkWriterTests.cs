using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using TinyGpt.Tavern.Corpus;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class TalkWriterTests
{
    private const int Talks = 3000;

    private static readonly CardDeck Deck = new(CardLists.Shipped);
    private static readonly LineLibrary Lines = LineLibrary.LoadShipped();
    private static readonly Lazy<IReadOnlyList<Talk>> Written = new(() => WriteTalks(seed: 7, CardPart.Training, Talks));

    [Fact]
    public void The_shipped_lines_have_at_least_40_intents_and_3000_variants()
    {
        Assert.True(Lines.Intents.Count >= 40, $"{Lines.Intents.Count} intents");
        Assert.True(Lines.VariantCount >= 3000, $"{Lines.VariantCount} variants");
    }

    [Fact]
    public void Every_intent_of_the_table_has_lines_and_occurs()
    {
        HashSet<string> occurring = [.. Written.Value.SelectMany(talk => talk.Turns).Select(turn => turn.Question.Rule.Name)];

        Assert.Equal(IntentTable.LoadShipped().Rules.Keys.Order(), Lines.Intents.Keys.Order());
        Assert.Equal(Lines.Intents.Keys.Order(), occurring.Order());
    }

    [Fact]
    public void The_same_seed_writes_the_same_bytes()
    {
        Assert.Equal(HashOf(WriteTalks(3, CardPart.Training, 200)), HashOf(WriteTalks(3, CardPart.Training, 200)));
        Assert.NotEqual(HashOf(WriteTalks(3, CardPart.Training, 200)), HashOf(WriteTalks(4, CardPart.Training, 200)));
    }

    [Fact]
    public void No_held_out_combination_is_trained_with()
    {
        HashSet<(string, int?, string?)> trained = [.. Written.Value.Select(talk => CombinationOf(talk.Card))];

        Assert.DoesNotContain(
            WriteTalks(7, CardPart.HeldOut, Talks / 4), talk => trained.Contains(CombinationOf(talk.Card)));
    }

    [Fact]
    public void Every_number_in_an_answer_stands_on_the_card()
    {
        foreach (Talk talk in Written.Value)
        {
            HashSet<string> numbers = [.. Regex.Matches(talk.Card.Text, "[0-9]+").Select(match => match.Value)];
            Assert.All(
                talk.Turns.SelectMany(turn => Regex.Matches(turn.AnswerText, "[0-9]+")),
                match => Assert.Contains(match.Value, numbers));
        }
    }

    [Fact]
    public void Every_name_in_an_answer_stands_on_the_card_or_was_said_by_the_player()
    {
        HashSet<string> names = [.. CardLists.Shipped.Names];
        foreach (Talk talk in Written.Value)
        {
            string known = talk.Card.Text;
            foreach (TalkTurn turn in talk.Turns)
            {
                known += turn.PlayerText;

                // A name at the beginning of a sentence may be a common word: "Rowan" the tree, "Hazel" the nut.
                Assert.All(
                    Regex.Matches(turn.AnswerText, @"(?<![.!?""] |^|"")\b[A-Z][a-z]+\b").Where(match => names.Contains(match.Value)),
                    match => Assert.Contains(match.Value, known, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Granted_answers_quote_the_card()
    {
        foreach (Talk talk in Written.Value)
        {
            foreach (TalkTurn turn in talk.Turns.Where(turn => turn.IsGranted))
            {
                foreach (LineSlot slot in turn.Answer.Slots)
                {
                    Assert.Contains(FactOf(talk, turn, slot), turn.AnswerText, StringComparison.OrdinalIgnoreCase);
                }
            }
        }
    }

    [Fact]
    public void Refusals_come_exactly_when_the_card_or_the_talk_lacks_the_fact()
    {
        foreach (Talk talk in Written.Value)
        {
            bool introduced = false;
            foreach (TalkTurn turn in talk.Turns)
            {
                bool lacks = turn.Question.Rule.Topic switch
                {
                    IntentTopic.Ware => !Regex.IsMatch(talk.Card.Text, $"^Sells: .*(?<=[:,] ){turn.Question.Subject} [0-9]", RegexOptions.Multiline),
                    IntentTopic.Wares or IntentTopic.Recommendation => !talk.Card.Text.Contains("\nSells: ", StringComparison.Ordinal),
                    IntentTopic.Rumour => !talk.Card.Text.Contains("\nRumour: ", StringComparison.Ordinal),
                    IntentTopic.Quest => !talk.Card.Text.Contains("\nQuest: ", StringComparison.Ordinal),
                    IntentTopic.Friend => !talk.Card.Text.Contains("\nLikes: ", StringComparison.Ordinal),
                    IntentTopic.Foe => !talk.Card.Text.Contains("\nDislikes: ", StringComparison.Ordinal),
                    IntentTopic.Player => !introduced,
                    IntentTopic.Stranger => true,
                    _ => false,
                };
                introduced |= turn.Question.Rule.Topic == IntentTopic.Introduction;
                Assert.Equal(lacks ? LineKind.Refusal : LineKind.Answer, turn.Answer.Kind);
            }
        }
    }

    [Theory]
    [InlineData("ask-wares")]
    [InlineData("ask-rumour")]
    [InlineData("ask-remember")]
    public void The_first_word_says_whether_it_is_a_refusal(string intent) =>
        Assert.Empty(Lines.Intents[intent].Answers.Select(FirstWord).Intersect(Lines.Intents[intent].Refusals.Select(FirstWord)));

    [Theory]
    [InlineData("ask-price")]
    [InlineData("buy")]
    public void A_question_mark_behind_a_ware_s_name_says_that_it_is_a_refusal(string intent)
    {
        Assert.All(Lines.Intents[intent].Answers, line => Assert.NotEqual('?', BehindWare(line)));
        Assert.All(Lines.Intents[intent].Refusals, line => Assert.Equal('?', BehindWare(line)));
    }

    [Fact]
    public void Drills_ask_for_wares_and_nothing_else_about_half_of_which_are_sold()
    {
        TalkWriter writer = new(Lines, Deck);
        List<Talk> drills = [.. Enumerable.Range(0, 500).Select(number => writer.WriteDrill(seed: 7, number, CardPart.Training))];
        List<TalkTurn> turns = [.. drills.SelectMany(talk => talk.Turns)];

        Assert.All(drills, talk => Assert.True(talk.Card.Wares.Count >= 2));
        Assert.All(turns, turn => Assert.Contains(turn.Question.Rule.Name, new[] { "ask-price", "buy" }));
        Assert.InRange(turns.Count(turn => turn.IsGranted) / (double)turns.Count, 0.45, 0.55);
    }

    [Fact]
    public void Lists_of_lookups_learn_what_follows_a_ware_and_that_is_right()
    {
        LookupList lists = new(Deck);
        int sold = 0;
        for (int number = 0; number < 200; number++)
        {
            IReadOnlyList<TalkSegment> segments = lists.Write(seed: 7, number, CardPart.Training);
            string wares = Regex.Match(segments[0].Text, "^Sells: (.*)$", RegexOptions.Multiline).Groups[1].Value;
            Assert.Equal(segments, lists.Write(seed: 7, number, CardPart.Training));
            for (int i = 0; i < segments.Count; i += 2)
            {
                Assert.False(segments[i].Train);
                Assert.True(segments[i + 1].Train);
                Match named = Regex.Match(segments[i].Text, @"(?:The|That|My|For the|(?:Ah|Well|Oh|Hm), the) ([^\n]+)$");
                Match price = Regex.Match($", {wares},", $", {Regex.Escape(named.Groups[1].Value)} ([0-9]+),");
                Assert.Equal(price.Success ? $" is {price.Groups[1].Value}" : "?", segments[i + 1].Text);
                sold += price.Success ? 1 : 0;
            }
        }

        Assert.InRange(sold, 200, int.MaxValue);
    }

    [Fact]
    public void An_answer_suits_the_mood_and_the_trade() =>
        Assert.All(Written.Value, talk => Assert.All(talk.Turns, turn => Assert.True(turn.Answer.Suits(talk.Card))));

    [Fact]
    public void No_answer_comes_twice_in_a_talk() =>
        Assert.All(Written.Value, talk =>
        {
            Assert.Distinct(talk.Turns.Select(turn => turn.Answer));
            Assert.Distinct(talk.Turns.Select(turn => turn.AnswerText));
        });

    [Fact]
    public void What_fills_a_slot_of_the_player_keeps_its_spelling() =>
        Assert.All(
            Written.Value.SelectMany(talk => talk.Turns).Where(turn => turn.Question.Rule.Topic == IntentTopic.Stranger),
            turn => Assert.Contains(turn.Question.Subject!, turn.PlayerText, StringComparison.Ordinal));

    [Fact]
    public void Talks_stay_below_their_length_and_hold_several_turns()
    {
        Assert.All(Written.Value, talk => Assert.InRange(talk.Text.Length, 1, TalkWriter.LengthLimit - 1));
        Assert.InRange(Written.Value.Average(talk => talk.Turns.Count), 6, 10);
    }

    [Fact]
    public void About_60_percent_of_the_turns_ask_for_facts()
    {
        List<TalkTurn> turns = [.. Written.Value.SelectMany(talk => talk.Turns)];

        Assert.InRange(turns.Count(turn => turn.Question.Rule.AsksForFact) / (double)turns.Count, 0.55, 0.65);
    }

    [Fact]
    public void Only_the_answers_and_their_line_ends_are_trained()
    {
        foreach (Talk talk in Written.Value.Take(100))
        {
            Assert.Equal(2 * talk.Turns.Count, talk.Segments.Count);
            Assert.StartsWith($"Name: {talk.Card.Name}\nTrade: ", talk.Segments[0].Text, StringComparison.Ordinal);
            Assert.Contains("\n\nPlayer: ", talk.Segments[0].Text, StringComparison.Ordinal);
            for (int i = 0; i < talk.Turns.Count; i++)
            {
                Assert.False(talk.Segments[2 * i].Train);
                Assert.EndsWith($"\n{talk.Card.Name}:", talk.Segments[2 * i].Text, StringComparison.Ordinal);
                Assert.Equal(new TalkSegment($" {talk.Turns[i].AnswerText}\n", Train: true), talk.Segments[(2 * i) + 1]);
            }
        }
    }

    private static string FirstWord(LineVariant line) => Regex.Match(line.Pieces[0].Text, @"^\W*(\w+)").Groups[1].Value;

    private static char BehindWare(LineVariant line)
    {
        int ware = line.Pieces.TakeWhile(piece => piece.Slot != LineSlot.Ware).Count();
        return line.Pieces[ware + 1].Text[0];
    }

    private static List<Talk> WriteTalks(ulong seed, CardPart part, int count)
    {
        TalkWriter writer = new(Lines, Deck);
        return [.. Enumerable.Range(0, count).Select(number => writer.Write(seed, number, part))];
    }

    private static (string Name, int? Price, string? Rumour) CombinationOf(Card card) =>
        (card.Name, card.Wares.Count > 0 ? card.Wares[0].Price : null, card.Rumour);

    private static string HashOf(IEnumerable<Talk> talks)
    {
        using MemoryStream bytes = new();
        foreach (Talk talk in talks)
        {
            TalkJson.Write(bytes, talk.Segments);
        }

        return Convert.ToHexString(SHA256.HashData(bytes.ToArray()));
    }

    private static string FactOf(Talk talk, TalkTurn turn, LineSlot slot)
    {
        Card card = talk.Card;
        return slot switch
        {
            LineSlot.Name => card.Name,
            LineSlot.Trade => card.Trade,
            LineSlot.Home => card.Home,
            LineSlot.Player => talk.PlayerName,
            LineSlot.Ware => turn.Question.Subject!,
            LineSlot.Price => card.Wares.Single(ware => ware.Name == turn.Question.Subject).Price.ToString(CultureInfo.InvariantCulture),
            LineSlot.Wares => card.SpokenWares,
            LineSlot.Rumour => card.Rumour!,
            LineSlot.Deed => card.Quest!.Deed,
            LineSlot.Place => card.Quest!.Place,
            LineSlot.Reward => card.Quest!.Reward.ToString(CultureInfo.InvariantCulture),
            LineSlot.Friend => card.Friend!,
            LineSlot.Foe => card.Foe!,
            _ => throw new InvalidOperationException($"{slot} has no place in a granted answer."),
        };
    }
}
