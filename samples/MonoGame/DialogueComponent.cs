using Microsoft.Xna.Framework;
using TinyGpt.Dialogue;

namespace TinyGpt.Samples.MonoGame;

/// <summary>
/// Owns the stage of all characters, and advances it in each frame. Add it to <c>Game.Components</c>, and make it once: an engine
/// takes all its memory when it is made.
/// </summary>
public sealed class DialogueComponent : GameComponent
{
    private readonly StageOptions _options;
    private readonly StepBudget _budget;

    /// <summary>Makes the stage.</summary>
    /// <param name="game">The game.</param>
    /// <param name="model">The model; must stay alive as long as the component.</param>
    /// <param name="options">How the stage is made.</param>
    /// <param name="milliseconds">How long the stage works in a frame, 0 or more. At 60 frames a second a frame has 16.7.</param>
    public DialogueComponent(Game game, GptModel model, StageOptions options, double milliseconds = 2)
        : base(game)
    {
        _options = options;
        Stage = new DialogueStage(model, options);
        _budget = StepBudget.Milliseconds(milliseconds);
    }

    /// <summary>The stage; another one after <see cref="Load"/>.</summary>
    public DialogueStage Stage { get; private set; }

    /// <summary>
    /// Advances all characters. With <c>IsFixedTimeStep</c> MonoGame catches up on missed frames with several updates in a row; a slice of work in
    /// each is enough then.
    /// </summary>
    /// <param name="gameTime">The frame's time.</param>
    public override void Update(GameTime gameTime)
    {
        ArgumentNullException.ThrowIfNull(gameTime);
        Stage.Tick(gameTime.IsRunningSlowly ? StepBudget.Milliseconds(0) : _budget);
    }

    /// <summary>Writes all characters and talks into the game's save.</summary>
    /// <param name="save">The game's save, at the place of the stage; stays open.</param>
    public void Save(Stream save) => Stage.Save(save);

    /// <summary>Makes the saved stage the game's; each <see cref="Villager"/> finds itself on it in its next update.</summary>
    /// <param name="save">The game's save, at the stage.</param>
    /// <exception cref="StageSaveException">The save is damaged or of another model; the stage is as it was.</exception>
    public void Load(Stream save)
    {
        DialogueStage restored = DialogueStage.Restore(save, Stage.Model, _options);
        Stage.Dispose();
        Stage = restored;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Stage.Dispose();
        }

        base.Dispose(disposing);
    }
}
