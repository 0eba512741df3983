using System.Globalization;
using System.Text;
using System.Text.Json;
using Json.Schema;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>
/// Answers of a model with random weights, sampled at temperature 2, under random schemas: all parse, and another program's validator finds
/// all of them valid. TINYGPT_FUZZ_SCHEMAS says how many schemas with 100 answers each (200 for the full count), TINYGPT_FUZZ_SEED with which
/// schema to begin.
/// </summary>
public sealed class RandomAnswerTests
{
    private const int UsualSchemas = 40;
    private const int AnswersEach = 100;
    private const int Batch = 20;
    private const int MaxTokens = 160;

    [Fact]
    public void EveryAnswerIsValid()
    {
        int schemas = FromEnvironment("TINYGPT_FUZZ_SCHEMAS", UsualSchemas);
        int seed = FromEnvironment("TINYGPT_FUZZ_SEED", 0);
        using GptModel model = DialogueModels.Bytes();
        ConstraintVocabulary vocabulary = new(model);
        SortedDictionary<string, int> counts = [];
        int answers = 0;
        int refused = 0;
        for (int compiled = 0; compiled < schemas; seed++)
        {
            string text = new RandomSchemas(seed).Next();
            CompiledConstraint constraint;
            try
            {
                constraint = Constraint.FromJsonSchema(text).Compile(vocabulary);
            }
            catch (ConstraintException failure)
            {
                Assert.True(++refused <= schemas / 20, $"{refused} schemas are refused, the last one for {failure.Message}: {text}");
                continue;
            }

            compiled++;
            using (constraint)
            {
                JsonSchema schema = JsonSchema.FromText(text, new BuildOptions { SchemaRegistry = new SchemaRegistry() });
                for (int first = 0; first < AnswersEach; first += Batch)
                {
                    foreach ((string answer, FinishReason finish) in Answers(model, constraint, seed, first))
                    {
                        Assert.True(finish is FinishReason.Complete or FinishReason.EndOfText or FinishReason.Shortened, $"{finish}: {answer} by {text}");
                        string result = Judge(schema, text, answer);
                        counts[result] = counts.GetValueOrDefault(result) + 1;
                        counts[$"finished as {finish}"] = counts.GetValueOrDefault($"finished as {finish}") + 1;
                        answers++;
                    }
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{answers} answers under {schemas} schemas ({refused} refused): {string.Join(", ", counts.Select(item => $"{item.Value} {item.Key}"))}.");
        Assert.Equal(schemas * AnswersEach, answers);
        Assert.True(counts["valid"] > answers * 97 / 100, $"{counts["valid"]} of {answers} could be compared");
    }

    /// <summary>Checks an answer. It has to parse, and to be valid if the validator can compare it.</summary>
    /// <returns>"valid", or why the validator cannot say so.</returns>
    private static string Judge(JsonSchema schema, string text, string answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 512 });
            if (HasNumberBeyondTheValidator(answer))
            {
                return "with a number beyond the validator";
            }

            if (text.Contains("Length\":", StringComparison.Ordinal) && CountsDifferently(document.RootElement))
            {
                return "with characters that the validator counts as one";
            }

            Assert.True(schema.Evaluate(document.RootElement).IsValid, $"{answer} is not valid by {text}");
            return "valid";
        }
        catch (JsonException failure)
        {
            throw new Xunit.Sdk.XunitException($"{answer} is no JSON ({failure.Message}), by {text}");
        }
    }

    /// <summary>The validator computes with decimals: it cannot hold more than 28 digits, nor exponents beyond them.</summary>
    private static bool HasNumberBeyondTheValidator(string answer)
    {
        const int MaxDigits = 25;
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(answer), new JsonReaderOptions { MaxDepth = 512 });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                string[] parts = Encoding.UTF8.GetString(reader.ValueSpan).Split('e', 'E');
                if (parts[0].Length > MaxDigits || (parts.Length > 1 && (!int.TryParse(parts[1], CultureInfo.InvariantCulture, out int exponent) || Math.Abs(exponent) + parts[0].Length > MaxDigits)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The validator counts characters as they are seen, the specification counts code points.</summary>
    private static bool CountsDifferently(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(member => CountsDifferently(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(CountsDifferently),
        JsonValueKind.String => element.GetString()! is var value && new StringInfo(value).LengthInTextElements != value.EnumerateRunes().Count(),
        _ => false,
    };

    private static List<(string Text, FinishReason Finish)> Answers(GptModel model, CompiledConstraint constraint, int seed, int first)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = Batch });
        List<GptSession> sessions = [];
        for (int i = first; i < first + Batch; i++)
        {
            GptSession session = engine.CreateSession(
                new SamplingOptions { Temperature = 2, Seed = ((ulong)seed * 1000) + (ulong)i },
                new SessionOptions { Constraint = constraint, MaxNewTokens = Math.Max(MaxTokens, constraint.ShortestAnswer) });
            session.Append([seed % 256, i % 256]);
            sessions.Add(session);
        }

        engine.Step(StepBudget.Unlimited);
        List<(string, FinishReason)> answers = [];
        foreach (GptSession session in sessions)
        {
            answers.Add((Encoding.UTF8.GetString(model.Tokenizer!.Decode(session.AnswerTokens, 0)), session.Finish));
            session.Dispose();
        }

        return answers;
    }

    private static int FromEnvironment(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : usual;
}
