using System.Text;
using System.Text.Json;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Dialogue.Tests;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Constraints.Tests;

public sealed class ConstrainedSessionTests
{
    private const string Schema = """
        {"type": "object", "additionalProperties": false, "required": ["name", "rooms", "open"], "properties": {
            "name": {"type": "string", "maxLength": 12},
            "rooms": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 99}, "minItems": 1, "maxItems": 4},
            "open": {"type": "boolean"},
            "guest": {"$ref": "#"}}}
        """;

    private static readonly SamplingOptions Hot = new() { Temperature = 2, Seed = 11 };

    private static readonly Constraint Wanted = Constraint.FromJsonSchema(Schema, new JsonSchemaOptions { IsCompact = true });

    [Fact]
    public void AnswersHaveTheSameBitsOnAllTiersThreadsBatchesAndBudgets()
    {
        using GptModel model = DialogueModels.Bytes();
        ConstraintVocabulary vocabulary = new(model);
        using CompiledConstraint constraint = Wanted.Compile(vocabulary);
        string expected = string.Join('|', Run(model, constraint, KernelTier.Scalar, 1, 1, StepBudget.Unlimited));
        foreach (KernelTier tier in KernelTiers.All.Where(KernelTiers.IsSupported))
        {
            foreach ((int threads, int batch, int lookup) in new[] { (1, 3, 0), (2, 1, 4), (4, 8, 8) })
            {
                // Another state of the caches each time, and once so small that states are forgotten while an answer is under way.
                using CompiledConstraint other = Wanted.Compile(vocabulary, new ConstraintOptions { MaxStates = 1024, MaxTokenSets = 4 });
                Assert.Equal(expected, string.Join('|', Run(model, other, tier, threads, batch, StepBudget.Unlimited, lookup)));
            }
        }

        Assert.Equal(expected, string.Join('|', Run(model, constraint, KernelTiers.Select(), 1, 3, StepBudget.Slices(1), 4)));
    }

    [Fact]
    public void NothingIsAllocatedForATokenOnceTheCachesAreSized()
    {
        using GptModel model = DialogueModels.Bytes();
        using CompiledConstraint constraint = Wanted.Compile(new ConstraintVocabulary(model));
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(Hot, new SessionOptions { Constraint = constraint, MaxNewTokens = 400 });
        byte[] text = new byte[4096];
        for (int round = 0; round < 3; round++)
        {
            session.Rewind(0);
            session.Reseed(5);
            session.Append([65, 66]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            while (engine.Step(StepBudget.OnePass) != StepStatus.Idle)
            {
                session.TryRead(text, out _);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(session.GeneratedTokens > 10);
            Assert.True(round == 0 || allocated == 0, $"{allocated} bytes in round {round}");
        }
    }

    [Fact]
    public void AnAnswerIsWholeWhenItsTokensRunOut()
    {
        using GptModel model = DialogueModels.Bytes();
        using CompiledConstraint constraint = Wanted.Compile(new ConstraintVocabulary(model));
        int shortest = constraint.ShortestAnswer;
        Assert.Equal("""{"name":"","rooms":[1],"open":true}""".Length, shortest);
        int shortened = 0;
        for (int tokens = shortest; tokens < shortest + 60; tokens += 3)
        {
            (string text, FinishReason finish, int count) = Answer(model, constraint, tokens, (ulong)tokens);
            using JsonDocument document = JsonDocument.Parse(text);
            Assert.InRange(count, 1, tokens);
            Assert.True(finish is FinishReason.Complete or FinishReason.Shortened, finish.ToString());
            shortened += finish == FinishReason.Shortened ? 1 : 0;
        }

        Assert.InRange(shortened, 1, 20);
        Assert.Equal(FinishReason.Length, Answer(model, constraint, shortest / 4, 1).Finish);
    }

    [Fact]
    public void ForcedStretchesTakeFewerPasses()
    {
        using GptModel model = DialogueModels.Bytes();
        GrammarBuilder builder = new();
        Constraint fixedText = Constraint.FromGrammar(builder, builder.Sequence(
            builder.Literal("""{"the name of the other inn is": """), builder.Choice(builder.Literal("12"), builder.Literal("true")), builder.Literal("}")));
        using CompiledConstraint constraint = fixedText.Compile(new ConstraintVocabulary(model));
        int Passes(int lookup)
        {
            using GptEngine engine = new(model, new GptEngineOptions { MaxLookupTokens = lookup });
            using GptSession session = engine.CreateSession(
                SamplingOptions.Greedy with { LogitBias = Enumerable.Range(0, 256).ToDictionary(id => id, _ => -1000f) },
                new SessionOptions { Constraint = constraint, LookupTokens = lookup });
            session.Append([65]);
            int passes = 0;
            while (engine.Step(StepBudget.OnePass) != StepStatus.Idle)
            {
                passes++;
            }

            Assert.Equal(FinishReason.Complete, session.Finish);
            return passes;
        }

        Assert.True(Passes(8) * 2 < Passes(0), $"{Passes(8)} passes with drafts, {Passes(0)} without");
    }

    [Fact]
    public void ASavedAnswerGoesOnInAnotherEngineWithAnotherCompiledConstraint()
    {
        using GptModel model = DialogueModels.Bytes();
        ConstraintVocabulary vocabulary = new(model);
        using CompiledConstraint constraint = Wanted.Compile(vocabulary);
        using CompiledConstraint again = Wanted.Compile(vocabulary);
        GrammarBuilder builder = new();
        using CompiledConstraint other = Constraint.FromGrammar(builder, builder.Literal("no")).Compile(vocabulary);
        SessionOptions options = new() { Constraint = constraint };
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 4 });
        using GptSession session = engine.CreateSession(Hot, options);
        session.Append([65]);
        engine.Step(StepBudget.Passes(9));
        using MemoryStream saved = new();
        session.Save(saved);
        engine.Step(StepBudget.Unlimited);
        saved.Position = 0;
        using GptSession restored = engine.Restore(saved, Hot, options with { Constraint = again });
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(session.AnswerTokens.ToArray(), restored.AnswerTokens.ToArray());
        saved.Position = 0;
        Assert.Throws<SnapshotException>(() => engine.Restore(saved, Hot, options with { Constraint = other }));
    }

    [Fact]
    public void AWindowThatSlidesOverTheAnswerIsRefused()
    {
        using GptModel model = DialogueModels.Bytes();
        using CompiledConstraint constraint = Wanted.Compile(new ConstraintVocabulary(model));
        using GptEngine engine = new(model);
        Assert.Throws<ArgumentException>(() => engine.CreateSession(
            Hot, new SessionOptions { Constraint = constraint, ContextPolicy = ContextPolicy.SlidingWindow }));
    }

    private static List<string> Run(
        GptModel model, CompiledConstraint constraint, KernelTier tier, int threads, int batch, StepBudget budget, int lookup = 0)
    {
        const int Answers = 8;
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = batch, Threads = threads, Tier = tier, MaxLookupTokens = lookup });
        List<string> texts = [];
        for (int first = 0; first < Answers; first += batch)
        {
            List<GptSession> sessions = [];
            for (int i = first; i < Math.Min(first + batch, Answers); i++)
            {
                GptSession session = engine.CreateSession(
                    Hot with { Seed = (ulong)i }, new SessionOptions { Constraint = constraint, MaxNewTokens = 120, LookupTokens = lookup });
                session.Append([65, 66, i]);
                sessions.Add(session);
            }

            while (engine.Step(budget) != StepStatus.Idle)
            {
                // Every session reads its text at the end.
            }

            foreach (GptSession session in sessions)
            {
                texts.Add(Encoding.UTF8.GetString(model.Tokenizer!.Decode(session.AnswerTokens, 0)) + session.Finish);
                session.Dispose();
            }
        }

        return texts;
    }

    private static (string Text, FinishReason Finish, int Tokens) Answer(GptModel model, CompiledConstraint constraint, int tokens, ulong seed)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            Hot with { Seed = seed }, new SessionOptions { Constraint = constraint, MaxNewTokens = tokens });
        session.Append([65]);
        engine.Step(StepBudget.Unlimited);
        return (Encoding.UTF8.GetString(model.Tokenizer!.Decode(session.AnswerTokens, 0)), session.Finish, session.GeneratedTokens);
    }
}
