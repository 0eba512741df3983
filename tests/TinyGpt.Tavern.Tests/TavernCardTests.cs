using TinyGpt.Tavern.Corpus;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class TavernCardTests
{
    private static TavernCard Mira => TavernFolk.All[0];

    [Fact]
    public void A_card_reads_back_what_it_writes()
    {
        foreach (TavernCard card in TavernFolk.All)
        {
            Assert.True(TavernCard.TryParse(card.ToString(), out TavernCard? read, out string problem), problem);
            Assert.Equal(card.ToString(), read.ToString());
        }
    }

    [Fact]
    public void Cards_look_as_those_that_the_model_learned_from()
    {
        CardDeck deck = new(CardLists.Shipped);
        CorpusRandom random = new(1);
        for (int index = 0; index < 200; index++)
        {
            string text = deck.Draw(random, CardPart.HeldOut).Text;
            Assert.True(TavernCard.TryParse(text, out TavernCard? card, out string problem), problem);
            Assert.Equal(text, card.ToString());
        }
    }

    [Fact]
    public void A_fact_can_be_changed_and_taken_away()
    {
        Assert.True(Mira.TryWith("rumour", "bandits camp at the ford", out TavernCard? card, out _));
        Assert.Equal("bandits camp at the ford", card["Rumour"]);
        Assert.True(card.TryWith("RUMOUR", null, out card, out _));
        Assert.Null(card["Rumour"]);
        Assert.DoesNotContain("Rumour", card.ToString(), StringComparison.Ordinal);
        Assert.Equal("wolves prowl near the old mill", Mira["Rumour"]);
    }

    [Fact]
    public void A_price_is_changed_where_it_stands_and_a_new_ware_is_added()
    {
        Assert.True(Mira.TryWithPrice("Ale", 9, out TavernCard? card, out _));
        Assert.Equal("Ale 9, stew 5, bed 12", card["Sells"]);
        Assert.True(card.TryWithPrice("pear tart", 4, out card, out _));
        Assert.Equal("Ale 9, stew 5, bed 12, pear tart 4", card["Sells"]);
    }

    [Theory]
    [InlineData("Name: Mira", "'Trade' is missing")]
    [InlineData("Name: Mira\nName: Tom", "'Name' is there twice")]
    [InlineData("Name: Mira\nHobby: chess", "'Hobby: chess' is no 'Field: value'")]
    [InlineData("Name:", "'Name' cannot be taken away")]
    public void A_bad_card_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(TavernCard.TryParse(text, out _, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_change_is_refused_with_the_reason()
    {
        Assert.False(Mira.TryWith("name", "", out _, out string problem));
        Assert.Equal("'Name' cannot be taken away", problem);
        Assert.False(Mira.TryWith("hobby", "chess", out _, out problem));
        Assert.StartsWith("there is no field 'hobby'", problem, StringComparison.Ordinal);
        Assert.False(Mira.TryWith("rumour", new string('x', TavernCard.LongestValue + 1), out _, out problem));
        Assert.Equal("'Rumour' has 121 characters; 120 are allowed", problem);
        Assert.False(Mira.TryWith("rumour", "one\ntwo", out _, out problem));
        Assert.Equal("'Rumour' holds a control character", problem);
    }

    [Fact]
    public void Folk_are_found_by_name_and_by_trade()
    {
        Assert.Equal("Mira", TavernFolk.Find("MIRA")?.Name);
        Assert.Equal("Tom", TavernFolk.Find("smith")?.Name);
        Assert.Null(TavernFolk.Find("nobody"));
    }
}
