using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Scheduling;

/// <summary>The content of a stage: characters, talks and exchanges in the order in which they came, and the seeds of talks. Not thread-safe.</summary>
internal sealed class Roster(ulong seed, int lookupTokens)
{
    private readonly List<StageCharacter> _characters = [];
    private readonly List<AnswerRun> _runs = [];
    private readonly List<ExchangeTurns> _exchanges = [];

    /// <summary>The seed of everything random on the stage.</summary>
    public ulong Seed { get; private set; } = seed;

    /// <summary>Talks that were opened so far, closed ones included.</summary>
    public int Opened { get; private set; }

    // Lists, not interfaces of them: walking them allocates nothing.
    public List<StageCharacter> Characters => _characters;

    /// <summary>The answers of the open talks.</summary>
    public List<AnswerRun> Runs => _runs;

    public List<ExchangeTurns> Exchanges => _exchanges;

    /// <summary>Whether anything is to be said or computed.</summary>
    public bool IsBusy
    {
        get
        {
            foreach (AnswerRun run in _runs)
            {
                if (run.IsBusy)
                {
                    return true;
                }
            }

            foreach (ExchangeTurns exchange in _exchanges)
            {
                if (exchange.LinesLeft > 0)
                {
                    return true;
                }
            }

            foreach (StageCharacter character in _characters)
            {
                if (character.Prefix is { IsBusy: true })
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Becomes the roster of a save, which is empty so far.</summary>
    public void Restore(ulong seed, int opened) => (Seed, Opened) = (seed, opened);

    /// <summary>Adds a character.</summary>
    /// <exception cref="PersonaException">A text of its card contains what the layout marks turns with.</exception>
    /// <exception cref="ArgumentException">Its card does not fit the context, or cannot be written.</exception>
    public StageCharacter Add(Persona persona, PromptWriter prompts)
    {
        StageCharacter character = new(new CharacterCard(prompts, persona, _characters.Count), prompts.Layout.AnswerEnd, lookupTokens);
        _characters.Add(character);
        return character;
    }

    /// <summary>The seed of a talk.</summary>
    public ulong SeedOf(int talk) => SeedSequence.Derive(Seed, (ulong)talk);

    /// <summary>The number of the next talk.</summary>
    public int OpenNext() => Opened++;

    /// <summary>Whose card a talk is with.</summary>
    public StageCharacter CharacterOf(AnswerRun run) => _characters[run.Talk.Card.Number];

    /// <summary>Forgets a talk that was closed, and the exchange that it was a side of.</summary>
    public void Remove(AnswerRun run)
    {
        _runs.Remove(run);
        if (run.Exchange is { } exchange)
        {
            exchange.End();
            _exchanges.Remove(exchange);
        }
    }
}
