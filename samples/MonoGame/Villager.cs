using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using Microsoft.Xna.Framework.Graphics;
using TinyGpt.Dialogue;

namespace TinyGpt.Samples.MonoGame;

/// <summary>
/// Somebody who can be talked to, and who shows what they say at some characters a second. From line to picture nothing is allocated.
/// </summary>
public sealed class Villager : IDisposable
{
    private const double BytesPerSecond = 40;
    private const int LargestCharacter = 4; // bytes of UTF-8

    private readonly StringBuilder _shown = new(1024);
    private readonly DialogueComponent _dialogue;
    private readonly Persona _persona;
    private DialogueStage _stage;
    private Talk _talk;
    private double _allowance;

    /// <summary>Puts a character on the stage.</summary>
    /// <param name="dialogue">The game's component.</param>
    /// <param name="persona">Who it is.</param>
    /// <exception cref="PersonaException">The persona is not valid.</exception>
    public Villager(DialogueComponent dialogue, Persona persona)
    {
        ArgumentNullException.ThrowIfNull(dialogue);
        _dialogue = dialogue;
        _persona = persona;
        TakeStage();
    }

    /// <summary>The character on the stage: facts and moods are changed there.</summary>
    public Npc Npc { get; private set; }

    /// <summary>The villager's position.</summary>
    public Vector2 Position { get; set; }

    /// <summary>Says something to the villager; what it was saying is cut off at the last character that was drawn.</summary>
    /// <param name="line">What the player said.</param>
    public void Hear(ReadOnlySpan<char> line)
    {
        _talk.Say(line); // of the answer before stays what was read, and text is read when it is drawn
        _shown.Clear();
        _allowance = 0;
    }

    /// <summary>Reads as much as can be said in this frame.</summary>
    /// <param name="seconds">The frame's time.</param>
    /// <param name="listener">The player's position.</param>
    public void Update(double seconds, Vector2 listener)
    {
        if (_stage != _dialogue.Stage)
        {
            TakeStage(); // a game was loaded
        }

        Npc.Distance = Vector2.Distance(Position, listener);
        _allowance = Math.Min(_allowance + (seconds * BytesPerSecond), 2 * LargestCharacter);
        Span<byte> utf8 = stackalloc byte[LargestCharacter];
        Span<char> text = stackalloc char[LargestCharacter];
        while (_allowance >= LargestCharacter && _talk.TryRead(utf8, out int written))
        {
            _allowance -= written;
            _shown.Append(text[..Encoding.UTF8.GetChars(utf8[..written], text)]);
        }
    }

    /// <summary>Draws the words.</summary>
    /// <param name="sprites">A batch that has begun.</param>
    /// <param name="font">The font.</param>
    public void Draw(SpriteBatch sprites, SpriteFont font)
    {
        ArgumentNullException.ThrowIfNull(sprites);
        sprites.DrawString(font, _shown, Position);
    }

    /// <summary>Ends the talk.</summary>
    public void Dispose() => _talk.Close();

    [MemberNotNull(nameof(_stage), nameof(_talk), nameof(Npc))]
    private void TakeStage()
    {
        _stage = _dialogue.Stage;
        Npc = _stage.Npcs.FirstOrDefault(npc => npc.Name == _persona.Name) ?? _stage.Add(_persona);
        _talk = _stage.Talks.FirstOrDefault(talk => talk.Npc == Npc) ?? _stage.Open(Npc);
        Npc.Prepare();
        _shown.Clear();
    }
}
