using TinyGpt.Dialogue.Personas;

namespace TinyGpt.Dialogue.Prompts;

/// <summary>
/// A character as text: its persona, what the game has changed of it, and the tokens of both after those of the world. Not thread-safe.
/// </summary>
internal sealed class CharacterCard
{
    private readonly PromptWriter _prompts;
    private readonly List<PersonaFact> _facts;

    /// <exception cref="PersonaException">A text contains what the layout marks turns with.</exception>
    /// <exception cref="ArgumentException">The card does not fit the context, or cannot be written.</exception>
    public CharacterCard(PromptWriter prompts, Persona persona, int number)
    {
        _prompts = prompts;
        Persona = persona;
        Number = number;
        _facts = [.. persona.Facts];
        Mood = persona.Mood;
        AnswerStart = prompts.AnswerStart(persona.Name);
        AnswerStartBytes = prompts.TextLength(AnswerStart);
        Prefix = Write(Mood, _facts);
    }

    /// <summary>The character's number on its stage, in the order in which they were added.</summary>
    public int Number { get; }

    public string Name => Persona.Name;

    /// <summary>The persona as it was given.</summary>
    public Persona Persona { get; }

    public string Mood { get; private set; }

    public IReadOnlyList<PersonaFact> Facts => _facts;

    /// <summary>The tokens of the world and the card.</summary>
    public int[] Prefix { get; private set; }

    /// <summary>The tokens before the character's answer.</summary>
    public int[] AnswerStart { get; }

    /// <summary>Bytes of <see cref="AnswerStart"/>.</summary>
    public int AnswerStartBytes { get; }

    /// <summary>The persona with what the game has changed.</summary>
    public Persona Changed() => Persona with { Mood = Mood, Facts = [.. _facts] };

    /// <summary>The value of a fact, or null where the card does not say.</summary>
    public string? FindFact(string key)
    {
        int index = _facts.FindIndex(fact => fact.Key == key);
        return index < 0 ? null : _facts[index].Value;
    }

    /// <summary>Changes a fact, adds one at the end, or takes one off the card.</summary>
    public void SetFact(string key, string? value)
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

        Change(Mood, facts);
    }

    /// <summary>Changes mood and facts, or nothing if the card would not be one.</summary>
    public void Change(string mood, IReadOnlyList<PersonaFact> facts)
    {
        PersonaFact[] changed = [.. facts];
        PersonaRules.Check(Persona with { Mood = mood, Facts = changed }, Name);
        Prefix = Write(mood, changed);
        Mood = mood;
        _facts.Clear();
        _facts.AddRange(changed);
    }

    private int[] Write(string mood, IReadOnlyList<PersonaFact> facts)
    {
        _prompts.CardMarks(Name).Check(Persona with { Mood = mood, Facts = facts });
        int[] prefix = [.. _prompts.World, .. _prompts.Card(Persona, mood, facts)];
        int most = _prompts.ContextLength - Persona.MaxAnswerTokens - AnswerStart.Length - PromptWriter.MinLineTokens;
        return prefix.Length <= most ? prefix : throw new ArgumentException(
            $"The world and the card of {Name} take {prefix.Length} tokens, and beside an answer of {Persona.MaxAnswerTokens} tokens the model's "
            + $"context of {_prompts.ContextLength} has room for {Math.Max(0, most)}: shorten them, or the answers.");
    }
}
