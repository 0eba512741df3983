using System.Text;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class GrammarParserTests
{
    private readonly GrammarBuilder _builder = new();

    [Theory]
    [InlineData("""{"a": [1, -2.5e+3, true], "b\n": {"ü": null}}""", true)]
    [InlineData("[[[[[[[[[[]]]]]]]]]]", true)]
    [InlineData("[[]", false)]
    [InlineData("""{"a" 1}""", false)]
    [InlineData("[1,]", false)]
    [InlineData("01", false)]
    [InlineData("\"a\nb\"", false)]
    [InlineData("{ \"a\"\n:\t[ ] }", true)]
    public void JsonIsRead(string text, bool valid) => Assert.Equal(valid, Reads(TestGrammars.Json().Grammar, text));

    [Fact]
    public void RecursionIsNotUnrolled()
    {
        GrammarParser parser = Parser(TestGrammars.Json(spaces: false).Grammar);
        int state = parser.Step(parser.Start, Encoding.UTF8.GetBytes(new string('[', 500) + "1" + new string(']', 499)));
        Assert.False(parser.IsAccepting(state));
        Assert.Equal(1, parser.Distance(state));
        state = parser.Step(state, "]"u8);
        Assert.True(parser.IsComplete(state));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 5)]
    [InlineData(3, 3)]
    [InlineData(0, RegexTable.Unbounded)]
    [InlineData(4, RegexTable.Unbounded)]
    public void RepetitionsAreCounted(int min, int max)
    {
        Symbol item = _builder.Sequence(_builder.Literal("<"), _builder.Optional(_builder.Literal("x")), _builder.Literal(">"));
        Grammar grammar = _builder.Build(_builder.Sequence(_builder.Repeat(item, min, max), _builder.Literal(".")));
        for (int count = 0; count < 9; count++)
        {
            string text = string.Concat(Enumerable.Range(0, count).Select(i => i % 2 == 0 ? "<>" : "<x>")) + ".";
            Assert.Equal(count >= min && count <= max, Reads(grammar, text));
        }

        GrammarParser parser = Parser(grammar);
        Assert.Equal((2 * min) + 1, parser.Distance(parser.Start));
    }

    [Fact]
    public void LargeCountsTakeNoMoreRoomThanSmallOnes()
    {
        Symbol item = _builder.Sequence(_builder.Literal("<"), _builder.Literal(">"));
        Grammar grammar = _builder.Build(_builder.Repeat(item, 9_000, 10_000));
        Assert.True(grammar.Nodes.Length < 10);
        GrammarParser parser = Parser(grammar);
        int state = parser.Start;
        for (int i = 0; i < 9_000; i++)
        {
            Assert.False(parser.IsAccepting(state));
            state = parser.Step(state, "<>"u8);
        }

        Assert.True(parser.IsAccepting(state));
    }

    [Fact]
    public void WhatMayBeEmptyCanBeRepeated()
    {
        Symbol item = _builder.Optional(_builder.Literal("a"));
        Grammar grammar = _builder.Build(_builder.Sequence(_builder.Repeat(item, 3, 10_000), _builder.Repeat(_builder.Optional(item), 0), _builder.Literal("b")));
        Assert.True(Reads(grammar, "b"));
        Assert.True(Reads(grammar, "aaaaab"));
        Assert.False(Reads(grammar, "aab "));
    }

    [Fact]
    public void ManyWaysToReadATextAreOneState()
    {
        // Every prefix can be read in 2^n ways.
        Symbol rule = _builder.Rule("S");
        _builder.Define(rule, _builder.Choice(
            Symbol.Empty,
            _builder.Sequence(_builder.Literal("a"), rule, _builder.Literal("b")),
            _builder.Sequence(_builder.Literal("a"), rule, _builder.Literal("c"))));
        Grammar grammar = _builder.Build(rule);
        GrammarParser parser = Parser(grammar);
        int state = parser.Step(parser.Start, Encoding.UTF8.GetBytes(new string('a', 200)));
        Assert.Equal(200, parser.Distance(state));
        Assert.True(parser.Size < 2_000);
        Assert.True(Reads(grammar, "aaabcb"));
        Assert.False(Reads(grammar, "aaabc"));
        Assert.False(Reads(grammar, "aabcb"));
    }

    [Fact]
    public void TerminalsAreNotLongestMatch()
    {
        RegexNode digits = _builder.Regex.Repeat(_builder.Regex.Range((byte)'0', (byte)'9'), 1);
        Grammar grammar = _builder.Build(_builder.Sequence(_builder.Terminal(digits), _builder.Literal("1"), _builder.Terminal(digits)));
        Assert.True(Reads(grammar, "2010"));
        Assert.True(Reads(grammar, "111"));
        Assert.False(Reads(grammar, "2000"));
    }

    [Fact]
    public void AGrammarThatCannotBeReadIsRefusedByName()
    {
        Symbol left = _builder.Rule("list");
        _builder.Define(left, _builder.Choice(_builder.Literal("x"), _builder.Sequence(_builder.Optional(_builder.Literal(" ")), left, _builder.Literal("y"))));
        ConstraintException failure = Assert.Throws<ConstraintException>(() => _builder.Build(left));
        Assert.Contains("list", failure.Message, StringComparison.Ordinal);

        Symbol missing = _builder.Rule("missing");
        Assert.Contains("missing", Assert.Throws<ConstraintException>(() => _builder.Build(missing)).Message, StringComparison.Ordinal);

        Symbol endless = _builder.Rule("endless");
        _builder.Define(endless, _builder.Sequence(_builder.Literal("("), endless, _builder.Literal(")")));
        Assert.Throws<ConstraintException>(() => _builder.Build(endless));
    }

    [Fact]
    public void NoStateIsADeadEnd()
    {
        // One branch never ends; no generation may enter it.
        Symbol endless = _builder.Rule("endless");
        _builder.Define(endless, _builder.Sequence(_builder.Literal("(!"), endless));
        Grammar grammar = _builder.Build(_builder.Choice(endless, _builder.Literal("(?")));
        GrammarParser parser = Parser(grammar);
        Assert.Equal(GrammarParser.Dead, parser.Step(parser.Start, "(!"u8));
        Assert.NotEqual(GrammarParser.Dead, parser.Step(parser.Start, "(?"u8));
    }

    [Fact]
    public void MemoryIsBoundedByForgetting()
    {
        GrammarParser parser = Parser(TestGrammars.Json().Grammar);
        int before = parser.Size;
        byte[] text = Encoding.UTF8.GetBytes("""{"name": ["x", {"y": 12.5}]}""");
        int size = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.True(parser.IsComplete(parser.Step(parser.Start, text)));
            size = size == 0 ? parser.Size : size;
            Assert.Equal(size, parser.Size);
            parser.Clear();
            Assert.Equal(before, parser.Size);
        }
    }

    private static GrammarParser Parser(Grammar grammar)
    {
        GrammarParser parser = new(16);
        parser.Use(grammar, ByteSet.All);
        return parser;
    }

    private static bool Reads(Grammar grammar, string text)
    {
        GrammarParser parser = Parser(grammar);
        return parser.IsAccepting(parser.Step(parser.Start, Encoding.UTF8.GetBytes(text)));
    }
}
