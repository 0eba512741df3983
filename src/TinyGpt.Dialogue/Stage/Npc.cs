using TinyGpt.Dialogue.Personas;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue;

/// <summary>
/// A character on a stage: its persona and what the game has changed of it. What is changed counts from the next answer on, and costs the
/// reading of what stands behind it in the prompt. Thread-safe. Changing the card allocates; distances do not. Once the stage is disposed a card
/// can still be read and changed, and nobody speaks by it.
/// </summary>
public sealed class Npc
{
    private readonly List<PersonaFact> _facts;
    private string _mood;
    private float _distance;

    internal Npc(DialogueStage stage, Persona persona, int number)
    {
        Stage = stage;
        Persona = persona;
        Number = number;
        _facts = [.. persona.Facts];
        _mood = persona.Mood;
        AnswerStart = stage.Prompts.AnswerStart(persona.Name);
        AnswerStartBytes = stage.Model.Tokenizer!.Decode(AnswerStart, AnswerStart[0]).Length;
        PromptLayout layout = stage.Prompts.Layout;
        Options = new SessionOptions
        {
            MaxNewTokens = persona.MaxAnswerTokens,
            StopStrings = [.. ((string[])[layout.AnswerEnd, .. persona.Stops]).Distinct(StringComparer.Ordinal)],
            LookupTokens = stage.LookupTokens,
        };
        Prefix = Write(_mood, _facts);
    }

    /// <summary>What the character is called; never changes, and need not be unique.</summary>
    public string Name => Persona.Name;

    /// <summary>The persona as it was given, without what the game has changed.</summary>
    public Persona Persona { get; }

    /// <summary>
    /// How the character feels; one line of at most <see cref="Persona.LongestName"/> characters, empty where the card does not say.
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
            lock (Stage.Gate)
            {
                return _mood;
            }
        }

        set
        {
            lock (Stage.Gate)
            {
                Change(value, _facts);
            }
        }
    }

    /// <summary>The facts of the card as they are now, in order. Allocates a copy.</summary>
    public IReadOnlyList<PersonaFact> Facts
    {
        get
        {
            lock (Stage.Gate)
            {
                return [.. _facts];
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
            lock (Stage.Gate)
            {
                return _distance;
            }
        }

        set
        {
            if (!(value >= 0))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "A distance is 0 or more.");
            }

            lock (Stage.Gate)
            {
                _distance = value;
                Stage.Wake();
            }
        }
    }

    internal DialogueStage Stage { get; }

    internal int Number { get; }

    /// <summary>The tokens of the world and the card.</summary>
    internal int[] Prefix { get; private set; }

    /// <summary>The tokens behind which the character's answer begins.</summary>
    internal int[] AnswerStart { get; }

    /// <summary>Bytes of <see cref="AnswerStart"/>.</summary>
    internal int AnswerStartBytes { get; }

    /// <summary>How it answers freely.</summary>
    internal SessionOptions Options { get; }

    /// <summary>The session that has computed <see cref="Prefix"/>, or is about to; null where there is none.</summary>
    internal GptSession? Base { get; set; }

    /// <summary>Pages that the base can come to need while it is computed.</summary>
    internal int BaseReservedPages { get; set; }

    /// <summary>Whether the base is to be computed though nobody talks to the character yet.</summary>
    internal bool WantsBase { get; set; }

    /// <summary>The tick in which the base was last used.</summary>
    internal long BaseUsed { get; set; }

    /// <summary>Finds a fact.</summary>
    /// <param name="key">Its key, compared by its characters.</param>
    /// <returns>Its value, or null where the card does not say.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public string? GetFact(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (Stage.Gate)
        {
            int index = _facts.FindIndex(fact => fact.Key == key);
            return index < 0 ? null : _facts[index].Value;
        }
    }

    /// <summary>Changes a fact of the card, or adds one at its end. Allocates.</summary>
    /// <param name="key">What it is about; 1 … <see cref="Persona.LongestKey"/> characters of one line.</param>
    /// <param name="value">
    /// What is so now, 1 … <see cref="Persona.LongestLine"/> characters of one line; null takes the fact off the card, where it is there.
    /// </param>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    /// <exception cref="PersonaException">
    /// A text is empty, too long, of more than one line, no valid Unicode or contains what the layout marks turns with, or there would be more than
    /// <see cref="Persona.MostFacts"/> facts. The card stays as it was.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The card becomes too long for the model's context, or cannot be written with its vocabulary. It stays as it was.
    /// </exception>
    public void SetFact(string key, string? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (Stage.Gate)
        {
            List<PersonaFact> facts = [.. _facts];
            int index = facts.FindIndex(fact => fact.Key == key);
            if (value is null)
            {
                facts.RemoveAll(fact => fact.Key == key);
            }
            else if (index < 0)
            {
                facts.Add(new PersonaFact(key, value));
            }
            else
            {
                facts[index] = new PersonaFact(key, value);
            }

            Change(_mood, facts);
        }
    }

    /// <summary>
    /// Has the card read in the next ticks, before anybody talks to the character, so that the first answer comes sooner. Does nothing where
    /// there is no memory to spare for that.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Prepare()
    {
        lock (Stage.Gate)
        {
            Stage.RequireAlive();
            WantsBase = true;
            Stage.Wake();
        }
    }

    /// <summary>The persona with what the game has changed.</summary>
    internal Persona Changed() => Persona with { Mood = _mood, Facts = [.. _facts] };

    private void Change(string mood, List<PersonaFact> facts)
    {
        PersonaRules.Check(Persona with { Mood = mood, Facts = facts }, Name);
        Prefix = Write(mood, facts);
        _mood = mood;
        if (facts != _facts)
        {
            _facts.Clear();
            _facts.AddRange(facts);
        }
    }

    private int[] Write(string mood, List<PersonaFact> facts)
    {
        PersonaRules.CheckMarks(Persona with { Mood = mood, Facts = facts }, Name, Stage.Prompts.CardMarks(Name));
        int[] card = Stage.Prompts.Card(Persona, mood, facts, Stage.WorldIds.Length > 0);
        int[] prefix = [.. Stage.WorldIds, .. card];
        int most = Stage.Model.Config.ContextLength - Persona.MaxAnswerTokens - AnswerStart.Length - DialogueStage.LeastLineTokens;
        return prefix.Length <= most ? prefix : throw new ArgumentException(
            $"The world and the card of {Name} take {prefix.Length} tokens, and beside an answer of {Persona.MaxAnswerTokens} tokens the model's "
            + $"context of {Stage.Model.Config.ContextLength} has room for {Math.Max(0, most)}: shorten them, or the answers.");
    }
}
