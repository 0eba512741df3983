using System.Text.Json;
using TinyGpt.Constraints;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Answers within any constraint: valid, whole, the same whatever happens meanwhile.</summary>
public sealed class ConstraintTests
{
    private const string OrderSchema = """
        {
          "type": "object",
          "properties": {
            "item": { "enum": ["ale", "bread", "room"] },
            "count": { "type": "integer", "minimum": 1, "maximum": 12 },
            "notes": { "type": "array", "items": { "type": "string", "maxLength": 8 }, "maxItems": 2 }
          },
          "required": ["item", "count", "notes"],
          "additionalProperties": false
        }
        """;

    private static readonly Constraint Order = Constraint.FromJsonSchema(OrderSchema);

    [Fact]
    public void An_answer_within_a_schema_is_whole_and_part_of_the_talk()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        stage.Prepare(Order);
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        HashSet<string> items = [];
        for (int i = 0; i < 15; i++)
        {
            talk.Ask($"What do you order, for the {i}th time?", Order, maxTokens: 70);
            StageScript.Finish(stage, i % 2 == 0 ? StepBudget.OnePass : StepBudget.Unlimited);
            string answer = StageScript.Read(talk);
            using JsonDocument document = JsonDocument.Parse(answer);
            items.Add(document.RootElement.GetProperty("item").GetString()!);
            Assert.InRange(document.RootElement.GetProperty("count").GetInt32(), 1, 12);
            Assert.True(document.RootElement.GetProperty("notes").GetArrayLength() <= 2);
            Assert.DoesNotContain('\n', answer);
            Assert.EndsWith($"Mira: {answer}", StageScript.Lines(talk), StringComparison.Ordinal);
            Assert.Equal(TalkEnd.Finished, talk.LastEnd);
        }

        Assert.True(items.Count > 1);
        StageScript.Ask(stage, talk, "Thank you.");
    }

    [Theory]
    [InlineData("[a-z]+( [a-z]+)*")]
    [InlineData("(?:yes|no|perhaps)[.!]?")]
    public void An_answer_that_may_go_on_ends_as_answers_end_in_the_layout(string expression)
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        Constraint words = Constraint.FromRegex(expression);
        HashSet<int> lengths = [];
        for (int i = 0; i < 12; i++)
        {
            talk.Ask("Well?", words, remember: i % 2 == 0);
            StageScript.Finish(stage);
            string answer = StageScript.Read(talk);
            Assert.Matches($"^{expression}$", answer);
            Assert.Equal(TalkEnd.Finished, talk.LastEnd);
            lengths.Add(answer.Length);
        }

        Assert.True(lengths.Count > 1);
    }

    [Fact]
    public void A_gbnf_grammar_and_a_pattern_constrain_too_and_recursion_works()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        talk.Ask("Nest.", Constraint.FromGbnf("root ::= \"(\" root? \")\""), maxTokens: 9);
        StageScript.Finish(stage);
        string nested = StageScript.Read(talk);
        Assert.Matches(@"^\(+\)+$", nested);
        Assert.Equal(nested.Count(c => c == '('), nested.Count(c => c == ')'));
        talk.Ask("How many?", Constraint.FromPattern(Pattern.Sequence(Pattern.WholeNumber(3, 17), Pattern.OneOf(" ales", " stews"))));
        StageScript.Finish(stage);
        Assert.Matches("^([3-9]|1[0-7]) (ales|stews)$", StageScript.Read(talk));
    }

    [Theory]
    [InlineData(9, null, 0, 1)]
    [InlineData(3, 14, 4, 2)]
    public void Budgets_threads_eviction_and_suspension_change_no_answer(int sequences, int? pages, int lookup, int threads)
    {
        using GptModel model = DialogueModels.Bytes();
        Assert.Equal(
            Answers(model, StageScript.Options(sequences: 20), StepBudget.Unlimited, moves: false),
            Answers(model, StageScript.Options(sequences, pages, threads: threads, lookup: lookup), StepBudget.OnePass, moves: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_save_in_the_middle_of_an_answer_goes_on_with_it(bool keysAndValues)
    {
        using GptModel model = DialogueModels.Bytes();
        foreach (Constraint constraint in new[]
        {
            Order, Constraint.FromRegex("[a-z ]{20,40}"), Constraint.FromGbnf("root ::= word (\" \" word)*\nword ::= [a-z]{1,9}"),
            Constraint.FromPattern(Pattern.Record(("deed", Pattern.OneOf("\"a\"", "\"b\"")), ("n", Pattern.WholeNumber(1, 5).Repeated(2, 4, "-")))),
        })
        {
            for (int ticks = 0; ticks < 30; ticks += 7)
            {
                using DialogueStage stage = new(model, StageScript.Options());
                Talk talk = stage.Open(stage.Add(StageScript.Mira));
                talk.Ask("What do you order?", constraint, maxTokens: 60);
                for (int tick = 0; tick < ticks; tick++)
                {
                    stage.Tick(StepBudget.OnePass);
                }

                using MemoryStream save = new();
                stage.Save(save, keysAndValues);
                save.Position = 0;
                using DialogueStage restored = DialogueStage.Restore(save, model, StageScript.Options());
                StageScript.Finish(stage);
                StageScript.Finish(restored);
                Assert.Equal(StageScript.Read(talk), StageScript.Read(restored.Talks[0]));
                Assert.Equal(StageScript.Lines(talk), StageScript.Lines(restored.Talks[0]));
            }
        }
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira));
        Assert.Throws<ConstraintException>(() => talk.Ask("Well?", Constraint.FromRegex("a\nb")));
        Assert.Throws<ArgumentOutOfRangeException>(() => talk.Ask("Well?", Order, maxTokens: 0));
        Assert.Throws<ArgumentException>(() => talk.Ask("Well?", Order, maxTokens: 500));
        Assert.Throws<ArgumentException>(() => talk.Ask(" ", Order));
        Assert.Throws<ArgumentNullException>(() => talk.Ask("Well?", (Constraint)null!));
    }

    /// <summary>What several characters answer within the schema while the arena is too small for all of them.</summary>
    private static string Answers(GptModel model, StageOptions options, StepBudget budget, bool moves)
    {
        using DialogueStage stage = new(model, options);
        Npc[] npcs = [.. Enumerable.Range(0, 4).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Select(npc => stage.Open(npc))];
        for (int round = 0; round < 2; round++)
        {
            foreach (Talk talk in talks)
            {
                talk.Ask("What do you order?", Order, maxTokens: 60);
            }

            for (int tick = 0; stage.Tick(budget) == StepStatus.Working; tick++)
            {
                npcs[tick % 4].Distance = moves ? (tick * 7 % 5) + 1 : 0;
            }
        }

        return string.Join('\n', talks.Select(StageScript.Lines));
    }
}
