using System.Globalization;
using System.Text;
using System.Text.Json;
using Json.Schema;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>
/// Answers of a model with random weights, sampled at temperature 2, under random schemas: all parse, and another program's validator finds
/// all of them valid. 200 schemas with 100 answers each.
/// </summary>
public sealed class RandomAnswerTests
{
    private const int Schemas = 200;
    private const int AnswersEach = 100;
    private const int Batch = 10;

    [Fact]
    public void EveryAnswerIsValid()
    {
        using GptModel model = DialogueModels.Bytes();
        ConstraintVocabulary vocabulary = new(model);
        int answers = 0;
        int refused = 0;
        int shortened = 0;
        int unjudged = 0;
        for (int seed = 0; answers < Schemas * AnswersEach; seed++)
        {
            string text = new RandomSchemas(seed).Next();
            CompiledConstraint constraint;
            try
            {
                constraint = Constraint.FromJsonSchema(text).Compile(vocabulary);
            }
            catch (ConstraintException)
            {
                refused++;
                Assert.True(refused < Schemas / 4, $"{refused} of {seed} schemas are refused, the last one: {text}");
                continue;
            }

            using (constraint)
            {
                JsonSchema schema = JsonSchema.FromText(text, new BuildOptions { SchemaRegistry = new SchemaRegistry() });
                for (int first = 0; first < AnswersEach; first += Batch)
                {
                    foreach ((string answer, FinishReason finish) in Answers(model, constraint, seed, first, Math.Min(Batch, AnswersEach - first)))
                    {
                        if (finish is FinishReason.Length)
                        {
                            Assert.True(constraint.ShortestAnswer > 100, $"cut short: {answer} of {text}");
                            continue;
                        }

                        shortened += finish == FinishReason.Shortened ? 1 : 0;
                        unjudged += AssertValid(schema, text, answer) ? 0 : 1;
                        answers++;
                    }
                }
            }
        }

        Assert.True(unjudged < answers / 4, $"{unjudged} answers have numbers that the validator cannot hold");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{answers} answers parse and are valid but for {unjudged} with numbers beyond the validator; {shortened} were shortened; {refused} schemas were refused.");
    }

    /// <summary>Checks an answer.</summary>
    /// <returns>False if it has a number that the validator cannot hold, and was only parsed.</returns>
    private static bool AssertValid(JsonSchema schema, string text, string answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 512 });
            if (HasNumberBeyondTheValidator(answer))
            {
                return false;
            }

            Assert.True(schema.Evaluate(document.RootElement).IsValid, $"{answer} is not valid by {text}");
            return true;
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

    private static List<(string Text, FinishReason Finish)> Answers(GptModel model, CompiledConstraint constraint, int seed, int first, int count)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = Batch });
        List<GptSession> sessions = [];
        for (int i = 0; i < count; i++)
        {
            GptSession session = engine.CreateSession(
                new SamplingOptions { Temperature = 2, Seed = ((ulong)seed * 1000) + (ulong)(first + i) },
                new SessionOptions { Constraint = constraint, MaxNewTokens = 160 });
            session.Append([seed % 256, (first + i) % 256]);
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
}
