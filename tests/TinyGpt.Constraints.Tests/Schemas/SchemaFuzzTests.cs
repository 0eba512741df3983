using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using Xunit;

namespace TinyGpt.Constraints.Tests.Schemas;

/// <summary>Random schemas: whatever is written under them is valid, and what is valid can be written. Another library is the judge.</summary>
public sealed class SchemaFuzzTests
{
    private const int Schemas = 200;
    private const int AnswersOfEach = 100;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly EvaluationOptions Strict = new() { RequireFormatValidation = true };

    [Fact]
    public void RandomAnswersAreValidAndEndInAsFewBytesAsWasKnown()
    {
        RandomSchemas random = new(1);
        int schemas = 0, answers = 0, refused = 0;
        while (schemas < Schemas)
        {
            (string text, Constraint? constraint) = Next(random, PropertyOrder.Schema);
            if (constraint is null)
            {
                Assert.True(++refused < 2 * Schemas, "too many schemas are refused");
                continue;
            }

            schemas++;
            JsonSchema judge = JsonSchema.FromText(text);
            GrammarParser parser = new(1024);
            parser.Use(constraint.Grammar, ByteSet.All);
            for (int i = 0; i < AnswersOfEach; i++, answers++)
            {
                string answer = Walk(parser, random.Random, text);
                using JsonDocument document = JsonDocument.Parse(answer);
                Assert.True(IsBeyondTheJudge(document.RootElement) || judge.Evaluate(document.RootElement, Strict).IsValid, $"{text}\nallows\n{answer}");
            }
        }

        Assert.Equal(Schemas * AnswersOfEach, answers);
    }

    [Fact]
    public void AnswersAndValuesNearThemAreJudgedAlike()
    {
        RandomSchemas random = new(2);
        int valid = 0, invalid = 0;
        for (int schemas = 0; schemas < Schemas;)
        {
            (string text, Constraint? constraint) = Next(random, PropertyOrder.Any);
            if (constraint is null) continue;
            schemas++;
            JsonSchema judge = JsonSchema.FromText(text);
            GrammarParser parser = new(1024);
            parser.Use(constraint.Grammar, ByteSet.All);
            for (int i = 0; i < 30; i++)
            {
                string answer = Walk(parser, random.Random, text);
                using (JsonDocument original = JsonDocument.Parse(answer))
                {
                    if (IsBeyondTheJudge(original.RootElement)) continue;
                }

                string near = (Change(JsonNode.Parse(answer), random) ?? JsonValue.Create("?")).ToJsonString(Plain);
                if (near == "\"?\"") near = "null";
                using JsonDocument document = JsonDocument.Parse(near);
                bool expected = judge.Evaluate(document.RootElement, Strict).IsValid;
                bool actual = parser.IsAccepting(parser.Step(parser.Start, Encoding.UTF8.GetBytes(near)));
                Assert.True(expected == actual, $"{text}\n{(actual ? "allows" : "refuses")}\n{near}");
                if (actual) valid++;
                else invalid++;
            }
        }

        Assert.True(valid > 500 && invalid > 500, $"{valid} valid, {invalid} invalid");
    }

    private static (string Text, Constraint? Constraint) Next(RandomSchemas random, PropertyOrder order)
    {
        string text = random.Schema().ToJsonString();
        try
        {
            return (text, Constraint.FromJsonSchema(text, new JsonSchemaOptions { PropertyOrder = order }));
        }
        catch (ConstraintException)
        {
            return (text, null);
        }
    }

    /// <summary>Random bytes of those that can follow; after a while the shortest way to the end, of which each byte must be one less.</summary>
    private static string Walk(GrammarParser parser, Random random, string schema)
    {
        List<byte> bytes = [];
        int state = parser.Start;
        int free = random.Next(10, 80);
        List<(byte Value, int State)> next = [];
        while (!parser.IsComplete(state) && !(parser.IsAccepting(state) && random.Next(4) == 0))
        {
            next.Clear();
            ByteSet first = parser.FirstBytes(state);
            int distance = parser.Distance(state);
            for (int value = 0; value < 256; value++)
            {
                int after = first.Contains((byte)value) ? parser.Step(state, (byte)value) : GrammarParser.Dead;
                if (after != GrammarParser.Dead && (bytes.Count < free || parser.Distance(after) == distance - 1)) next.Add(((byte)value, after));
            }

            if ((bytes.Count >= free || next.Count == 0) && parser.IsAccepting(state)) break;
            Assert.True(next.Count > 0, $"{schema}\nno way leads on after\n{Encoding.UTF8.GetString([.. bytes])}\nof which the end should be {distance} bytes away");
            (byte chosen, state) = next[random.Next(next.Count)];
            bytes.Add(chosen);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>
    /// Whether a name comes twice, which names that a schema does not list can, or a number has more digits than the judge's arithmetic.
    /// </summary>
    private static bool IsBeyondTheJudge(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(member => member.Name).Distinct().Count() != element.EnumerateObject().Count() ||
            element.EnumerateObject().Any(member => CountsDifferently(member.Name) || IsBeyondTheJudge(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(IsBeyondTheJudge),
        JsonValueKind.String => CountsDifferently(element.GetString()!),
        JsonValueKind.Number => element.GetRawText().Length > 15 || element.GetRawText().AsSpan().ContainsAny('e', 'E'),
        _ => false,
    };

    /// <summary>The judge counts characters as they are seen, the specification counts code points.</summary>
    private static bool CountsDifferently(string text) => new StringInfo(text).LengthInTextElements != text.EnumerateRunes().Count();

    private static JsonNode? Change(JsonNode? value, RandomSchemas random)
    {
        switch (value)
        {
            case JsonObject members when members.Count > 0 && random.Random.Next(3) > 0:
                {
                    string[] names = [.. members.Select(member => member.Key)];
                    string name = names[random.Random.Next(names.Length)];
                    JsonNode? member = members[name];
                    members.Remove(name);
                    if (random.Random.Next(3) > 0) members[name] = Change(member, random); // moved to the end
                    return members;
                }

            case JsonArray items when items.Count > 0 && random.Random.Next(3) > 0:
                {
                    int index = random.Random.Next(items.Count);
                    JsonNode? item = items[index];
                    items.RemoveAt(index);
                    if (random.Random.Next(3) > 0) items.Insert(index, Change(item, random));
                    return items;
                }

            case JsonObject members when random.Random.Next(2) == 0:
                members["new"] = random.Value(1);
                return members;
            default: return random.Random.Next(4) == 0 ? value : random.Value(2);
        }
    }
}
