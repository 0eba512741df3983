using System.Text;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>
/// Expressions and grammars from strangers: each ends in a <see cref="ConstraintException"/> or in a constraint under which answers are
/// written, within the planned memory.
/// </summary>
public sealed class HostileTextTests
{
    private static readonly ConstraintOptions Small = new() { MaxStates = 4096, MaxTokenSets = 8 };

    public static TheoryData<string, string> Expressions => new()
    {
        { "backtracking", "(a+)+b" },
        { "backtracking choices", "(a|a|aa)*b" },
        { "powers", "((((a{1000}){1000}){1000}){1000}){1000}" },
        { "counters", string.Concat(Enumerable.Range(0, 200).Select(i => $"(a|b){{{i},1000}}")) },
        { "nested counters", "((a{2,9}b{2,9}){3,50}|a{5,}){7,}" },
        { "many states", "[ab]*a[ab]{200}c" },
        { "optional", string.Concat(Enumerable.Repeat("a?", 500)) + string.Concat(Enumerable.Repeat("a", 500)) },
        { "nothing", "[^\\s\\S]" },
        { "classes", string.Concat(Enumerable.Repeat("[\\p{L}\\p{N}]", 200)) },
        { "alternatives", string.Join('|', Enumerable.Range(0, 5000).Select(i => $"x{i * 7919}y*")) },
        { "anchors", string.Concat(Enumerable.Repeat("(^a|b$)", 30)) },
        { "groups", new string('(', 10_000) + "a" + new string(')', 10_000) },
        { "unclosed", new string('[', 10_000) },
        { "length", new string('a', (1 << 20) + 1) },
        { "a long text", new string('a', 1 << 20) },
    };

    public static TheoryData<string, string> Grammars => new()
    {
        { "ambiguous", "root ::= root2+\nroot2 ::= \"a\" | \"a\" \"a\" | root2b\nroot2b ::= [a-z] | \"aa\"" },
        { "ambiguous pairs", "root ::= \"a\" root root? | \"a\"" },
        { "palindromes", "root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"a\" | \"b\" | \"\"" },
        { "empty loops", "root ::= ((((\"a\"?)*)*)*)* \"b\"" },
        { "circle", "root ::= a\na ::= b\nb ::= a" },
        { "hidden circle", "root ::= \"\" a\na ::= \"x\"? root \"y\"" },
        { "no end", "root ::= \"a\" root" },
        { "counts", "root ::= (((\"a\"{1000000}){1000000}){1000000}){1000000}" },
        { "a long answer", "root ::= ([a-z]{0,1000} \" \"){3,1000000}" },
        { "rules", "root ::= r0\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"r{i} ::= [a-c] r{i + 1} | \"d\"\n")) + "r20000 ::= \"e\"" },
        { "doubling rules", string.Concat(Enumerable.Range(0, 60).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= r{i + 1} r{i + 1}\n")) + "r60 ::= \"a\"?" },
        { "nesting", "root ::= " + new string('(', 100_000) + "\"a\"" + new string(')', 100_000) },
        { "length", "root ::= \"" + new string('a', 1 << 20) + "\"" },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void HostileExpressionsAreRefusedOrUsed(string name, string pattern) => Use(name, () => Constraint.FromRegex(pattern));

    [Theory]
    [MemberData(nameof(Grammars))]
    public void HostileGrammarsAreRefusedOrUsed(string name, string grammar) => Use(name, () => Constraint.FromGbnf(grammar));

    [Fact]
    public void AnEngineServesOthersAfterAGrammarThatIsTooAmbiguous()
    {
        string grammar = string.Concat(Enumerable.Range(0, 60).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= r{i + 1} r{i + 1}\n")) + "r60 ::= \"a\"?";
        using GptModel model = DialogueModels.Bytes();
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using CompiledConstraint compiled = Constraint.FromGbnf(grammar).Compile(new ConstraintVocabulary(model));
        using GptSession other = engine.CreateSession(SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = 5 });
        other.Append([66]);
        using (GptSession session = engine.CreateSession(SamplingOptions.Greedy, new SessionOptions { Constraint = compiled, MaxNewTokens = 60 }))
        {
            session.Append([65]);
            Assert.Contains("ambiguous", Assert.Throws<ConstraintException>(() => engine.Step(StepBudget.Unlimited)).Message, StringComparison.Ordinal);
        }

        Assert.InRange(compiled.MemoryBytes, 1, 256L << 20);
        engine.Step(StepBudget.Unlimited);
        Assert.NotEqual(FinishReason.None, other.Finish);
        Assert.Equal("b", Write(engine, Constraint.FromRegex("b").Compile(new ConstraintVocabulary(model))));
    }

    [Fact]
    public void DamagedExpressionsAndGrammarsAreRefusedOrRead()
    {
        Damage("^(a|[b-d\\d]{2,5}?|\\u00e9\\p{Lu})+(?:x|\\/)$", text => Constraint.FromRegex(text));
        Damage("root ::= (a \"\\n\" | [^a-c\\x20]{2,3})* # end\na ::= \"x\\\"\" b?\nb ::= . root2{1,}\nroot2 ::= \"y\"", text => Constraint.FromGbnf(text));
    }

    private static void Use(string name, Func<Constraint> read)
    {
        using GptModel model = DialogueModels.Bytes();
        using GptEngine engine = new(model);
        try
        {
            using CompiledConstraint compiled = read().Compile(new ConstraintVocabulary(model), Small);
            using GptSession session = engine.CreateSession(
                new SamplingOptions { Temperature = 2, Seed = 1 }, new SessionOptions { Constraint = compiled, MaxNewTokens = 60 });
            session.Append([65]);
            engine.Step(StepBudget.Unlimited);
            Assert.NotEqual(FinishReason.None, session.Finish);
            Assert.True(compiled.MemoryBytes <= compiled.PlannedBytes, $"{name}: {compiled.MemoryBytes} bytes, {compiled.PlannedBytes} planned");
        }
        catch (ConstraintException)
        {
            // Refused, with its reason.
        }
    }

    private static string Write(GptEngine engine, CompiledConstraint constraint)
    {
        using GptSession session = engine.CreateSession(SamplingOptions.Greedy, new SessionOptions { Constraint = constraint });
        session.Append([65]);
        engine.Step(StepBudget.Unlimited);
        return Encoding.UTF8.GetString(engine.Model.Tokenizer!.Decode(session.AnswerTokens));
    }

    private static void Damage(string text, Action<string> read)
    {
        Random random = new(5);
        for (int i = 0; i < 2000; i++)
        {
            StringBuilder damaged = new(text);
            for (int j = random.Next(1, 4); j > 0 && damaged.Length > 1; j--)
            {
                int at = random.Next(damaged.Length);
                switch (random.Next(3))
                {
                    case 0: damaged[at] = (char)random.Next(random.Next(2) == 0 ? 128 : 65536); break;
                    case 1: damaged[at] = text[random.Next(text.Length)]; break;
                    default: damaged.Remove(at, Math.Min(random.Next(1, 5), damaged.Length - at)); break;
                }
            }

            Exception? error = Record.Exception(() => read(damaged.ToString()));
            Assert.True(error is null or ConstraintException, $"{damaged}: {error}");
        }
    }
}
