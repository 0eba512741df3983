using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>What compiled constraints hold is within what was planned for them before.</summary>
public sealed class ConstraintMemoryTests
{
    private static readonly ConstraintOptions Small = new() { MaxStates = 1024, MaxTokenSets = 8 };

    [Fact]
    public void CachesStayWithinTheirPlanWhateverIsWritten()
    {
        using GptModel model = DialogueModels.Bytes();
        CheckWalks(new ConstraintVocabulary(model), schemas: 60, answers: 30);
    }

    [Fact]
    public void CachesStayWithinTheirPlanWithALargeVocabulary()
    {
        using GptModel model = DialogueModels.Gpt2Vocabulary();
        CheckWalks(new ConstraintVocabulary(model), schemas: 8, answers: 4);
    }

    [Fact]
    public void StatesAreForgottenBeforeThePlanIsExceeded()
    {
        // What is left of it after some bytes depends on the last 16 of them, so nearly every token makes new states.
        Constraint constraint = Constraint.FromRegex("[ab]*a[ab]{16}c");
        using GptModel model = DialogueModels.Bytes();
        using CompiledConstraint compiled = constraint.Compile(new ConstraintVocabulary(model), Small);
        Random random = new(1);
        int forgotten = 0;
        for (int answer = 0; answer < 200; answer++)
        {
            forgotten += Walk(compiled, random, 40);
            Assert.InRange(compiled.MemoryBytes, 1, compiled.PlannedBytes);
        }

        Assert.True(forgotten > 2, $"states were forgotten {forgotten} times");
    }

    [Fact]
    public void AnEnginesPlanHasConstraintsWhereTheyAreAdded()
    {
        using GptModel model = DialogueModels.Bytes();
        ConstraintVocabulary vocabulary = new(model);
        using CompiledConstraint compiled = Constraint.FromRegex("yes|no").Compile(vocabulary);
        MemoryPlan plan = MemoryPlan.For(model.Config, new GptEngineOptions());
        MemoryPlan whole = plan with { Constraints = vocabulary.MemoryBytes + compiled.PlannedBytes };
        Assert.Equal(0, plan.Constraints);
        Assert.Equal(plan.Total + vocabulary.MemoryBytes + compiled.PlannedBytes, whole.Total);
        Assert.True(vocabulary.PlanBytes(Small) < vocabulary.PlanBytes());
    }

    private static void CheckWalks(ConstraintVocabulary vocabulary, int schemas, int answers)
    {
        for (int seed = 0; seed < schemas; seed++)
        {
            string text = new RandomSchemas(seed).Next();
            Constraint constraint;
            try
            {
                constraint = Constraint.FromJsonSchema(text);
            }
            catch (ConstraintException)
            {
                continue;
            }

            using CompiledConstraint compiled = constraint.Compile(vocabulary, Small);
            Random random = new(seed);
            for (int answer = 0; answer < answers; answer++)
            {
                Walk(compiled, random, 60);
                Assert.True(compiled.MemoryBytes <= compiled.PlannedBytes, $"{compiled.MemoryBytes} bytes, {compiled.PlannedBytes} planned: {text}");
            }
        }
    }

    /// <summary>Writes random tokens that are allowed.</summary>
    /// <returns>How often the constraint forgot the state.</returns>
    private static int Walk(CompiledConstraint constraint, Random random, int tokens)
    {
        ulong[] allowed = new ulong[(constraint.TokenCount + 63) / 64];
        List<int> answer = [];
        int forgotten = 0;
        int state = constraint.Start;
        while (answer.Count < tokens && !constraint.IsComplete(state))
        {
            Array.Clear(allowed);
            constraint.AllowWithin(state, tokens - answer.Count, allowed);
            int[] options = [.. Enumerable.Range(0, constraint.TokenCount).Where(id => (allowed[id / 64] >> (id % 64) & 1) != 0)];
            answer.Add(options[random.Next(options.Length)]);
            state = constraint.Advance(state, answer[^1]);
            if (!constraint.IsState(state))
            {
                forgotten++;
                state = constraint.Replay([.. answer]);
            }
        }

        return forgotten;
    }
}
