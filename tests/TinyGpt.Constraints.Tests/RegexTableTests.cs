using System.Text;
using TinyGpt.Constraints.Languages;
using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class RegexTableTests
{
    private readonly RegexTable _table = new();

    [Fact]
    public void EqualExpressionsAreOneNode()
    {
        RegexNode a = _table.Union(_table.Text("yes"), _table.Repeat(_table.Range((byte)'a', (byte)'f'), 2, 10_000));
        RegexNode b = _table.Union(_table.Repeat(_table.Range((byte)'a', (byte)'f'), 2, 10_000), _table.Text("yes"), RegexNode.Nothing);
        Assert.Equal(a, b);
    }

    [Fact]
    public void RepetitionsAreCountedAndNotUnrolled()
    {
        RegexNode node = _table.Concat(_table.Repeat(_table.Range((byte)'a', (byte)'z'), 3, 10_000), _table.Byte((byte)'"'));
        Assert.True(_table.Count < 10);
        Assert.Equal(4, _table.ShortestLength(node));
        Assert.True(Matches(node, new string('q', 10_000) + "\""));
        Assert.False(Matches(node, new string('q', 10_001) + "\""));
        Assert.False(Matches(node, "qq\""));
        Assert.True(Matches(node, "qqq\""));
    }

    [Fact]
    public void WhatIntersectionsAndComplementsForbidIsSeenAtOnce()
    {
        RegexNode letters = _table.Repeat(_table.Range((byte)'a', (byte)'z'), 0);
        RegexNode notYesOrNo = _table.Intersect(letters, _table.Complement(_table.Union(_table.Text("yes"), _table.Text("no"))));
        Assert.False(Matches(notYesOrNo, "yes"));
        Assert.False(Matches(notYesOrNo, "no"));
        Assert.True(Matches(notYesOrNo, "yesno"));
        Assert.True(Matches(notYesOrNo, string.Empty));
        RegexNode never = _table.Intersect(_table.Concat(_table.Byte((byte)'x'), letters), _table.Concat(_table.Byte((byte)'x'), _table.Repeat(_table.Byte((byte)'1'), 1)));
        Assert.Equal(RegexTable.Unreachable, _table.ShortestLength(never));
        Assert.True(_table.Step(never, (byte)'x').IsNothing);
    }

    [Fact]
    public void SetsOfCodePointsAreTheirUtf8()
    {
        CodePointSet set = CodePointSet.Of([('a', 'c'), (0x7E, 0x90), (0x7FF, 0x801), (0xD000, 0xE001), (0xFFFE, 0x10002), (0x10FFFF, 0x10FFFF)]);
        RegexNode node = _table.CodePoints(set);
        Span<byte> utf8 = stackalloc byte[4];
        for (int codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
        {
            if (Rune.IsValid(codePoint))
            {
                int length = new Rune(codePoint).EncodeToUtf8(utf8);
                if (set.Contains(codePoint) != _table.Matches(node, utf8[..length]))
                {
                    Assert.Fail($"U+{codePoint:X4}");
                }
            }
        }

        Assert.False(_table.Matches(node, [0xED, 0xA0, 0x80])); // a surrogate
        Assert.False(CodePointSet.All.Contains(0xDC00));
        Assert.True(set.Complement().Complement().Ranges.SequenceEqual(set.Ranges));
    }

    private bool Matches(RegexNode node, string text) => _table.Matches(node, Encoding.UTF8.GetBytes(text));
}
