using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>A busy evening, call by call: states, ends and words of every tick are those that the stage has always had.</summary>
public sealed class StageHistoryTests
{
    private const int Ticks = 420;

    [Theory]
    [InlineData(5, 14, false, "11de1ca46e6e6090")]
    [InlineData(9, 20, true, "52403f4c2e92bb99")]
    [InlineData(20, null, false, "068ed08bfc355fe2")]
    public void Every_tick_is_as_it_was(int sequences, int? pages, bool plain, string expected)
    {
        using GptModel model = DialogueModels.Bytes();
        StageOptions options = StageScript.Options(sequences, pages, world: plain ? "" : "The Gilded Goose stands at the road to Eastford.", lookup: 3);
        using DialogueStage stage = new(model, plain ? options with { Layout = PromptLayout.Plain } : options);
        Npc[] npcs = [.. Enumerable.Range(0, 6).Select(i => stage.Add((i % 2 == 0 ? StageScript.Mira : StageScript.Tom) with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Take(4).Select((npc, i) => stage.Open(npc, $"Guest{i}"))];
        Exchange exchange = stage.OpenBetween(npcs[4], npcs[5]);
        StringBuilder history = new();
        byte[] buffer = new byte[16];
        for (int tick = 0; tick < Ticks; tick++)
        {
            Call(tick, npcs, talks, exchange, history);
            history.Append(CultureInfo.InvariantCulture, $"\n{tick} {stage.Tick(StepBudget.OnePass)}");
            foreach (Talk talk in talks)
            {
                history.Append(CultureInfo.InvariantCulture, $" {talk.State}/{talk.LastEnd}/");
                if (tick % 3 > 0 && talk.TryRead(buffer, out int written))
                {
                    history.Append(Convert.ToHexString(buffer, 0, written));
                }
            }

            while (exchange.TryRead(buffer, out int written, out Npc? speaker))
            {
                history.Append(speaker!.Name).Append(Convert.ToHexString(buffer, 0, written));
            }
        }

        foreach (Talk talk in talks.Append(exchange.FirstSide).Append(exchange.SecondSide))
        {
            history.Append('\n').AppendJoin('\n', talk.Transcript());
        }

        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(history.ToString())))[..16]);
    }

    private static void Call(int tick, Npc[] npcs, Talk[] talks, Exchange exchange, StringBuilder history)
    {
        switch (tick)
        {
            case 0:
                talks[0].Say("Hello, tell me all.");
                talks[1].Ask("What do you do?", Saves.SavedScenes.Deed);
                npcs[3].Prepare();
                break;
            case 5:
                exchange.Begin("How is business?", lines: 5);
                npcs[2].Distance = 25;
                talks[2].Say("You there!");
                break;
            case 30:
                npcs[2].Distance = 0;
                npcs[0].Distance = 60;
                talks[0].Say("Enough!");
                break;
            case 45:
                talks[0].Interrupt();
                talks[3].Say("Well?");
                npcs[1].Mood = "tired";
                break;
            case 60:
                talks[3].Cancel();
                talks[1].Summary = "They quarrelled.";
                talks[1].Say("Good day. What news is there?");
                break;
            case 75:
                history.Append(talks[2].Choose("Which door?", ["the left door", "the right door", "none"]).Options.Count);
                break;
            case 110:
                talks[1].Interrupt(shownBytes: 3);
                npcs[0].SetFact("Sells", "ale 9");
                talks[0].Say("And now?");
                npcs[3].Distance = float.PositiveInfinity;
                talks[3].Say("Are you far?");
                break;
            case 150:
                exchange.Stop();
                npcs[3].Distance = 15;
                talks[2].Ask("A deed?", Saves.SavedScenes.Deed, remember: false);
                break;
            case 200:
                exchange.IsHeard = false;
                exchange.Begin("Again?", lines: 4);
                talks[1].Say("One line, and");
                talks[1].Say("another at once.");
                break;
            case 260:
                talks[3].Close();
                talks[0].Say("Last one.");
                break;
            case 320:
                exchange.Stop();
                break;
            case 330:
                exchange.IsHeard = true;
                exchange.Begin("Once more.", lines: 2);
                talks[2].Say("Bye.");
                break;
        }
    }
}
