using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class GbnfTests
{
    private const string Arithmetic = """
        # an expression, as llama.cpp's examples have it
        root  ::= (expr "=" ws term "\n")+
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num   ::= [0-9]{1,3} ws
        ws    ::= [ \t\n]*
        """;

    [Theory]
    [InlineData("a +b*2 = 7\n", true)]
    [InlineData("(x_1)= 007\n1=1\n", true)]
    [InlineData("(x = 7\n", false)]
    [InlineData("1=1234\n", false)]
    [InlineData("", false)]
    public void GrammarsOfTheFormatAreRead(string text, bool valid) =>
        Assert.Equal(valid, GrammarRecognizer.Accepts(Constraint.FromGbnf(Arithmetic), text));

    [Theory]
    [InlineData("root ::= [^\"\\\\\\x00-\\x1F]{2}", "öü", true)]
    [InlineData("root ::= [^\"\\\\\\x00-\\x1F]{2}", "a\"", false)]
    [InlineData("root ::= \"\\u00e9\\\"\" . | [\\]a-]+", "é\"☃", true)]
    [InlineData("root ::= \"\\u00e9\\\"\" . | [\\]a-]+", "]-a", true)]
    [InlineData("root ::= (\"a\" |\n  \"b\"){2,}\n", "abba", true)]
    [InlineData("root ::= (\"a\" |\n  \"b\"){2,}\n", "a", false)]
    [InlineData("root ::= \"x\" | ", "", true)]
    [InlineData("root ::=\n \"x\"?{3}", "xx", true)]
    public void LiteralsClassesAndCountsMeanWhatTheFormatSays(string grammar, string text, bool valid) =>
        Assert.Equal(valid, GrammarRecognizer.Accepts(Constraint.FromGbnf(grammar), text));

    [Theory]
    [InlineData("root ::= \"a", "line 1, column 12: a literal does not end")]
    [InlineData("root ::= a\n", "\"a\" is used and not defined")]
    [InlineData("root ::= [z-a]", "smaller end last")]
    [InlineData("root ::= \"a\"{3,1}", "smaller number last")]
    [InlineData("root ::= root \"a\" | \"b\"", "\"root\" begins with itself")]
    [InlineData("a ::= \"a\"", "no rule \"root\"")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "line 2")]
    [InlineData("root ::= \"a\" )", "expected the end of the line")]
    [InlineData("root ::= <[1000]>", "not supported")]
    [InlineData("root ::= \"\\q\"", "\\q is not known")]
    [InlineData("root = \"a\"", "expected ::=")]
    public void WhatIsWrongIsNamed(string grammar, string message) =>
        Assert.Contains(message, Assert.Throws<ConstraintException>(() => Constraint.FromGbnf(grammar)).Message, StringComparison.Ordinal);

    [Fact]
    public void DeepNestingIsRefusedAndNotACrash() =>
        Assert.Throws<ConstraintException>(() => Constraint.FromGbnf("root ::= " + new string('(', 500_000) + "\"a\"" + new string(')', 500_000)));
}
