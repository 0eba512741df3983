using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Scheduling;
using TinyGpt.Dialogue.Stage;

namespace TinyGpt.Dialogue;

/// <summary>
/// A character on a stage: its persona and what the game has changed of it. What is changed counts from the next answer on, and costs the
/// reading of what follows it in the prompt. Thread-safe. Changing the card allocates; distances do not. Once the stage is disposed a card
/// can still be read and changed, but no character uses it.
/// </summary>
public sealed class Npc
{
    private readonly StageCore _core;

    internal Npc(StageCore core, DialogueStage stage, StageCharacter character)
    {
        _core = core;
        Stage = stage;
        Character = character;
    }

    /// <summary>What the character is called; never changes, and need not be unique.</summary>
    public string Name => Character.Card.Name;

    /// <summary>The persona as it was given, without what the game has changed.</summary>
    public Persona Persona => Character.Card.Persona;

    /// <summary>
    /// How the character feels; one line of at most <see cref="Persona.MaxNameLength"/> characters, empty where the card does not say.
    /// </summary>
    /// <exception cref="PersonaException">
    /// The text is null, too long, of more than one line, no valid Unicode, or contains what the layout marks turns with. The mood stays as it was.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The card becomes too long for the model's context, or cannot be written with its vocabulary. The mood stays as it was.
    /// </exception>
    public string Mood
    {
        get
        {
            lock (_core.Gate)
            {
                return Character.Card.Mood;
            }
        }

        set
        {
            lock (_core.Gate)
            {
                Character.Card.Change(value, Character.Card.Facts);
            }
        }
    }

    /// <summary>The facts of the card as they are now, in order. Allocates a copy.</summary>
    public IReadOnlyList<PersonaFact> Facts
    {
        get
        {
            lock (_core.Gate)
            {
                return [.. Character.Card.Facts];
            }
        }
    }

    /// <summary>
    /// How far the character is from the player, in whatever unit <see cref="StageOptions.FullRateDistance"/> has; 0 (the default) or more.
    /// Nearer characters go first and farther ones get a smaller share; at infinity one says nothing until it comes nearer. It never changes
    /// words, only when they come.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The distance is negative or no number.</exception>
    public float Distance
    {
        get
        {
            lock (_core.Gate)
            {
                return Character.Distance;
            }
        }

        set
        {
            lock (_core.Gate)
            {
                Character.Distance = value;
                _core.Wake();
            }
        }
    }

    /// <summary>
    /// What the character can do within an answer to <see cref="Talk.Say"/>, at most 64 actions with different names; none by default. With actions an
    /// answer is words and after them at most one action, whichever the model finds likely. The player is shown the words; the game takes the action by
    /// <see cref="Talk.TryTakeAction"/>. Counts from the next line on, and not in exchanges. Saved with the stage. Setting it compiles, which takes
    /// some milliseconds and allocates; the first time on a stage also as <see cref="DialogueStage.Prepare(TinyGpt.Constraints.Constraint)"/> says.
    /// </summary>
    /// <remarks>
    /// The words of such answers have no control characters and no <c>{</c>, which begins the action. The action counts among the persona's
    /// <see cref="Persona.MaxAnswerTokens"/>, and none is begun for which too few are left. The card does not mention actions: write
    /// <see cref="CharacterAction.Form"/> into <see cref="StageOptions.World"/> or a fact, so that the model knows of them.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="ArgumentException">There are too many actions, their texts have more than a million bytes, one is null, or two have the same name.</exception>
    /// <exception cref="TinyGpt.Constraints.ConstraintException">
    /// The model's vocabulary cannot write an action within the layout, or all of them are too large.
    /// </exception>
    public IReadOnlyList<CharacterAction> Actions
    {
        get
        {
            lock (_core.Gate)
            {
                return [.. Character.Request.Actions?.Actions ?? []];
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            AnswerRequest request = value.Count == 0 ? AnswerRequest.Free
                : _core.Requests.ByActions(new ActionSet(value), Persona.MaxAnswerTokens, Character.Options.StopStrings);
            lock (_core.Gate)
            {
                Character.Change(request);
            }
        }
    }

    internal DialogueStage Stage { get; }

    internal StageCharacter Character { get; }

    /// <summary>Finds a fact.</summary>
    /// <param name="key">Its key, compared by its characters.</param>
    /// <returns>Its value, or null where the card does not say.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public string? GetFact(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_core.Gate)
        {
            return Character.Card.FindFact(key);
        }
    }

    /// <summary>Changes a fact of the card, or adds one at its end. Allocates.</summary>
    /// <param name="key">What it is about; 1 … <see cref="Persona.MaxKeyLength"/> characters of one line.</param>
    /// <param name="value">
    /// What is so now, 1 … <see cref="Persona.MaxLineLength"/> characters of one line; null takes the fact off the card, where it is there.
    /// </param>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    /// <exception cref="PersonaException">
    /// A text is empty, too long, of more than one line, no valid Unicode or contains what the layout marks turns with, or there would be more than
    /// <see cref="Persona.MaxFacts"/> facts. The card stays as it was.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The card becomes too long for the model's context, or cannot be written with its vocabulary. It stays as it was.
    /// </exception>
    public void SetFact(string key, string? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_core.Gate)
        {
            Character.Card.SetFact(key, value);
        }
    }

    /// <summary>
    /// Has the card read in the next ticks, before any talk with the character, so that the first answer comes sooner. Does nothing if
    /// there is no memory to spare for that.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Prepare()
    {
        lock (_core.Gate)
        {
            _core.RequireAlive();
            Character.WantPrefix(true);
            _core.Wake();
        }
    }
}
