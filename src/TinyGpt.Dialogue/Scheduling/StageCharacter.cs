using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Scheduling;

/// <summary>
/// A character as it is scheduled: how far away it is, and its prefix session, which computes world and card once for all of its talks. Not
/// thread-safe.
/// </summary>
internal sealed class StageCharacter
{
    private float _distance;

    /// <param name="card">Its card.</param>
    /// <param name="answerEnd">What ends an answer in the stage's layout.</param>
    /// <param name="lookupTokens">Draft tokens of prompt lookup.</param>
    public StageCharacter(CharacterCard card, string answerEnd, int lookupTokens)
    {
        Card = card;
        Options = new SessionOptions
        {
            MaxNewTokens = card.Persona.MaxAnswerTokens,
            StopStrings = [.. ((string[])[answerEnd, .. card.Persona.Stops]).Distinct(StringComparer.Ordinal)],
            LookupTokens = lookupTokens,
        };
    }

    public CharacterCard Card { get; }

    /// <summary>How it answers freely.</summary>
    public SessionOptions Options { get; }

    /// <summary>What is asked of it where the game asks for nothing else: to answer freely, with its actions if it has some.</summary>
    public AnswerRequest Request { get; private set; } = AnswerRequest.Free;

    /// <summary>How far it is from the player, 0 or more.</summary>
    public float Distance
    {
        get => _distance;
        set => _distance = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A distance is 0 or more.");
    }

    /// <summary>Whether the prefix is to be computed before any talk with the character.</summary>
    public bool IsPrefixWanted { get; private set; }

    /// <summary>The prefix session, which has computed world and card, or is about to; null where there is none.</summary>
    public GptSession? Prefix { get; private set; }

    /// <summary>The maximum number of pages of the prefix session while it computes; 0 afterwards.</summary>
    public int ReservedPages { get; private set; }

    /// <summary>The tick in which the prefix session was last used.</summary>
    public long UsedIn { get; private set; }

    public bool IsEvictable => Prefix is not null && ReservedPages == 0;

    /// <summary>Gives it actions, or none.</summary>
    public void Change(in AnswerRequest request) => Request = request;

    public void WantPrefix(bool isWanted) => IsPrefixWanted = isWanted;

    public void Take(GptSession session) => Prefix = session;

    /// <summary>Gives the prefix session back, which the caller empties.</summary>
    public GptSession GiveBack()
    {
        GptSession session = Prefix!;
        Prefix = null;
        ReservedPages = 0;
        return session;
    }

    /// <summary>Has the prefix session compute world and card.</summary>
    public void Compute(GptSession? world, int pages)
    {
        GptSession session = Prefix!;
        int common = session.Tokens.CommonPrefixLength(Card.Prefix);
        session.Rewind(common);
        session.PassInterval = 1;
        if (common < Card.Prefix.Length)
        {
            session.Append(Card.Prefix.AsSpan(common), answer: false);
        }

        if (world is not null)
        {
            session.ShareKeysAndValues(world);
        }

        ReservedPages = pages;
    }

    public void Use(long tick) => UsedIn = tick;

    /// <summary>Gives up what was reserved, once everything is computed.</summary>
    /// <returns>Whether that came about now.</returns>
    public bool TryFinish()
    {
        bool isDone = ReservedPages > 0 && Prefix is { IsBusy: false };
        ReservedPages = isDone ? 0 : ReservedPages;
        return isDone;
    }
}
