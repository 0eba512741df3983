using System.Text.RegularExpressions;
using TinyGpt.Constraints.Expressions;
using Xunit;

namespace TinyGpt.Constraints.Tests.Expressions;

public sealed class ExpressionTests
{
    [Theory]
    [InlineData("a|b", new[] { "a", "b" }, new[] { "", "ab", "c" })]
    [InlineData("^(yes|no)$", new[] { "yes", "no" }, new[] { "yesno", "ye" })]
    [InlineData("[a-c]{2,3}", new[] { "ab", "abc" }, new[] { "a", "abca", "ad" })]
    [InlineData("[^a\\n]+", new[] { "b", "é😀" }, new[] { "", "ba", "\n" })]
    [InlineData("\\d+(\\.\\d{2})?", new[] { "1", "12.50" }, new[] { "1.5", ".50", "٣" })]
    [InlineData("\\p{Lu}\\p{Ll}*", new[] { "Äpfel", "A" }, new[] { "äpfel", "1" })]
    [InlineData("\\u{1F600}|\\u00e9|\\x41|\\cJ", new[] { "😀", "é", "A", "\n" }, new[] { "B" })]
    [InlineData("[\\w-]+", new[] { "a-b_1" }, new[] { "a b", "é" })]
    [InlineData("a{,2}", new[] { "a{,2}" }, new[] { "aa" })]
    [InlineData("[]a", new string[0], new[] { "a" })]
    [InlineData("(?<name>x)y", new[] { "xy" }, new[] { "x" })]
    [InlineData(".", new[] { "x", "é" }, new[] { "\n", "", "\u2028" })]
    public void MatchesWholeTexts(string pattern, string[] matching, string[] others)
    {
        if (matching.Length == 0)
        {
            Assert.Throws<ConstraintException>(() => Constraint.FromRegex(pattern));
            return;
        }

        Constraint constraint = Constraint.FromRegex(pattern);
        foreach (string text in matching) Assert.True(GrammarRecognizer.Accepts(constraint, text), text);
        foreach (string text in others) Assert.False(GrammarRecognizer.Accepts(constraint, text), text);
    }

    [Theory]
    [InlineData("(?=a)b", "look-ahead")]
    [InlineData("(?!a)b", "look-ahead")]
    [InlineData("(?<=a)b", "look-behind")]
    [InlineData("(a)\\1", "back-reference")]
    [InlineData("\\bword", "word boundary")]
    [InlineData("(?i)a", "inline flags")]
    [InlineData("\\Aa", "\\A")]
    [InlineData("\\p{Script=Greek}", "Unicode property")]
    [InlineData("(a", "without its ')'")]
    [InlineData("a)", "without its '('")]
    [InlineData("[a", "without its ']'")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("[b-a]", "out of order")]
    [InlineData("a{3,2}", "out of order")]
    public void RefusesByName(string pattern, string message)
    {
        ConstraintException error = Assert.Throws<ConstraintException>(() => Constraint.FromRegex(pattern));
        Assert.Contains(message.Replace("nothing to repeat", "without anything to repeat", StringComparison.Ordinal), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SearchesAreThoseOfAnotherEngine()
    {
        string[] patterns =
        [
            "a", "^a", "a$", "^a$", "^a|b$", "(^a|b)c", "a(b|$)", "(^|,)a(,|$)", "^$", "", "$^", "a*$", "^(a|b)*c", "(a|^b)+", "^([^,]+(,|$)){2,}$",
            "(a$|b)*", "(^a|b){2}", "(a|b$){1,2}", "^(?:^a)?b", "x(^a)?", "(^|b)*a", "((a|^)b)+$",
        ];
        string[] alphabet = ["a", "b", "c", ",", "x"];
        List<string> texts = [""];
        for (int i = 0, end = 0; i < 4; i++)
        {
            int start = end;
            end = texts.Count;
            for (int j = start; j < end; j++) texts.AddRange(alphabet.Select(letter => texts[j] + letter));
        }

        foreach (string pattern in patterns)
        {
            Expression search;
            try
            {
                search = Anchors.Search(ExpressionParser.Parse(pattern), pattern);
            }
            catch (ConstraintException)
            {
                continue; // refused, which is allowed for repeated anchors
            }

            Regex other = new(pattern, RegexOptions.ECMAScript);
            foreach (string text in texts) Assert.True(other.IsMatch(text) == ExpressionMatcher.Matches(search, text), $"{pattern} in '{text}'");
        }
    }
}
