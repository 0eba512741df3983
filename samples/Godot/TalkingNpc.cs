using System.Numerics;
using System.Text;
using Godot;
using TinyGpt.Dialogue;

namespace TinyGpt.Samples.Godot;

/// <summary>
/// Somebody who can be talked to. Put it under the character's body, give it a persona file and a label, and call <see cref="Hear"/> with
/// what the player says: the answer runs into the label as it comes.
/// </summary>
public partial class TalkingNpc : Node3D
{
    private const int BytesPerFrame = 64;

    private readonly StringBuilder _shown = new();
    private Persona? _persona;
    private DialogueStage? _stage;
    private Npc? _npc;
    private Talk? _talk;

    /// <summary>The director, from the autoloads.</summary>
    [Export]
    public required DialogueDirector Director { get; set; }

    /// <summary>Where the words appear.</summary>
    [Export]
    public required Label3D Bubble { get; set; }

    /// <summary>The player, whose distance decides who is computed first.</summary>
    [Export]
    public required Node3D Player { get; set; }

    /// <summary>A persona as JSON.</summary>
    [Export]
    public string PersonaPath { get; set; } = "res://personas/mira.json";

    /// <summary>Whether an answer is on its way.</summary>
    public bool IsAnswering => Talk.State != TalkState.Idle || Talk.HasText;

    private Npc Npc => _npc ?? throw new InvalidOperationException("The node is not in the scene tree.");

    private Talk Talk => _talk ?? throw new InvalidOperationException("The node is not in the scene tree.");

    /// <inheritdoc/>
    public override void _Ready()
    {
        _persona = Persona.Load(ProjectSettings.GlobalizePath(PersonaPath));
        TakeStage(_persona);
    }

    /// <summary>Says something to the character; if it is still speaking, it breaks off, and knows how far it got.</summary>
    /// <param name="line">What the player said.</param>
    public void Hear(string line)
    {
        Talk.Say(line);
        ClearBubble();
    }

    /// <summary>The player walked away or fired a shot: the character stops in the middle of its sentence.</summary>
    public void BreakOff() => Talk.Interrupt();

    /// <summary>Has the world change what the character knows, such as <c>Learn("Sells", "ale 3")</c>; counts from the next answer on.</summary>
    /// <param name="key">What the fact is about.</param>
    /// <param name="value">What is so now; null takes the fact away.</param>
    public void Learn(string key, string? value) => Npc.SetFact(key, value);

    /// <summary>Asks how the character feels about something; the answer is not remembered. Read the choice once it has been made.</summary>
    /// <param name="about">A question such as <c>How do you feel about the stranger?</c></param>
    public Choice Feel(string about) => Talk.Choose(about, ["calm", "angry", "afraid"], remember: false);

    /// <inheritdoc/>
    public override void _Process(double delta)
    {
        if (_stage != Director.Stage && _persona is { } persona)
        {
            TakeStage(persona); // a game was loaded
        }

        Npc.Distance = Vector3.Distance(GlobalPosition, Player.GlobalPosition);
        Span<byte> utf8 = stackalloc byte[BytesPerFrame];
        Span<char> text = stackalloc char[BytesPerFrame];
        if (Talk.TryRead(utf8, out int written))
        {
            _shown.Append(text[..Encoding.UTF8.GetChars(utf8[..written], text)]);
            Bubble.Text = _shown.ToString(); // the engine's label wants a string; this is all that is allocated
        }
    }

    /// <summary>
    /// Finds the character on the stage, where it is when the scene was left and entered again or a game was loaded, or else puts it there.
    /// </summary>
    private void TakeStage(Persona persona)
    {
        _stage = Director.Stage;
        _npc = _stage.Npcs.FirstOrDefault(npc => npc.Name == persona.Name) ?? _stage.Add(persona);
        _talk = _stage.Talks.FirstOrDefault(talk => talk.Npc == _npc) ?? _stage.Open(_npc);
        _npc.Prepare(); // the card is read while the scene fades in
        ClearBubble();
    }

    private void ClearBubble()
    {
        _shown.Clear();
        Bubble.Text = "";
    }
}
