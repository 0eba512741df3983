using Godot;
using TinyGpt.Dialogue;

namespace TinyGpt.Samples.Godot;

/// <summary>
/// Owns the model and the one stage of all characters, and advances it in each frame. Make it an autoload, before all scenes with
/// folk in them: Godot calls its <see cref="_Process"/> first then, so that words come in the frame in which they are computed.
/// </summary>
public partial class DialogueDirector : Node
{
    private GptModel? _model;
    private DialogueStage? _stage;

    /// <summary>
    /// The model. It must be a separate file beside the game, not inside the .pck, because it is mapped into memory.
    /// </summary>
    [Export]
    public string ModelPath { get; set; } = "res://villagers.tgpt";

    /// <summary>What every character of the world knows; computed once and shared.</summary>
    [Export]
    public string World { get; set; } = "";

    /// <summary>Milliseconds a frame; 2 of the 16.7 that a frame has at 60 a second.</summary>
    [Export]
    public double BudgetMilliseconds { get; set; } = 2;

    /// <summary>How many can speak at the same time; the rest wait for their turn, the nearest first.</summary>
    [Export]
    public int MostSpeakers { get; set; } = 8;

    /// <summary>The seed of a new game: the same seed and the same lines give the same words.</summary>
    [Export]
    public int Seed { get; set; }

    /// <summary>The stage. There from <see cref="_Ready"/> on.</summary>
    /// <exception cref="InvalidOperationException">The node is not in the tree.</exception>
    public DialogueStage Stage => _stage ?? throw new InvalidOperationException("The director is not in the scene tree: make it an autoload.");

    private StageOptions Options => new()
    {
        // Two sequences for each that speaks, one for the world.
        Engine = new GptEngineOptions { MaxSequences = (2 * MostSpeakers) + 1, MaxLookupTokens = 4 },
        World = World,
        Seed = unchecked((ulong)Seed),
    };

    /// <inheritdoc/>
    public override void _Ready()
    {
        _model = GptModel.Load(ProjectSettings.GlobalizePath(ModelPath));
        _stage = new DialogueStage(_model, Options); // all memory is taken here
    }

    /// <inheritdoc/>
    public override void _Process(double delta) => Stage.Tick(StepBudget.Milliseconds(BudgetMilliseconds));

    /// <summary>Writes all characters and talks into the game's save.</summary>
    /// <param name="save">The game's save, at the place of the stage; stays open.</param>
    public void Save(Stream save) => Stage.Save(save);

    /// <summary>Makes the saved stage the game's; each <see cref="TalkingNpc"/> finds itself on it in its next frame.</summary>
    /// <param name="save">The game's save, at the stage.</param>
    /// <exception cref="StageSaveException">The save is damaged or of another model; the stage is as it was.</exception>
    public void Load(Stream save)
    {
        DialogueStage restored = DialogueStage.Restore(save, Stage.Model, Options);
        _stage?.Dispose();
        _stage = restored;
    }

    /// <inheritdoc/>
    public override void _ExitTree()
    {
        _stage?.Dispose();
        _model?.Dispose();
        (_stage, _model) = (null, null);
    }
}
