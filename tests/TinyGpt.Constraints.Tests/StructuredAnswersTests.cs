using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>The samples of <c>docs/structured-answers.md</c>. They are here word for word, and a test compares.</summary>
public sealed partial class StructuredAnswersTests
{
    [Fact]
    public void SchemaSample()
    {
        // <sample>
        Constraint order = Constraint.FromJsonSchema("""
            {
              "type": "object",
              "properties": {
                "item": { "enum": ["ale", "bread", "room"] },
                "count": { "type": "integer", "minimum": 1, "maximum": 12 },
                "note": { "type": "string", "maxLength": 80 }
              },
              "required": ["item", "count"],
              "additionalProperties": false
            }
            """);
        // </sample>
        Assert.True(GrammarRecognizer.Accepts(order, """{"item": "ale", "count": 2}"""));
        Assert.False(GrammarRecognizer.Accepts(order, """{"item": "ale", "count": 13}"""));
    }

    [Fact]
    public void CompactSample()
    {
        // <sample>
        Constraint compact = Constraint.FromJsonSchema(
            """{ "type": "array", "items": { "type": "number", "exclusiveMinimum": 0 }, "minItems": 1 }""",
            new JsonSchemaOptions { IsCompact = true });
        // </sample>
        Assert.True(GrammarRecognizer.Accepts(compact, "[1,0.5]"));
        Assert.False(GrammarRecognizer.Accepts(compact, "[1, 0.5]"));
    }

    [Fact]
    public void RegularExpressionSample()
    {
        // <sample>
        Constraint answer = Constraint.FromRegex("(Yes|No), \\p{Lu}[^.!?]{5,100}[.!?]");
        // </sample>
        Assert.True(GrammarRecognizer.Accepts(answer, "Yes, There is a room."));
        Assert.False(GrammarRecognizer.Accepts(answer, "Yes"));
    }

    [Fact]
    public void GrammarSample()
    {
        // <sample>
        Constraint move = Constraint.FromGbnf("""
            root   ::= "go " place ("." | " with " name ".")
            place  ::= "inn" | "mill" | "the " [a-z]{3,12}
            name   ::= [A-Z] [a-z]+
            """);
        // </sample>
        Assert.True(GrammarRecognizer.Accepts(move, "go the forest with Mira."));
        Assert.False(GrammarRecognizer.Accepts(move, "go mill"));
    }

    [Fact]
    public void PatternSample()
    {
        // <sample>
        Constraint recipe = Constraint.FromPattern(Pattern.Record(
            ("item", Pattern.OneOf("\"ale\"", "\"bread\"")),
            ("silver", Pattern.WholeNumber(1, 20)),
            ("days", Pattern.Sequence(Pattern.Text("["), Pattern.WholeNumber(1, 7).Repeated(1, 3, separator: ","), Pattern.Text("]")))));
        // </sample>
        Assert.True(GrammarRecognizer.Accepts(recipe, """{"item":"ale","silver":3,"days":[1,7]}"""));
        Assert.False(GrammarRecognizer.Accepts(recipe, """{"item":"ale","silver":3,"days":[]}"""));
    }

    [Fact]
    public void WritingSamples()
    {
        using GptModel model = DialogueModels.Bytes();
        Constraint order = Constraint.FromJsonSchema("""{"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}""");

        // <sample>
        ConstraintVocabulary vocabulary = new(model); // one for each model
        using CompiledConstraint compiled = order.Compile(vocabulary);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            new SamplingOptions { Temperature = 0.8f }, new SessionOptions { Constraint = compiled, MaxNewTokens = 120 });
        session.Append(model.Tokenizer!.Encode("The order as JSON: "));
        engine.Step(StepBudget.Unlimited);
        string answer = Encoding.UTF8.GetString(model.Tokenizer.Decode(session.AnswerTokens));
        // </sample>
        using JsonDocument document = JsonDocument.Parse(answer);
        Assert.Equal(JsonValueKind.Number, document.RootElement.GetProperty("count").ValueKind);

        // <sample>
        MemoryPlan plan = engine.MemoryPlan with { Constraints = vocabulary.MemoryBytes + compiled.PlannedBytes };
        // </sample>
        Assert.True(plan.Total > engine.MemoryPlan.Total);
    }

    [Fact]
    public void EverySampleOfTheDocumentIsCompiledHere()
    {
        string folder = Path.GetDirectoryName(Here())!;
        string document = File.ReadAllText(Path.Combine(folder, "..", "..", "docs", "structured-answers.md"));
        string actions = Path.Combine(folder, "..", "TinyGpt.Dialogue.Tests", "Stage", "ActionTests.cs");
        string tools = Path.Combine(folder, "..", "TinyGpt.Extensions.AI.Tests", "DocumentSampleTests.cs");
        string code = File.ReadAllText(Here()) + File.ReadAllText(actions) + File.ReadAllText(tools);
        HashSet<string> compiled = [.. Samples().Matches(code).Select(match => Words(match.Groups[1].Value))];
        List<string> shown = [.. Blocks().Matches(document).Select(match => Words(match.Groups[1].Value))];
        Assert.NotEmpty(shown);
        Assert.All(shown, sample => Assert.Contains(sample, compiled));
    }

    private static string Here([CallerFilePath] string path = "") => path;

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("// <sample>(.*?)// </sample>", RegexOptions.Singleline)]
    private static partial Regex Samples();

    [GeneratedRegex("```csharp(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
