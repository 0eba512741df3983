using System.Text;
using TinyGpt.Dialogue;
using TinyGpt.Samples.Tavern;
using TinyGpt.Tavern;
using Xunit;

namespace TinyGpt.Samples.Tests;

/// <summary>The tavern as it is played without a terminal.</summary>
public sealed class TavernTests
{
    private const int GraphRow = 22;

    [Fact]
    public void A_frame_has_24_lines_of_80_characters_of_one_column_each()
    {
        string[] lines = Lines(Play(Script.Demo, 200).Frame);
        Assert.Equal(24, lines.Length);
        Assert.All(lines, line => Assert.Equal(80, line.Length));
        Assert.All(lines, line => Assert.All(line.EnumerateRunes(), rune => Assert.False(Rune.IsControl(rune))));
        Assert.Contains("The Gilded Goose", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Folk_talk_with_each_other_and_answer_the_player()
    {
        using GptModel model = TavernModel.Load();
        using TavernGame game = new(model, StepBudget.OnePass);
        Rehearsal rehearsal = new(game, Script.Parse(Script.Demo), 420);
        Patron mira = game.Folk[0];
        Assert.Equal("Player", mira.Talk.Transcript()[0].Speaker);
        Assert.Equal("How much is the stew?", mira.Talk.Transcript()[0].Text);
        Assert.Contains(mira.Talk.Transcript(), line => line.Speaker == "Mira" && line.Text.Length > 4);
        Assert.Contains(
            game.Stage.Exchanges, exchange => exchange.SecondSide.Transcript().Any(line => line.Speaker == exchange.Second.Name && line.Text.Length > 4));
        Assert.True(game.Panel.Count > 6, $"{game.Panel.Count} lines were spoken");
        Assert.True(game.Stage.ComputedTokens > 200);
        Assert.Equal(24, Lines(rehearsal.LastFrame).Length);
    }

    [Theory]
    [InlineData(110)]
    [InlineData(111)]
    [InlineData(113)]
    public void Whoever_is_talked_to_answers_whatever_the_frame(int frame)
    {
        using GptModel model = TavernModel.Load();
        using TavernGame game = new(model, StepBudget.OnePass);
        _ = new Rehearsal(game, Script.Parse($"5 up 2\n11 right 30\n{frame} say How much is the ale?"), frame + 150);
        Assert.Equal("Mira", game.Player.Partner?.Npc.Name);
        Assert.NotNull(game.Folk[0].Said);
        Assert.False(game.Folk[0].Said!.Words.IsEmpty);
    }

    [Fact]
    public void The_player_walks_up_to_somebody_and_no_farther()
    {
        using GptModel model = TavernModel.Load();
        using TavernGame game = new(model, StepBudget.OnePass);
        _ = new Rehearsal(game, Script.Parse("5 up 1\n8 right 30"), 110);
        Patron silas = game.Folk.Single(patron => patron.Npc.Name == "Silas");
        Assert.Equal((silas.NameColumn - 1, silas.Y), (game.Player.X, game.Player.Y));
    }

    [Fact]
    public void A_patron_answers_as_in_a_talk_of_the_library_with_its_card()
    {
        using GptModel model = TavernModel.Load();
        using GptEngine engine = new(model);
        using DialogueStage stage = new(model);
        byte[] buffer = new byte[1024];
        foreach (TavernCard card in TavernFolk.All.Take(4))
        {
            using TavernTalk direct = new(engine, card, SamplingOptions.Greedy);
            Talk talk = stage.Open(stage.Add(Patron.PersonaOf(card) with { Sampling = SamplingOptions.Greedy }));
            foreach (string question in new[] { "How much is the ale?", "Heard any rumours?", "Do you have work for me?" })
            {
                direct.Ask(question);
                engine.Step(StepBudget.Unlimited);
                direct.Session.TryRead(buffer, out int expected);
                direct.EndAnswer(buffer.AsSpan(0, expected));
                talk.Say(question);
                stage.Tick(StepBudget.Unlimited);
                Assert.Equal(Encoding.UTF8.GetString(buffer, 0, expected).Trim(), talk.Transcript()[^1].Text);
                while (talk.TryRead(buffer, out _))
                {
                }
            }
        }
    }

    [Fact]
    public void Drawing_allocates_nothing_once_it_is_warm()
    {
        Assert.Equal(0, Play(Script.Demo, 400).DrawingBytes);
    }

    [Fact]
    public void The_same_keys_give_the_same_words_in_the_same_frame()
    {
        string[] first = Lines(Play(Script.Demo, 260).Frame);
        string[] second = Lines(Play(Script.Demo, 260).Frame);
        Assert.Equal(first[..GraphRow], second[..GraphRow]); // below are times
    }

    [Fact]
    public void The_frame_that_the_readme_shows_is_the_one_that_is_played()
    {
        string[] readme = File.ReadAllLines(FindReadme());
        int first = Array.FindIndex(readme, line => line.StartsWith(" The Gilded Goose ", StringComparison.Ordinal));
        Assert.True(first > 0, "the README shows no frame");
        Assert.Contains("--demo 300", readme[first - 3], StringComparison.Ordinal);
        string[] played = Lines(Play(Script.Demo, 300).Frame);
        Assert.Equal(played[..GraphRow].Select(line => line.TrimEnd()), readme[first..(first + GraphRow)].Select(line => line.TrimEnd()));
    }

    [Fact]
    public void A_script_that_is_not_understood_names_the_line()
    {
        Assert.Contains("Line 2", Assert.Throws<FormatException>(() => Script.Parse("5 up 1\n6 jump 2")).Message, StringComparison.Ordinal);
        Assert.Contains("Line 1", Assert.Throws<FormatException>(() => Script.Parse("up")).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Script.Parse("5 up high"));
    }

    [Fact]
    public void Only_what_changed_goes_to_the_terminal_and_addresses_put_it_in_its_place()
    {
        Screen screen = new();
        Assert.NotEmpty(Present(screen, "one two"));
        Assert.Empty(Present(screen, "one two"));
        Assert.Equal("\e[4;8H\e[0mo", Present(screen, "one too"));
        int whole = Present(new Screen(), "one too").Length;
        screen.Forget();
        Assert.Equal(whole, Present(screen, "one too").Length);
    }

    [Theory]
    [InlineData("", 5, "")]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("one two three", 6, "one|two|three")]
    [InlineData("abcdefgh", 3, "abc|def|gh")]
    [InlineData("ab   cd", 4, "ab  |cd")]
    public void Lines_wrap_at_spaces(string text, int width, string expected)
    {
        List<string> lines = [];
        LineWrap wrap = new(text, width);
        while (wrap.MoveNext())
        {
            lines.Add(wrap.Current.ToString());
        }

        Assert.Equal(expected, string.Join('|', lines));
        Assert.Equal(lines.Count, LineWrap.Count(text, width, out int longest));
        Assert.Equal(lines.Select(line => line.Length).DefaultIfEmpty().Max(), longest);
    }

    [Fact]
    public void There_is_a_way_from_the_door_to_every_seat()
    {
        Room room = new();
        for (int seat = 0; seat < Room.Seats.Count; seat++)
        {
            (int x, int y) = (7, Room.Bottom - 2);
            for (int step = 0; step < 200; step++)
            {
                (x, y) = room.StepToward(seat, x, y);
            }

            Assert.Equal((Room.Seats[seat].X, Room.Seats[seat].Y), (x, y));
        }
    }

    private static string FindReadme()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TinyGpt.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new FileNotFoundException("The repository is not above the tests' folder."), "README.md");
    }

    private static string Present(Screen screen, string text)
    {
        using MemoryStream terminal = new();
        screen.Clear();
        screen.Write(2, 3, text, Ink.Plain);
        screen.Present(terminal);
        return Encoding.UTF8.GetString(terminal.ToArray());
    }

    private static (string Frame, long DrawingBytes) Play(string script, int frames)
    {
        using GptModel model = TavernModel.Load();
        using TavernGame game = new(model, StepBudget.OnePass);
        Rehearsal rehearsal = new(game, Script.Parse(script), frames);
        return (rehearsal.LastFrame, rehearsal.DrawingBytes);
    }

    private static string[] Lines(string frame) => frame.Split('\n')[..^1];
}
