using System.Text;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using TinyGpt.Import;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class TokenMaskTests
{
    private static readonly Lazy<ConstraintVocabulary?> Gpt2 = new(() =>
        SharedData.TryFind("tokenizers/gpt2", out string path)
            ? new ConstraintVocabulary(TokenizerFiles.Read(path), 50256)
            : null);

    public static TheoryData<string, string> Cases => new()
    {
        { "json", """{"name": "The \"Golden\" Mug", "rooms": [1, 2.50, {"öl": null}], "open":true}""" },
        { "compact", """{"name":"a","list":[true,false,null,-0.1e9]}""" },
        { "short", """["ab","abc","The","öö","\u00e9a"]""" },
        { "pattern", """["AB-1234","XY-99"]""" },
        { "adjacent", "abc   abc  \n  abcabc" },
        { "counted", "[x][x][x][x]." },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void ExactlyTheTokensAreAllowedAfterWhichATextCanEnd(string name, string text)
    {
        Assert.SkipWhen(Gpt2.Value is null, "shared/tokenizers/gpt2 is not here.");
        ConstraintVocabulary vocabulary = Gpt2.Value!;
        using CompiledConstraint constraint = Make(name).Compile(vocabulary, new ConstraintOptions { MaxTokenSets = 4 });
        GrammarParser oracle = new(64);
        oracle.Use(Make(name).Grammar, ByteSet.All);
        int state = constraint.Start;
        int parsed = oracle.Start;
        ulong[] allowed = new ulong[vocabulary.Words];
        Tokenizer tokenizer = Tokenizer.Create(TokenizerFiles.Read(SharedData.RequireOrSkip("tokenizers/gpt2")));
        foreach (int token in (int[])[.. tokenizer.Encode(text), 50256])
        {
            allowed.AsSpan().Clear();
            constraint.Allow(state, allowed);
            for (int other = 0; other < vocabulary.TokenCount; other++)
            {
                bool expected = other == 50256 ? oracle.IsAccepting(parsed)
                    : vocabulary.TokenBytes(other).Length > 0 && oracle.Step(parsed, vocabulary.TokenBytes(other)) != GrammarParser.Dead;
                if (expected != ((allowed[other / 64] >> (other % 64) & 1) != 0))
                {
                    Assert.Fail($"Before \"{tokenizer.TokenBytes(token).Length}\": token {other} \"{Encoding.UTF8.GetString(vocabulary.TokenBytes(other))}\" should {(expected ? "" : "not ")}be allowed.");
                }
            }

            state = constraint.Advance(state, token);
            parsed = token == 50256 ? parsed : oracle.Step(parsed, vocabulary.TokenBytes(token));
        }

        Assert.True(constraint.IsComplete(state));
    }

    private static Constraint Make(string name)
    {
        GrammarBuilder builder = new();
        RegexTable regex = builder.Regex;
        switch (name)
        {
            case "json":
                return TestGrammars.Json();
            case "compact":
                return TestGrammars.Json(spaces: false);
            case "short":
                return TestGrammars.Json(spaces: false, maxCharacters: 3);
            case "pattern":
                RegexNode code = regex.Concat(
                    regex.Byte((byte)'"'), regex.Repeat(regex.Range((byte)'A', (byte)'Z'), 2, 2), regex.Byte((byte)'-'),
                    regex.Intersect(regex.Repeat(regex.Range((byte)'0', (byte)'9'), 1, 4), regex.Complement(regex.Text("00"))), regex.Byte((byte)'"'));
                Symbol item = builder.Terminal(code);
                return Constraint.FromGrammar(builder, builder.Sequence(
                    builder.Literal("["), item, builder.Repeat(builder.Sequence(builder.Literal(","), item), 0, 3), builder.Literal("]")));
            case "adjacent":
                Symbol space = builder.Terminal(regex.Repeat(regex.Bytes(ByteSet.Of(" \n"u8)), 0));
                Symbol word = builder.Terminal(regex.Repeat(regex.Range((byte)'a', (byte)'z'), 0, 6));
                return Constraint.FromGrammar(builder, builder.Repeat(builder.Sequence(word, space, space), 0));
            default:
                return Constraint.FromGrammar(builder, builder.Sequence(
                    builder.Repeat(builder.Sequence(builder.Literal("["), builder.Literal("x"), builder.Literal("]")), 2, 5), builder.Literal(".")));
        }
    }
}
