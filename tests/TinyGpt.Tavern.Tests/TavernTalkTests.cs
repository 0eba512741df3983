using System.Text;
using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class TavernTalkTests
{
    [Fact]
    public void The_innkeeper_quotes_the_prices_of_her_card_and_the_new_one_after_a_change()
    {
        using Scene scene = new();
        Assert.Contains("ale for 3, stew for 5 and bed for 12", scene.Ask("What do you sell?"), StringComparison.Ordinal);
        Assert.True(scene.Talk.Card.TryWithPrice("ale", 9, out TavernCard? card, out _));
        scene.Talk.Card = card;
        Assert.Contains("ale for 9, stew for 5 and bed for 12", scene.Ask("What do you sell?"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_is_one_line_that_begins_with_a_space()
    {
        using Scene scene = new();
        string answer = scene.Ask("Hello!");
        Assert.StartsWith(" ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', answer);
        Assert.True(answer.Length > 4, answer);
    }

    [Fact]
    public void Nobody_says_the_same_line_twice()
    {
        using Scene scene = new();
        string[] answers = [.. Enumerable.Range(0, 6).Select(_ => scene.Ask("What do you sell?"))];
        Assert.Equal(answers.Length, answers.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_long_talk_forgets_its_oldest_turns_and_keeps_the_card()
    {
        using Scene scene = new();
        for (int turn = 0; turn < 25; turn++)
        {
            scene.Ask($"This is line {turn} of a talk that has many long lines, and it goes on and on about the road.");
        }

        string text = scene.Text;
        Assert.StartsWith(TavernFolk.All[0].ToString(), text, StringComparison.Ordinal);
        Assert.DoesNotContain("line 0 of", text, StringComparison.Ordinal);
        Assert.Contains("line 24 of", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_is_new_is_read_again()
    {
        using Scene scene = new();
        scene.Ask("Hello!");
        int before = scene.Talk.Session.Tokens.Length;
        scene.Talk.Ask("How are you?");
        Assert.StartsWith(
            scene.Decode(scene.Talk.Session.Tokens[..(before - 1)]), scene.Decode(scene.Talk.Session.Tokens), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_talk()
    {
        using Scene first = new();
        using Scene second = new();
        foreach (string line in (string[])["Hello!", "What do you sell?", "Goodbye."])
        {
            Assert.Equal(first.Ask(line), second.Ask(line));
        }
    }

    /// <summary>An engine with the default model, and a talk with the innkeeper.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly GptModel _model = TavernModel.Load();
        private readonly GptEngine _engine;

        public Scene()
        {
            _engine = new GptEngine(_model);
            Talk = new TavernTalk(_engine, TavernFolk.All[0], SamplingOptions.Greedy);
        }

        public TavernTalk Talk { get; }

        public string Text => Decode(Talk.Session.Tokens);

        public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(_model.Tokenizer!.Decode(tokens));

        public string Ask(string line)
        {
            Talk.Ask(line);
            byte[] answer = new byte[4096];
            int length = 0;
            StepStatus status;
            do
            {
                status = _engine.Step(StepBudget.OnePass);
                while (Talk.Session.TryRead(answer.AsSpan(length), out int written))
                {
                    length += written;
                }
            }
            while (status != StepStatus.Idle);

            Talk.EndAnswer(answer.AsSpan(0, length));
            return Encoding.UTF8.GetString(answer, 0, length);
        }

        public void Dispose()
        {
            Talk.Dispose();
            _engine.Dispose();
            _model.Dispose();
        }
    }
}
