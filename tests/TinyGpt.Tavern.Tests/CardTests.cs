using TinyGpt.Tavern.Corpus;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class CardTests
{
    private static readonly CardDeck Deck = new(CardLists.Shipped);

    [Fact]
    public void A_full_card_reads_as_documented()
    {
        Card card = new()
        {
            Name = "Mira",
            Trade = "innkeeper",
            Mood = "cheerful",
            Home = "the Gilded Goose",
            Wares = [new("ale", 3), new("stew", 5), new("bed", 12)],
            Rumour = "wolves prowl near the old mill",
            Quest = new("find the silver ring", "the chapel", 20),
            Friend = "Tom",
            Foe = "Garrick",
        };

        Assert.Equal(
            "Name: Mira\nTrade: innkeeper\nMood: cheerful\nHome: the Gilded Goose\nSells: ale 3, stew 5, bed 12\n"
            + "Rumour: wolves prowl near the old mill\nQuest: find the silver ring at the chapel, reward 20\nLikes: Tom\n"
            + "Dislikes: Garrick\n",
            card.Text);
        Assert.Equal("ale for 3, stew for 5 and bed for 12", card.SpokenWares);
    }

    [Fact]
    public void A_bare_card_has_four_fields()
    {
        Card card = new() { Name = "Mira", Trade = "innkeeper", Mood = "cheerful", Home = "the Gilded Goose" };

        Assert.Equal("Name: Mira\nTrade: innkeeper\nMood: cheerful\nHome: the Gilded Goose\n", card.Text);
        Assert.Empty(card.SpokenWares);
    }

    [Fact]
    public void The_lists_are_as_large_as_a_model_needs_to_learn_copying()
    {
        CardLists lists = CardLists.Shipped;

        Assert.Equal(14, lists.Trades.Count);
        Assert.Equal(8, lists.Moods.Count);
        Assert.True(lists.Names.Count >= 240);
        Assert.True(lists.AllWares.Count >= 160);
        Assert.True(lists.Trades.Sum(trade => lists.HomesOf(trade).Count) >= 120);
        Assert.True(lists.Deeds.Count >= 60);
        Assert.True(lists.QuestPlaces.Count >= 60);
        Assert.True(lists.RumourClasses.Sum(c => lists.SubjectsOf(c).Count * lists.PredicatesOf(c).Count) * lists.RumourPlaces.Count > 5000);
    }

    [Fact]
    public void Fields_are_missing_about_as_often_as_planned()
    {
        List<Card> cards = DrawMany(CardPart.Training, 4000);

        Assert.InRange(ShareOf(cards, card => card.Wares.Count == 0), 0.18, 0.22);
        Assert.InRange(ShareOf(cards, card => card.Rumour is null), 0.37, 0.43);
        Assert.InRange(ShareOf(cards, card => card.Quest is null), 0.27, 0.33);
        Assert.InRange(ShareOf(cards, card => card.Friend is null), 0.22, 0.28);
        Assert.InRange(ShareOf(cards, card => card.Foe is null), 0.22, 0.28);
        Assert.InRange(ShareOf(cards, card => !CardLists.Shipped.Names.Contains(card.Name)), 0.12, 0.18);
    }

    [Fact]
    public void Prices_and_rewards_stay_in_their_ranges_and_a_card_names_nobody_and_no_price_twice() =>
        Assert.All(DrawMany(CardPart.HeldOut, 500), card =>
        {
            Assert.All(card.Wares, ware => Assert.InRange(ware.Price, 2, 99));
            Assert.Distinct(card.Wares.Select(ware => ware.Price));
            Assert.InRange(card.Wares.Count, 0, 4);
            Assert.InRange(card.Quest?.Reward ?? 5, 5, 100);
            Assert.Distinct(((string?[])[card.Name, card.Friend, card.Foe]).OfType<string>());
        });

    [Fact]
    public void A_ware_that_is_not_sold_shares_no_word_with_one_that_is()
    {
        CorpusRandom random = new(3);
        foreach (Card card in DrawMany(CardPart.Training, 500))
        {
            string[] words = Deck.DrawAbsentWare(random, card).Split(' ');
            Assert.DoesNotContain(card.Wares, ware => ware.Name.Split(' ').Intersect(words).Any());
        }
    }

    [Fact]
    public void About_one_card_in_20_is_held_out()
    {
        List<Card> cards = DrawMany(CardPart.HeldOut, 300);

        Assert.All(cards, card => Assert.Equal(CardPart.HeldOut, CardDeck.PartOf(card)));
        Assert.All(DrawMany(CardPart.Training, 300), card => Assert.Equal(CardPart.Training, CardDeck.PartOf(card)));
    }

    [Fact]
    public void The_generator_is_SplitMix64_with_its_published_first_numbers() =>
        Assert.Equal(0xE220A8397B1DCDAFUL, CorpusRandom.Mix(0));

    private static List<Card> DrawMany(CardPart part, int count)
    {
        CorpusRandom random = new(1);
        return [.. Enumerable.Range(0, count).Select(_ => Deck.Draw(random, part))];
    }

    private static double ShareOf(List<Card> cards, Func<Card, bool> condition) => cards.Count(condition) / (double)cards.Count;
}
