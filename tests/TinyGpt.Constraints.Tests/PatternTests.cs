using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class PatternTests
{
    private static readonly Constraint Order = Constraint.FromPattern(Pattern.Record(
        ("item", Pattern.OneOf("\"ale\"", "\"bread\"")),
        ("count", Pattern.WholeNumber(-3, 12)),
        ("paid \"now\"", Pattern.Json("""{"type":"boolean"}""")),
        ("codes", Pattern.Sequence(Pattern.Text("["), Pattern.WholeNumber(0, 9).Repeated(1, 3, ","), Pattern.Text("]").Optional()))));

    [Theory]
    [InlineData("""{"item":"ale","count":12,"paid \"now\"":true,"codes":[1,2,3]}""", true)]
    [InlineData("""{"item":"bread","count":-3,"paid \"now\"":false,"codes":[0}""", true)]
    [InlineData("""{"item":"beer","count":1,"paid \"now\"":true,"codes":[1]}""", false)]
    [InlineData("""{"item":"ale","count":13,"paid \"now\"":true,"codes":[1]}""", false)]
    [InlineData("""{"item":"ale","count":1,"paid \"now\"":true,"codes":[1,2,3,4]}""", false)]
    [InlineData("""{"item":"ale","count":1,"paid \"now\"":true,"codes":[]}""", false)]
    public void PatternsAreWhatTheyArePutTogetherOf(string text, bool valid) => Assert.Equal(valid, GrammarRecognizer.Accepts(Order, text));

    [Fact]
    public void APatternGoesToTextAndBack()
    {
        Pattern all = Pattern.OneOf(
            Order.Pattern,
            Pattern.Sequence(Pattern.Text("x\u00e9\n"), Pattern.Regex("[ab]{3}"), Pattern.Text("c").Repeated(2, separator: "; ")),
            Pattern.Gbnf("start ::= \"(\" start? \")\"", "start"),
            Pattern.Json("""{"enum":[[1,2]]}""", new JsonSchemaOptions()));
        string text = all.ToText();
        Assert.Equal(text, Pattern.FromText(text).ToText());
        Constraint read = Constraint.FromPattern(Pattern.FromText(text));
        foreach ((string answer, bool valid) in new[]
        {
            ("""{"item":"ale","count":12,"paid \"now\"":true,"codes":[1,2,3]}""", true), ("x\u00e9\naabc; c", true), ("x\u00e9\naabc", false),
            ("(())", true), ("(()", false), ("[1, 2]", true), ("[1]", false),
        })
        {
            Assert.Equal(valid, GrammarRecognizer.Accepts(read, answer));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"text":1}""")]
    [InlineData("""{"regex":null}""")]
    [InlineData("""{"sequence":[{}]}""")]
    [InlineData("""{"repeated":{"text":"a"},"min":-1,"separator":""}""")]
    [InlineData("""{"repeated":{"text":"a"},"min":2,"max":1,"separator":""}""")]
    public void WhatIsNoPatternIsRefused(string text) => Assert.Throws<ConstraintException>(() => Pattern.FromText(text));

    [Theory]
    [InlineData("[A-Z]{2}-\\d{1,4}", "AB-1234", true)]
    [InlineData("^[A-Z]{2}-\\d{1,4}$", "AB-1", true)]
    [InlineData("[A-Z]{2}-\\d{1,4}", "xAB-1", false)]
    [InlineData("(ja|nein)?", "", true)]
    [InlineData("ö.", "öü", true)]
    [InlineData("^a|b$", "b", true)]
    [InlineData("^a|b$", "ab", false)]
    public void AnExpressionMatchesTheWholeAnswer(string pattern, string text, bool valid) =>
        Assert.Equal(valid, GrammarRecognizer.Accepts(Constraint.FromRegex(pattern), text));

    [Theory]
    [InlineData("(?=a)a")]
    [InlineData("(a)\\1")]
    [InlineData("(a")]
    public void WhatIsNoRegularExpressionIsRefused(string pattern) =>
        Assert.Throws<ConstraintException>(() => Constraint.FromRegex(pattern));
}
