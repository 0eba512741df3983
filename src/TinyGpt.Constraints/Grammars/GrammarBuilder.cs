using System.Runtime.InteropServices;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>
/// Puts a context-free grammar over bytes together. Terminals are regular languages; nothing is longest-match, so the language is exactly
/// what the rules say. Symbols are shared: equal ones are one symbol. Not thread-safe.
/// </summary>
internal sealed class GrammarBuilder
{
    /// <summary>The most symbols of a grammar.</summary>
    public const int MaxSymbols = 1 << 20;

    private readonly List<SymbolEntry> _symbols = [];
    private readonly List<int> _members = [];
    private readonly Dictionary<(SymbolKind, int, int, int), int> _known = [];
    private readonly List<string> _names = [];

    public GrammarBuilder()
    {
        Add(new SymbolEntry(SymbolKind.Sequence, 0, 0, 0)); // Symbol.Empty
        Add(new SymbolEntry(SymbolKind.Choice, 0, 0, 0)); // Symbol.Nothing
    }

    /// <summary>The languages that terminals are made of.</summary>
    public RegexTable Regex { get; } = new();

    /// <summary>A symbol for the texts of a regular language.</summary>
    public Symbol Terminal(RegexNode node) =>
        node.IsNothing ? Symbol.Nothing
        : node.IsEmpty ? Symbol.Empty
        : Known(new SymbolEntry(SymbolKind.Terminal, node.Id, 0, 0));

    /// <summary>A symbol for given bytes.</summary>
    public Symbol Literal(scoped ReadOnlySpan<byte> bytes) => Terminal(Regex.Literal(bytes));

    /// <summary>A symbol for a text as UTF-8.</summary>
    public Symbol Literal(string text) => Terminal(Regex.Text(text));

    /// <summary>A symbol that is defined later, so that it can be part of itself. Each call makes another one.</summary>
    /// <param name="name">What messages call it.</param>
    public Symbol Rule(string name)
    {
        _names.Add(name);
        return Add(new SymbolEntry(SymbolKind.Rule, Undefined, _names.Count - 1, 0));
    }

    /// <summary>Sets the content of a rule.</summary>
    /// <param name="rule">From <see cref="Rule"/>; not yet defined.</param>
    /// <param name="body">Any symbol.</param>
    public void Define(Symbol rule, Symbol body)
    {
        SymbolEntry entry = _symbols[rule.Id];
        if (entry.Kind != SymbolKind.Rule || entry.A != Undefined)
        {
            throw new InvalidOperationException("Only a rule can be defined, and only once.");
        }

        _symbols[rule.Id] = entry with { A = body.Id };
    }

    /// <summary>Symbols one after another; the empty text for none.</summary>
    public Symbol Sequence(params ReadOnlySpan<Symbol> parts) => Join(SymbolKind.Sequence, parts, Symbol.Empty, Symbol.Nothing);

    /// <summary>Any of some symbols; nothing for none.</summary>
    public Symbol Choice(params ReadOnlySpan<Symbol> options) => Join(SymbolKind.Choice, options, Symbol.Nothing, null);

    /// <summary>A symbol or the empty text.</summary>
    public Symbol Optional(Symbol symbol) => Repeat(symbol, 0, 1);

    /// <summary>A symbol a number of times, counted, not unrolled.</summary>
    /// <param name="symbol">The symbol.</param>
    /// <param name="min">0 or more.</param>
    /// <param name="max">At least min, or <see cref="RegexTable.Unbounded"/>.</param>
    public Symbol Repeat(Symbol symbol, int min, int max = RegexTable.Unbounded)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return max == 0 || symbol == Symbol.Empty ? Symbol.Empty
            : symbol == Symbol.Nothing ? (min == 0 ? Symbol.Empty : Symbol.Nothing)
            : min == 1 && max == 1 ? symbol
            : Known(new SymbolEntry(SymbolKind.Repeat, symbol.Id, min, max));
    }

    /// <summary>Members in any order, each at most once, and others as often as one likes, with a separator between.</summary>
    /// <param name="members">The members; none of them allows the empty text.</param>
    /// <param name="required">How many of the first members must be there.</param>
    /// <param name="separator">What is between two of them.</param>
    /// <param name="other">Any further member, or <see cref="Symbol.Nothing"/>.</param>
    /// <param name="min">The fewest members and others.</param>
    /// <param name="max">The most, or <see cref="RegexTable.Unbounded"/>.</param>
    public Symbol Unordered(
        ReadOnlySpan<Symbol> members, int required, Symbol separator, Symbol other, int min = 0, int max = RegexTable.Unbounded)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(required, members.Length);
        List<int> parts = new(2 * (members.Length + 1)) { other.Id, Sequence(separator, other).Id };
        foreach (Symbol member in members)
        {
            parts.Add(member.Id);
            parts.Add(Sequence(separator, member).Id);
        }

        int start = _members.Count;
        _members.AddRange([members.Length, required, min, max]);
        _members.AddRange(parts);
        return Add(new SymbolEntry(SymbolKind.Unordered, start, parts.Count, 0));
    }

    /// <summary>Makes the grammar.</summary>
    /// <param name="start">What a whole text is.</param>
    /// <exception cref="ConstraintException">A rule is not defined or left-recursive, nothing matches, or the grammar is too large.</exception>
    public Grammar Build(Symbol start) => new GrammarCompiler(CollectionsMarshal.AsSpan(_symbols), CollectionsMarshal.AsSpan(_members), _names, Regex).Compile(start);

    internal const int Undefined = -1;

    private Symbol Join(SymbolKind kind, scoped ReadOnlySpan<Symbol> parts, Symbol neutral, Symbol? absorbing)
    {
        int start = _members.Count;
        foreach (Symbol part in parts)
        {
            if (part == absorbing)
            {
                CollectionsMarshal.SetCount(_members, start);
                return part;
            }

            if (part != neutral)
            {
                _members.Add(part.Id);
            }
        }

        int count = _members.Count - start;
        if (count <= 1)
        {
            Symbol only = count == 0 ? neutral : new Symbol(_members[start]);
            CollectionsMarshal.SetCount(_members, start);
            return only;
        }

        return Add(new SymbolEntry(kind, start, count, 0));
    }

    private Symbol Known(SymbolEntry entry)
    {
        (SymbolKind, int, int, int) key = (entry.Kind, entry.A, entry.B, entry.C);
        if (_known.TryGetValue(key, out int id))
        {
            return new Symbol(id);
        }

        Symbol symbol = Add(entry);
        _known.Add(key, symbol.Id);
        return symbol;
    }

    private Symbol Add(SymbolEntry entry)
    {
        if (_symbols.Count >= MaxSymbols)
        {
            throw new ConstraintException($"The constraint needs more than {MaxSymbols:N0} symbols: make it smaller.");
        }

        _symbols.Add(entry);
        return new Symbol(_symbols.Count - 1);
    }
}

/// <summary>What a symbol is made of.</summary>
internal enum SymbolKind
{
    /// <summary>A regular language: A is its node.</summary>
    Terminal,

    /// <summary>B symbols from A in the members, one after another.</summary>
    Sequence,

    /// <summary>Any of B symbols from A in the members.</summary>
    Choice,

    /// <summary>A named symbol: A is its body, B its name.</summary>
    Rule,

    /// <summary>The symbol A, B to C times.</summary>
    Repeat,

    /// <summary>Members in any order: four numbers from A in the members, then B symbols, as <see cref="UnorderedMembers"/> has them.</summary>
    Unordered,
}

/// <summary>A symbol's parts.</summary>
internal readonly record struct SymbolEntry(SymbolKind Kind, int A, int B, int C);
