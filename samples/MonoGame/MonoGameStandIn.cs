// So that this folder compiles without the framework: the few members of MonoGame's API that the sample uses, doing the least that they can.
// In a project of MonoGame leave this file out.

using System.Numerics;
using System.Text;

namespace Microsoft.Xna.Framework
{
    /// <summary>Stands for a game.</summary>
    public class Game;

    /// <summary>Stands for the time of a frame.</summary>
    /// <param name="ElapsedGameTime">Time since the last frame.</param>
    /// <param name="IsRunningSlowly">Whether the game is behind its rate.</param>
    public sealed record GameTime(TimeSpan ElapsedGameTime, bool IsRunningSlowly = false);

    /// <summary>Stands for a part of a game that is updated in each frame.</summary>
    /// <param name="game">The game.</param>
    public class GameComponent(Game game) : IDisposable
    {
        /// <summary>The game.</summary>
        public Game Game { get; } = game;

        /// <summary>Called once a frame.</summary>
        /// <param name="gameTime">The frame's time.</param>
        public virtual void Update(GameTime gameTime)
        {
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Frees what the component holds.</summary>
        /// <param name="disposing">Whether it is disposed of, not finalized.</param>
        protected virtual void Dispose(bool disposing)
        {
        }
    }
}

namespace Microsoft.Xna.Framework.Graphics
{
    /// <summary>Stands for a font.</summary>
    public sealed class SpriteFont;

    /// <summary>Stands for a batch of sprites.</summary>
    public sealed class SpriteBatch
    {
        /// <summary>What was drawn last.</summary>
        public string LastText { get; private set; } = "";

        /// <summary>Draws a text.</summary>
        /// <param name="font">The font.</param>
        /// <param name="text">The text; taken as it is, so that a text that changes need not become a string.</param>
        /// <param name="position">The upper left corner; MonoGame's vector has the same members.</param>
        public void DrawString(SpriteFont font, StringBuilder text, Vector2 position) => LastText = $"{text}";
    }
}
