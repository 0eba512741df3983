using System.Numerics;
using Godot;
using Microsoft.Xna.Framework;
using Microsoft.Xna.Framework.Graphics;
using TinyGpt.Dialogue;
using TinyGpt.Samples.Godot;
using TinyGpt.Samples.MonoGame;
using TinyGpt.Tavern;
using Xunit;

namespace TinyGpt.Samples.Tests;

/// <summary>The pieces for engines, with the members of those engines that they use.</summary>
public sealed class EngineSampleTests
{
    private const int MostFrames = 4000;

    private static readonly Persona Mira = new()
    {
        Name = "Mira",
        Mood = "cheerful",
        Facts = [new("Trade", "innkeeper"), new("Home", "the Gilded Goose"), new("Sells", "ale 3, stew 5")],
    };

    [Fact]
    public void A_villager_of_MonoGame_speaks_and_goes_on_after_a_save_was_loaded()
    {
        using GptModel model = TavernModel.Load();
        using DialogueComponent dialogue = new(new Game(), model, new StageOptions { Seed = 3 });
        using Villager mira = new(dialogue, Mira);
        mira.Hear("How much is the ale?");
        SpriteBatch sprites = new();
        Run(dialogue, mira, () => sprites.LastText.Length > 4, sprites);
        using MemoryStream save = new();
        dialogue.Save(save);
        string said = Finish(dialogue, mira, sprites);
        DialogueStage before = dialogue.Stage;
        save.Position = 0;
        dialogue.Load(save);
        Assert.NotSame(before, dialogue.Stage);
        string rest = Finish(dialogue, mira, sprites);
        Assert.EndsWith(rest, said, StringComparison.Ordinal);
        Assert.Same(dialogue.Stage.Npcs[0], mira.Npc);
        Assert.Equal(said, dialogue.Stage.Talks[0].Transcript()[^1].Text);
    }

    [Fact]
    public void A_node_of_Godot_streams_its_answer_into_its_label_and_learns()
    {
        using TemporaryFiles files = new();
        using DialogueDirector director = new() { ModelPath = files.Model, BudgetMilliseconds = 20, MostSpeakers = 2 };
        director._Ready();
        Label3D bubble = new();
        using TalkingNpc mira = new() { Director = director, Bubble = bubble, Player = new Node3D(), PersonaPath = files.Persona };
        mira._Ready();
        mira.Learn("Sells", "ale 9");
        mira.Hear("How much is the ale?");
        Assert.True(mira.IsAnswering);
        RunNode(director, mira);
        Talk talk = director.Stage.Talks[0];
        Assert.True(bubble.Text.Length > 4);
        Assert.Equal(talk.Transcript()[^1].Text, bubble.Text);
        Assert.Equal("ale 9", director.Stage.Npcs[0].GetFact("Sells"));

        using MemoryStream save = new();
        director.Save(save);
        save.Position = 0;
        director.Load(save);
        mira._Process(0);
        Assert.Equal(2, director.Stage.Talks[0].Transcript().Count);
        Choice choice = mira.Feel("How do you feel about me?");
        RunNode(director, mira);
        Assert.True(choice.IsMade);
        mira._ExitTree();
        director._ExitTree();
    }

    private static void RunNode(DialogueDirector director, TalkingNpc npc)
    {
        int frame = 0;
        do
        {
            director._Process(1 / 60.0);
            npc._Process(1 / 60.0);
        }
        while (npc.IsAnswering && frame++ < MostFrames);
        Assert.False(npc.IsAnswering);
    }

    private static string Finish(DialogueComponent dialogue, Villager villager, SpriteBatch sprites)
    {
        Run(dialogue, villager, () => dialogue.Stage.Talks[0] is { State: TalkState.Idle, HasText: false }, sprites);
        return sprites.LastText;
    }

    private static void Run(DialogueComponent dialogue, Villager villager, Func<bool> isOver, SpriteBatch sprites)
    {
        SpriteFont font = new();
        for (int frame = 0; frame < MostFrames; frame++)
        {
            dialogue.Update(new GameTime(TimeSpan.FromSeconds(1 / 60.0)));
            villager.Update(1 / 60.0, Vector2.Zero);
            villager.Draw(sprites, font);
            if (isOver())
            {
                return;
            }
        }

        Assert.Fail("It never ends.");
    }

    /// <summary>The tavern's model and a persona as files.</summary>
    private sealed class TemporaryFiles : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tinygpt-samples");

        public TemporaryFiles()
        {
            using Stream source = typeof(TavernModel).Assembly.GetManifestResourceStream("tavern.tgpt")!;
            using FileStream model = File.Create(Model);
            source.CopyTo(model);
            using FileStream persona = File.Create(Persona);
            Mira.Write(persona);
        }

        public string Model => Path.Combine(_folder.FullName, "tavern.tgpt");

        public string Persona => Path.Combine(_folder.FullName, "mira.json");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
