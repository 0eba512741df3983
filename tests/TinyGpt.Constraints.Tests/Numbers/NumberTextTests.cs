using System.Globalization;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using TinyGpt.Constraints.Numbers;
using Xunit;

namespace TinyGpt.Constraints.Tests.Numbers;

public sealed class NumberTextTests
{
    [Fact]
    public void BoundsAndMultiplesHoldForEveryNumberNearThem()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            decimal? low = random.Next(4) == 0 ? null : Bound(random);
            decimal? high = random.Next(4) == 0 ? null : Bound(random);
            decimal? multiple = random.Next(3) == 0 ? new[] { 1m, 2m, 3m, 0.5m, 0.25m, 7m, 1.5m, 20m }[random.Next(8)] : null;
            bool lowIsOpen = random.Next(2) == 0, highIsOpen = random.Next(2) == 0;
            List<string> parts = [];
            if (low is { } l) parts.Add($"\"{(lowIsOpen ? "exclusiveMinimum" : "minimum")}\":{Text(l)}");
            if (high is { } h) parts.Add($"\"{(highIsOpen ? "exclusiveMaximum" : "maximum")}\":{Text(h)}");
            if (multiple is { } m) parts.Add($"\"multipleOf\":{Text(m)}");
            string schema = "{\"type\":\"number\"" + string.Concat(parts.Select(part => "," + part)) + "}";
            GrammarParser? parser = null;
            try
            {
                parser = new(256);
                parser.Use(Constraint.FromJsonSchema(schema).Grammar, ByteSet.All);
            }
            catch (ConstraintException)
            {
                parser = null; // no number
            }

            for (int i = 0; i < 400; i++)
            {
                decimal number = Bound(random);
                bool expected = !(low is { } a && (number < a || (lowIsOpen && number == a))) &&
                    !(high is { } b && (number > b || (highIsOpen && number == b))) &&
                    !(multiple is { } c && number % c != 0);
                string text = Text(number);
                bool actual = parser is not null && parser.IsAccepting(parser.Step(parser.Start, System.Text.Encoding.ASCII.GetBytes(text)));
                if (multiple == 1m && text.Contains('.')) continue; // integers are written without a fraction
                Assert.True(expected == actual, $"{schema} {(actual ? "allows" : "refuses")} {text}");
            }
        }
    }

    [Theory]
    [InlineData("{\"type\":\"number\"}", "1e5 -1.5E-3 0 -0 123.456e+7", "1e 01 .5 5. +1")]
    [InlineData("{\"type\":\"number\",\"minimum\":0}", "1e-07 2.5e10 0", "-1 -1e-7")]
    [InlineData("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "1e-07 0.5 1 1.0", "1.01 1e1 -0.1")]
    [InlineData("{\"type\":\"number\",\"minimum\":-1000,\"maximum\":1000}", "1e1 9.99e2 -5E+1 1e-3 1000", "1e3 9.99e3 1e10")]
    [InlineData("{\"type\":\"number\",\"exclusiveMinimum\":0}", "1e-07 0.001 3e4", "0 0.0 -1 0e5")]
    [InlineData("{\"type\":\"integer\",\"minimum\":-3,\"exclusiveMaximum\":2}", "-3 0 1", "-4 2 1.0")]
    [InlineData("{\"type\":\"integer\",\"maximum\":9223372036854775807}", "9223372036854775807 -1", "9223372036854775808")]
    [InlineData("{\"type\":\"number\",\"maximum\":1.7976931348623157e+308}", "1 -2.5", "x")]
    [InlineData("{\"type\":\"integer\",\"multipleOf\":7,\"not\":{\"multipleOf\":3}}", "7 14 -28", "21 8 0")]
    [InlineData("{\"not\":{\"multipleOf\":2.5},\"type\":\"number\"}", "1 2.4 2.51 3", "2.5 2.50 0 -5")]
    [InlineData("{\"type\":\"number\",\"multipleOf\":0.01}", "1 1.2 1.23 1.230 -0.05", "1.234")]
    public void NumbersAreSpelledAsDocumented(string schema, string valid, string invalid)
    {
        Constraint constraint = Constraint.FromJsonSchema(schema);
        foreach (string text in valid.Split(' ')) Assert.True(GrammarRecognizer.Accepts(constraint, text), text);
        foreach (string text in invalid.Split(' ')) Assert.False(GrammarRecognizer.Accepts(constraint, text), text);
    }

    private static decimal Bound(Random random) => random.Next(5) switch
    {
        0 => random.Next(-30, 30),
        1 => random.Next(-300, 300) / 10m,
        2 => random.Next(-3000, 3000) / 100m,
        3 => random.Next(-12000, 12000),
        _ => random.Next(-9, 10) * 100,
    };

    private static string Text(decimal number) => (number / 1.0000m).ToString(CultureInfo.InvariantCulture);
}
