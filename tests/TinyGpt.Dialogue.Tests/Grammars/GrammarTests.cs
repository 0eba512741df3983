using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Grammars;

/// <summary>Whatever a model says under a grammar is of the grammar, as parsers see it that know nothing of grammars.</summary>
public sealed class GrammarTests
{
    private static readonly Grammar Deed = Grammar.JsonObject(
        ("action", Grammar.Choice("greet", "sell", "attack \"boldly\"", "say\\nothing", "löst Rätsel 🐉")),
        ("price", Grammar.Number(-12, 1234)),
        ("trust", Grammar.Number(-1m, 1m, 2)),
        ("sure", Grammar.Boolean),
        ("wares", Grammar.Repeat(Grammar.Choice("ale", "ale cask", "stew"), 0, 3)),
        ("say", Grammar.Text(12)),
        ("door", Grammar.Sequence(Grammar.Literal("gate-"), Grammar.Number(1, 9))),
        ("inner", Grammar.JsonObject(("x", Grammar.Literal("\t")), ("none", Grammar.JsonObject()))));

    [Fact]
    public void Every_json_object_parses_and_its_members_are_in_their_ranges()
    {
        using GptModel model = DialogueModels.Bytes();
        CompiledGrammar grammar = new GrammarCompiler(model).Compile(Deed);
        HashSet<string> actions = [];
        HashSet<int> counts = [];
        for (ulong seed = 0; seed < 150; seed++)
        {
            string text = Say(model, grammar, seed);
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            Assert.Equal(
                ["action", "price", "trust", "sure", "wares", "say", "door", "inner"], root.EnumerateObject().Select(member => member.Name));
            actions.Add(root.GetProperty("action").GetString()!);
            Assert.InRange(root.GetProperty("price").GetInt64(), -12, 1234);
            Assert.InRange(root.GetProperty("trust").GetDecimal(), -1m, 1m);
            Assert.Matches(@"^-?\d\.\d\d$", root.GetProperty("trust").GetRawText());
            Assert.True(root.GetProperty("sure").ValueKind is JsonValueKind.True or JsonValueKind.False);
            Assert.All(root.GetProperty("wares").EnumerateArray(), ware => Assert.Contains(ware.GetString(), (string[])["ale", "ale cask", "stew"]));
            counts.Add(root.GetProperty("wares").GetArrayLength());
            string say = root.GetProperty("say").GetString()!;
            Assert.InRange(say.EnumerateRunes().Count(), 1, 12);
            Assert.DoesNotContain(say, char.IsControl);
            Assert.Matches("^gate-[1-9]$", root.GetProperty("door").GetString());
            Assert.Equal("\t", root.GetProperty("inner").GetProperty("x").GetString());
        }

        Assert.Equal(["attack \"boldly\"", "greet", "löst Rätsel 🐉", "say\\nothing", "sell"], actions.Order(StringComparer.Ordinal));
        Assert.Equal([0, 1, 2, 3], counts.Order());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 7)]
    [InlineData(-3, 3)]
    [InlineData(0, 100)]
    [InlineData(95, 1005)]
    [InlineData(-1005, -95)]
    [InlineData(12345, 12399)]
    [InlineData(199, 201)]
    [InlineData(1009, 2100)]
    [InlineData(-120, 7)]
    public void The_language_of_a_range_is_its_numbers_and_nothing_else(int least, int most)
    {
        HashSet<string> expected = [.. Enumerable.Range(least, most - least + 1).Select(value => value.ToString(CultureInfo.InvariantCulture))];
        Assert.Equal(expected, [.. Language(Grammar.Number(least, most))]);
    }

    [Theory]
    [InlineData("0", "1", 1)]
    [InlineData("-0.05", "0.12", 2)]
    [InlineData("9.95", "10.07", 2)]
    [InlineData("-10.3", "-9.8", 1)]
    [InlineData("0.001", "0.049", 2)]
    [InlineData("99.9", "1000.1", 1)]
    public void The_language_of_a_range_of_fractions_is_its_numbers_and_nothing_else(string from, string to, int digits)
    {
        decimal least = decimal.Parse(from, CultureInfo.InvariantCulture);
        decimal most = decimal.Parse(to, CultureInfo.InvariantCulture);
        HashSet<string> expected = [];
        decimal step = 1m / (decimal)Math.Pow(10, digits);
        for (decimal value = Math.Ceiling(least / step) * step; value <= most; value += step)
        {
            expected.Add(value.ToString($"F{digits}", CultureInfo.InvariantCulture));
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected, [.. Language(Grammar.Number(least, most, digits))]);
    }

    [Fact]
    public void Large_numbers_stay_in_their_range()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarCompiler compiler = new(model);
        foreach ((long least, long most) in new[]
            { (0L, Grammar.LargestNumber), (-Grammar.LargestNumber, -1L), (999_999_999L, 1_000_000_001L), (123_456_789_012L, 987_654_321_098L) })
        {
            CompiledGrammar grammar = compiler.Compile(Grammar.Number(least, most), after: "\n");
            for (ulong seed = 0; seed < 60; seed++)
            {
                string text = Say(model, grammar, seed, "\n");
                Assert.InRange(long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), least, most);
                Assert.Matches("^(0|-?[1-9][0-9]*)$", text);
            }
        }
    }

    [Fact]
    public void The_language_of_parts_is_what_they_say()
    {
        Assert.Equal(["", "a", "ab"], Language(Grammar.Choice("", "a", "ab")).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["(x)", "(x, x)", "(x, y)", "(y)", "(y, x)", "(y, y)"],
            Language(Grammar.Sequence(Grammar.Literal("("), Grammar.Repeat(Grammar.Choice("x", "y"), 1, 2, ", "), Grammar.Literal(")")))
                .Order(StringComparer.Ordinal));
        Assert.Equal(["", "1", "11", "12", "2", "21", "22"], Language(Grammar.Repeat(Grammar.Number(1, 2), 0, 2)).Order(StringComparer.Ordinal));
        Assert.Equal(["""{"a": ["q"], "b": true}""", """{"a": [], "b": true}"""], Language(
            Grammar.JsonObject(("a", Grammar.Repeat(Grammar.Literal("q"), 0, 1, "unused")), ("b", Grammar.Boolean)))
            .Where(text => text.Contains("true", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(["""{"a": "1-x"}""", """{"a": "2-x"}"""], Language(
            Grammar.JsonObject(("a", Grammar.Sequence(Grammar.Number(1, 2), Grammar.Literal("-x"))))).Order(StringComparer.Ordinal));
        Assert.Equal(["""{"a": "none"}""", """{"a": 7}"""], Language(
            Grammar.JsonObject(("a", Grammar.Choice(Grammar.Literal("none"), Grammar.Number(7, 7))))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_value_is_written_as_json_where_no_object_is_around_it()
    {
        Grammar value = Grammar.Json(Grammar.Choice(Grammar.Literal("a\"b"), Grammar.Number(12, 12)));
        Assert.Equal(["\"a\\\"b\"", "12"], Language(value).Order(StringComparer.Ordinal));
        Assert.Equal(["[3, 3]"], Language(Grammar.Json(Grammar.Repeat(Grammar.Number(3, 3), 2, 2))));
        Grammar member = Grammar.Json(Grammar.JsonObject(("k", Grammar.Literal("v"))));
        Assert.Equal(["""x{"k": "v"}"""], Language(Grammar.Sequence(Grammar.Literal("x"), member)));
    }

    [Fact]
    public void Every_choice_is_reached_in_whatever_split_into_tokens()
    {
        using GptModel model = DialogueModels.Gpt2Vocabulary();
        string[] options = ["yes", "yesterday", "no", "not now", "I will open the door.", "größer 🐉"];
        CompiledGrammar grammar = new GrammarCompiler(model).Compile(Grammar.Choice(options), before: " ", after: "\n");
        Dictionary<string, HashSet<string>> splits = [];
        for (ulong seed = 0; seed < 400; seed++)
        {
            string text = Say(model, grammar, seed, "\n", ids =>
                splits[Encoding.UTF8.GetString(model.Tokenizer!.Decode(ids)).Trim()] =
                    [.. splits.GetValueOrDefault(Encoding.UTF8.GetString(model.Tokenizer.Decode(ids)).Trim()) ?? [], string.Join(',', ids)]);
            Assert.Contains(text.TrimStart(' '), options);
            Assert.StartsWith(" ", text, StringComparison.Ordinal);
        }

        Assert.Equal(options.Order(StringComparer.Ordinal), splits.Keys.Order(StringComparer.Ordinal));
        Assert.True(splits["yesterday"].Count > 5, "a literal comes in one split only");
    }

    [Fact]
    public void Texts_are_valid_unicode_of_the_length_that_was_asked_for()
    {
        using GptModel model = DialogueModels.Gpt2Vocabulary();
        CompiledGrammar grammar = new GrammarCompiler(model).Compile(Grammar.Text(30), after: "\n");
        int longest = 0;
        bool beyondAscii = false;
        for (ulong seed = 0; seed < 60; seed++)
        {
            string text = Say(model, grammar, seed, "\n");
            Assert.DoesNotContain('\uFFFD', text);
            Assert.DoesNotContain(text, char.IsControl);
            Assert.False(text.StartsWith(' '), text);
            longest = Math.Max(longest, text.EnumerateRunes().Count());
            beyondAscii |= text.Any(character => character > 127);
        }

        Assert.InRange(longest, 10, 30);
        Assert.True(beyondAscii, "no text had anything but ASCII");
    }

    [Fact]
    public void An_answer_ends_with_the_end_of_the_text_or_what_was_given_or_by_itself()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarCompiler compiler = new(model);
        HashSet<FinishReason> ends = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            Say(model, compiler.Compile(Grammar.Number(0, 999)), seed, observe: null, end: ends);
            Say(model, compiler.Compile(Grammar.Number(0, 999), after: "\n"), seed, "\n", end: ends);
        }

        Assert.Equal([FinishReason.Stop, FinishReason.EndOfText, FinishReason.Complete], ends.Order());
    }

    [Fact]
    public void What_the_vocabulary_cannot_write_is_refused()
    {
        TokenVocabulary few = TokenVocabulary.Create(["a"u8.ToArray(), "b"u8.ToArray(), "1"u8.ToArray()], [], []);
        using GptModel model = new(TinyGpt.Import.SyntheticModel.Open(DialogueModels.Config with { VocabularySize = 3, EndOfTextToken = null }, few));
        GrammarCompiler compiler = new(model);
        Assert.Contains("0x63", Assert.Throws<GrammarException>(() => compiler.Compile(Grammar.Choice("ab", "ac"))).Message, StringComparison.Ordinal);
        Assert.Throws<GrammarException>(() => compiler.Compile(Grammar.Number(2, 9)));
        Assert.Throws<GrammarException>(() => compiler.Compile(Grammar.JsonObject(("a", Grammar.Boolean))));
        CompiledGrammar ones = compiler.Compile(Grammar.Number(0, 2000));
        Assert.Matches("^1+$", Say(model, ones, 1));
        Assert.Matches("^[ab1]{1,9}$", Say(model, compiler.Compile(Grammar.Text(9)), 1));
    }

    [Fact]
    public void What_is_no_grammar_is_refused_where_it_is_made()
    {
        Assert.Throws<ArgumentException>(() => Grammar.Choice(Array.Empty<string>()));
        Assert.Throws<ArgumentException>(() => Grammar.Sequence());
        Assert.Throws<ArgumentException>(() => Grammar.Literal("\uD83D"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(0, long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(0.51m, 0.59m, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(0m, 1m, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Repeat(Grammar.Boolean, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Text(0));
        Assert.Throws<ArgumentException>(() => Grammar.JsonObject(("a", Grammar.Boolean), ("a", Grammar.Boolean)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Repeat(Grammar.Boolean, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Repeat(Grammar.Boolean, 0, Grammar.MostRepetitions + 1));
        Assert.Throws<ArgumentException>(() => Grammar.Repeat(Grammar.Boolean, 0, 1, "\uDE00"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Text(Grammar.MostRepetitions + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(0m, 1m, Grammar.MostDigits + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Grammar.Number(0m, Grammar.LargestNumber, 1));
        Grammar[] many = [.. Enumerable.Repeat(Grammar.Boolean, Grammar.MostParts + 1)];
        Assert.Throws<ArgumentException>(() => Grammar.Sequence(many));
        Assert.Throws<ArgumentException>(() => Grammar.Choice(many));
        Assert.Throws<ArgumentException>(() => Grammar.JsonObject([.. many.Select((part, i) => ($"{i}", part))]));
        Assert.Throws<ArgumentNullException>(() => Grammar.Literal(null!));
        Assert.Throws<ArgumentNullException>(() => Grammar.Choice((IEnumerable<string>)null!));
        Assert.Throws<ArgumentNullException>(() => Grammar.Sequence(Grammar.Boolean, null!));
        Assert.Throws<ArgumentNullException>(() => Grammar.Repeat(null!, 0, 1));
        Assert.Throws<ArgumentNullException>(() => Grammar.Repeat(Grammar.Boolean, 0, 1, null!));
        Assert.Throws<ArgumentNullException>(() => Grammar.JsonObject(("a", null!)));
        Assert.Throws<ArgumentNullException>(() => Grammar.Json(null!));
        Assert.Throws<ArgumentNullException>(() => new GrammarCompiler(null!));
        using GptModel mute = new(TinyGpt.Import.SyntheticModel.Open(DialogueModels.Config));
        Assert.Throws<ArgumentException>(() => new GrammarCompiler(mute));
    }

    [Fact]
    public void Grammars_that_are_too_large_or_too_deep_are_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarCompiler compiler = new(model);
        Grammar deep = Grammar.Literal("x");
        Grammar wide = Grammar.Literal(new string('x', 40));
        for (int i = 0; i < 100; i++)
        {
            deep = Grammar.Sequence(deep);
        }

        Assert.Contains("deep", Assert.Throws<GrammarException>(() => compiler.Compile(deep)).Message, StringComparison.Ordinal);
        Grammar large = Grammar.Repeat(Grammar.Repeat(wide, 4096, 4096), 4096, 4096);
        Assert.Contains("nodes", Assert.Throws<GrammarException>(() => compiler.Compile(large)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "states", Assert.Throws<GrammarException>(() => compiler.Compile(Grammar.Repeat(wide, 4000, 4000))).Message, StringComparison.Ordinal);
        Assert.Throws<GrammarException>(
            () => compiler.Compile(Grammar.JsonObject(("a", Grammar.Sequence(Grammar.JsonObject(), Grammar.Literal("x"))))));
    }

    [Fact]
    public void Grammars_that_a_few_lines_make_huge_are_refused_before_they_are_walked()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarCompiler compiler = new(model);
        Grammar doubled = Grammar.Literal("");
        for (int i = 0; i < 61; i++)
        {
            doubled = Grammar.Sequence(doubled, doubled);
        }

        Assert.Contains("parts", Assert.Throws<GrammarException>(() => compiler.Compile(doubled)).Message, StringComparison.Ordinal);
        Assert.Throws<GrammarException>(() => compiler.Compile(Grammar.JsonObject(("a", doubled), ("b", doubled))));
        Grammar many = Grammar.Repeat(Grammar.Sequence([.. Enumerable.Repeat(Grammar.Literal(""), 4096)]), 4096, 4096);
        Assert.Contains("nodes", Assert.Throws<GrammarException>(() => compiler.Compile(many)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Repetitions_that_can_be_read_in_many_ways_are_refused_and_long_plain_ones_compile()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarCompiler compiler = new(model);
        foreach (Grammar ambiguous in new[]
        {
            Grammar.Repeat(Grammar.Choice("a", "aa", "aaa"), 0, 2048),
            Grammar.Repeat(Grammar.Text(8), 0, 4096),
            Grammar.Repeat(Grammar.Number(0, 999_999), 0, 4096),
        })
        {
            Assert.Contains("ways", Assert.Throws<GrammarException>(() => compiler.Compile(ambiguous)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(4097, compiler.Compile(Grammar.Repeat(Grammar.Literal("a"), 0, 4096)).MostTokens);
        Assert.Equal(4096 * 6, compiler.Compile(Grammar.Repeat(Grammar.Boolean, 0, 4096, ",")).MostTokens);
        Assert.Equal(1001 * 4, compiler.Compile(Grammar.Text(1001)).MostTokens - 1);
    }

    [Fact]
    public void A_token_costs_no_allocation()
    {
        using GptModel model = DialogueModels.Bytes();
        CompiledGrammar grammar = new GrammarCompiler(model).Compile(Deed);
        ulong[] allowed = new ulong[(model.Config.VocabularySize + 63) / 64];

        // The runtime itself may allocate on this thread when it compiles a method again. One window without anything is proof, because a
        // walk that allocated would do so in each.
        long allocated = long.MaxValue;
        for (int window = 0; window < 8 && allocated != 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < 20; round++)
            {
                Walk();
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);

        void Walk()
        {
            int state = grammar.Start;
            while (!grammar.IsComplete(state))
            {
                Array.Clear(allowed);
                grammar.Allow(state, allowed);
                int word = Array.FindIndex(allowed, bits => bits != 0);
                state = grammar.Advance(state, (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(allowed[word]));
            }
        }
    }

    /// <summary>Has the model say something, and checks that it ended as the grammar wants.</summary>
    private static string Say(
        GptModel model, CompiledGrammar grammar, ulong seed, string? stop = null, Action<int[]>? observe = null, HashSet<FinishReason>? end = null)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            new SamplingOptions { Temperature = 3, Seed = seed },
            new SessionOptions { Constraint = grammar, MaxNewTokens = grammar.MostTokens, StopStrings = stop is null ? [] : [stop] });
        session.Append([1]);
        engine.Step(StepBudget.Unlimited);
        Assert.NotEqual(FinishReason.Length, session.Finish);
        end?.Add(session.Finish);
        observe?.Invoke(session.AnswerTokens.ToArray());
        byte[] text = new byte[4096];
        session.TryRead(text, out int written);
        return Encoding.UTF8.GetString(text, 0, written);
    }

    /// <summary>Every text of a grammar, found by trying every byte everywhere.</summary>
    private static List<string> Language(Grammar grammar)
    {
        using GptModel model = DialogueModels.Bytes();
        CompiledGrammar compiled = new GrammarCompiler(model).Compile(grammar);
        List<string> texts = [];
        ulong[] allowed = new ulong[(model.Config.VocabularySize + 63) / 64];
        Stack<(int State, string Text)> open = new([(compiled.Start, "")]);
        while (open.TryPop(out (int State, string Text) at))
        {
            Array.Clear(allowed);
            compiled.Allow(at.State, allowed);
            bool mayEnd = (allowed[DialogueModels.EndOfText / 64] >> (DialogueModels.EndOfText % 64) & 1) != 0;
            if (compiled.IsComplete(at.State) || mayEnd)
            {
                texts.Add(at.Text);
            }

            for (int token = 0; token < 256; token++)
            {
                if ((allowed[token / 64] >> (token % 64) & 1) != 0)
                {
                    open.Push((compiled.Advance(at.State, token), at.Text + (char)token));
                }
            }
        }

        Assert.Equal(texts.Count, texts.Distinct().Count());
        return texts;
    }
}
