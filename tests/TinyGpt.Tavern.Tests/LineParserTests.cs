using TinyGpt.Tavern.Corpus;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class LineParserTests
{
    private const string Good = "## ask-price\n? What is the {ware}?\n! [kind, smith] {price} coins for the {ware}.\n- No {ware}.";

    [Fact]
    public void Lines_are_sorted_by_who_says_them()
    {
        IntentLines lines = Parse(Good)["ask-price"];

        Assert.Single(lines.Player);
        Assert.Single(lines.Refusals);
        LineVariant answer = Assert.Single(lines.Answers);
        Assert.Equal(["kind"], answer.Moods);
        Assert.Equal(["smith"], answer.Trades);
        Assert.Equal([LineSlot.Price, LineSlot.Ware], answer.Slots.Order(Comparer<LineSlot>.Create((a, b) => b - a)));
    }

    [Fact]
    public void Comments_and_blank_lines_are_skipped() =>
        Assert.Single(Parse("# about prices\n\n" + Good)["ask-price"].Player);

    [Theory]
    [InlineData("## ask-price\n? the {wear}?", 2, "'{wear}' is no slot")]
    [InlineData("## ask-price\n? the {Ware}?", 2, "'{Ware}' is no slot")]
    [InlineData("## ask-price\n? the {0}?", 2, "'{0}' is no slot")]
    [InlineData("## ask-price\n? the {ware", 2, "'{ware}' is no slot")]
    [InlineData("## ask-price\n! I have {rumour}.", 2, "{rumour} has no value")]
    [InlineData("## ask-price\n- I have none for {price}.", 2, "{price} has no value")]
    [InlineData("## greet\n! Hello {player}.", 2, "{player} has no value")]
    [InlineData("## greet\n! [angry] Hello.", 2, "'angry' is neither a mood nor a trade")]
    [InlineData("## greet\n! [kind Hello.", 2, "needs its ']'")]
    [InlineData("## greet\n? [kind] Hello.", 2, "restricts an answer")]
    [InlineData("## greet\n- Hello.", 2, "asks for no fact")]
    [InlineData("## greet\nHello.", 2, "a line begins with")]
    [InlineData("## greet\n! ", 2, "says nothing")]
    [InlineData("? Hello.", 1, "before the first")]
    [InlineData("## grumble\n? Hello.", 1, "is not in Talks/intents.txt")]
    [InlineData("## greet\n? Hi\n! Hi\n## greet", 4, "opened at prices.txt:1")]
    [InlineData("## greet\n! Hello.", 1, "has no line of the player")]
    [InlineData("## greet\n? Hello.", 1, "has no answer")]
    public void A_broken_line_is_named_with_its_place(string text, int line, string fault)
    {
        TextFormatException thrown = Assert.Throws<TextFormatException>(() => Parse(text));

        Assert.StartsWith($"prices.txt:{line}: ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(fault, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("greet about=cheese", 1)]
    [InlineData("greet\ngreet", 2)]
    [InlineData("greet then=dance", 1)]
    public void A_broken_line_of_the_table_is_named_with_its_place(string text, int line)
    {
        TextFormatException thrown = Assert.Throws<TextFormatException>(() => IntentTable.Parse("intents.txt", text.Split('\n')));

        Assert.Equal(("intents.txt", line), (thrown.File, thrown.Line));
    }

    [Theory]
    [InlineData("{ware}? It is {price} coins.", "Ale? It is 7 coins.")]
    [InlineData("Yes. {ware} is {price} coins!", "Yes. Ale is 7 coins!")]
    [InlineData("Well... {ware}. {price} coins.", "Well... ale. 7 coins.")]
    public void A_value_that_begins_a_sentence_gets_a_capital(string line, string filled)
    {
        SlotValues values = new();
        values.Set(LineSlot.Ware, "ale");
        values.Set(LineSlot.Price, "7");

        Assert.Equal(filled, Parse($"## ask-price\n? {{ware}}\n! {line}")["ask-price"].Answers[0].Fill(values));
    }

    private static IReadOnlyDictionary<string, IntentLines> Parse(string text)
    {
        IntentTable table = IntentTable.Parse("intents.txt", ["greet opens", "ask-price about=ware"]);
        LineParser parser = new(table, ["kind"], ["smith"]);
        parser.Parse("prices.txt", text.Split('\n'));
        return parser.Finish();
    }
}
