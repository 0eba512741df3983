using System.Text;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Two characters that talk with each other.</summary>
public sealed class ExchangeTests
{
    [Fact]
    public void An_exchange_ends_where_the_next_line_has_no_room()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Exchange exchange = stage.OpenBetween(stage.Add(StageScript.Mira with { MaxAnswerTokens = 60 }), stage.Add(StageScript.Tom with { MaxAnswerTokens = 60 }));
        exchange.IsHeard = false;
        foreach (Talk side in new[] { exchange.FirstSide, exchange.SecondSide })
        {
            // The longest summary that leaves room for a short line.
            int length = 500;
            while (Record.Exception(() => side.Summary = new string('x', length)) is not null)
            {
                length--;
            }
        }

        exchange.Begin("Hm?", lines: 50);
        for (int tick = 0; stage.Tick(StepBudget.Passes(16)) != StepStatus.Idle; tick++)
        {
            Assert.True(tick < 500, "the exchange waits for ever");
        }

        Assert.False(exchange.IsRunning);
        Assert.Contains(TalkEnd.NoRoom, new[] { exchange.FirstSide.LastEnd, exchange.SecondSide.LastEnd });
    }

    [Fact]
    public void Each_hears_what_the_other_says_and_remembers_what_it_said_itself()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options() with { Layout = PromptLayout.Plain });
        Exchange exchange = stage.OpenBetween(stage.Add(StageScript.Mira), stage.Add(StageScript.Tom));
        exchange.Begin("How is business, Tom?", lines: 5);
        Assert.True(exchange.IsRunning);
        string heard = Play(stage, exchange);
        Assert.False(exchange.IsRunning);
        Assert.Equal(Texts(exchange.FirstSide), Texts(exchange.SecondSide));
        Assert.Equal($"How is business, Tom?{heard}".Split('\n').Select(line => StageScript.Heard(line)), Texts(exchange.FirstSide));
        Assert.Equal(6, exchange.FirstSide.Transcript().Count);
        Assert.Equal(["Mira", "Tom", "Mira", "Tom", "Mira", "Tom"], exchange.SecondSide.Transcript().Select(line => line.Speaker));
    }

    [Fact]
    public void A_side_says_what_it_would_say_to_a_player_who_says_the_same()
    {
        using GptModel model = DialogueModels.Bytes();
        Persona tom = StageScript.Tom with { Sampling = SamplingOptions.Greedy };
        using DialogueStage stage = new(model, StageScript.Options());
        Exchange exchange = stage.OpenBetween(stage.Add(StageScript.Mira with { Sampling = SamplingOptions.Greedy }), stage.Add(tom));
        exchange.Begin("How is business?", lines: 1);
        Play(stage, exchange);
        using DialogueStage other = new(model, StageScript.Options());
        string answer = StageScript.Ask(other, other.Open(other.Add(tom)), "How is business?");
        Assert.Equal(answer, exchange.SecondSide.Transcript()[^1].Text);
    }

    [Fact]
    public void A_line_waits_until_the_one_before_was_read_unless_nobody_listens()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Exchange exchange = stage.OpenBetween(stage.Add(StageScript.Mira), stage.Add(StageScript.Tom));
        exchange.Begin("How is business?", lines: 4);
        StageScript.Finish(stage);
        Assert.Equal(StepStatus.Waiting, stage.Tick(StepBudget.Unlimited));
        Assert.Equal(2, exchange.FirstSide.Transcript().Count);
        exchange.IsHeard = false;
        StageScript.Finish(stage);
        Assert.Equal(5, exchange.FirstSide.Transcript().Count);
        Assert.False(exchange.IsRunning);
    }

    [Fact]
    public void A_stopped_exchange_keeps_what_was_heard_of_it_and_can_begin_again()
    {
        using GptModel model = DialogueModels.Bytes();
        for (int ticks = 1; ticks < 60; ticks += 7)
        {
            using DialogueStage stage = new(model, StageScript.Options());
            Exchange exchange = stage.OpenBetween(stage.Add(StageScript.Mira), stage.Add(StageScript.Tom));
            exchange.Begin("How is business?", lines: 4);
            StringBuilder heard = new();
            byte[] buffer = new byte[16];
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.OnePass);
                if (exchange.TryRead(buffer, out int written, out _))
                {
                    heard.Append(Encoding.UTF8.GetString(buffer, 0, written));
                }
            }

            Assert.Throws<InvalidOperationException>(() => exchange.Begin("Again?"));
            Assert.Throws<InvalidOperationException>(() => exchange.FirstSide.Say("Hey!"));
            exchange.Stop();
            stage.Tick(StepBudget.OnePass);
            Assert.False(exchange.IsRunning);
            Assert.Equal(Texts(exchange.FirstSide), Texts(exchange.SecondSide));
            Assert.Equal(StageScript.Heard(heard.ToString()), StageScript.Heard(string.Concat(Texts(exchange.SecondSide).Skip(1))));
            exchange.Begin("Well then?", lines: 1);
            Assert.NotEmpty(Play(stage, exchange));
            exchange.Close();
            stage.Tick(StepBudget.OnePass);
            Assert.Empty(stage.Exchanges);
        }
    }

    [Fact]
    public void Nobody_talks_with_itself()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Npc mira = stage.Add(StageScript.Mira);
        Assert.Throws<ArgumentException>(() => stage.OpenBetween(mira, mira));
    }

    private static IEnumerable<string> Texts(Talk side) => side.Transcript().Select(line => StageScript.Heard(line.Text));

    private static string Play(DialogueStage stage, Exchange exchange)
    {
        StringBuilder heard = new();
        byte[] buffer = new byte[64];
        Npc? last = null;
        while (exchange.IsRunning || exchange.FirstSide.HasText || exchange.SecondSide.HasText)
        {
            stage.Tick(StepBudget.OnePass);
            while (exchange.TryRead(buffer, out int written, out Npc? speaker))
            {
                heard.Append(speaker != last ? "\n" : "").Append(Encoding.UTF8.GetString(buffer, 0, written));
                last = speaker;
            }
        }

        return heard.ToString();
    }
}
