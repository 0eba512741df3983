using System.Collections.Immutable;

namespace TinyGpt.Dialogue.Grammars;

internal sealed record LiteralGrammar(string Value) : Grammar(GrammarSize.OfText(Value));

internal sealed record ChoiceGrammar(ImmutableArray<Grammar> Alternatives)
    : Grammar(Alternatives.Aggregate(GrammarSize.One, (size, part) => size.With(part.Size.Plus(nodes: 1))));

internal sealed record SequenceGrammar(ImmutableArray<Grammar> Parts)
    : Grammar(Parts.Aggregate(GrammarSize.One, (size, part) => size.With(part.Size)));

internal sealed record RepeatGrammar(Grammar Item, int Least, int Most, string Separator)
    : Grammar(GrammarSize.One.With(Item.Size.Plus(GrammarSize.OfText(Separator).Nodes + 1).Times(Most)));

/// <summary>A number, as a whole number of units of 10^-<paramref name="Digits"/>.</summary>
internal sealed record NumberGrammar(long Least, long Most, int Digits) : Grammar(GrammarSize.One);

internal sealed record TextGrammar(int Most) : Grammar(GrammarSize.One.Plus(nodes: Most));

internal sealed record BooleanGrammar() : Grammar(GrammarSize.One);

internal sealed record ObjectGrammar(ImmutableArray<(string Name, Grammar Value)> Members)
    : Grammar(Members.Aggregate(GrammarSize.One, (size, member) => size.With(member.Value.Size.Plus(GrammarSize.OfText(member.Name).Nodes))));

internal sealed record JsonValueGrammar(Grammar Value) : Grammar(GrammarSize.One.With(Value.Size));
