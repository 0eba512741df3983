using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Scheduling;

/// <summary>
/// Decides which talk has a session and pages. An answer begins only when every page that it might need is free and unreserved, so that none runs out of memory
/// half-way; what is idle is evicted for it, the least recently used first. Not thread-safe; allocates nothing.
/// </summary>
internal sealed class PageReservations
{
    private readonly GptEngine _engine;
    private readonly SessionPool _sessions;
    private readonly Roster _roster;
    private readonly int _worldTokens;

    /// <param name="engine">The engine, all of whose sessions are the stage's.</param>
    /// <param name="sessions">Its sessions.</param>
    /// <param name="roster">The talks that may have them.</param>
    /// <param name="prompts">How long prompts can be, and the tokens of the world.</param>
    /// <exception cref="ArgumentException">The arena is too small for the world and one talk.</exception>
    public PageReservations(GptEngine engine, SessionPool sessions, Roster roster, PromptWriter prompts)
    {
        int[] world = prompts.World;
        (_engine, _sessions, _roster, _worldTokens) = (engine, sessions, roster, world.Length);
        int needed = PagesFor(world.Length) + PagesFor(prompts.ContextLength) + 2;
        if (engine.KvPages < needed)
        {
            throw new ArgumentException(
                $"The arena has {engine.KvPages} pages, and the world and one talk can take {needed}: raise GptEngineOptions.KvPages.",
                nameof(engine));
        }

        if (world.Length > 0)
        {
            World = sessions.Take();
            World.Append(world, answer: false);
        }
    }

    /// <summary>The session that computes the world, or null without one.</summary>
    public GptSession? World { get; }

    public static int PagesFor(int tokens) => (tokens + GptEngine.PositionsPerPage - 1) / GptEngine.PositionsPerPage;

    /// <summary>Takes a session, if necessary an idle one of another talk.</summary>
    /// <returns>The session, empty; null if all are in use.</returns>
    public GptSession? TakeSession(StageCharacter character)
    {
        if (_sessions.Available == 0 && !TryEvict(character, except: null))
        {
            return null;
        }

        GptSession session = _sessions.Take();
        session.PassInterval = 0;
        return session;
    }

    /// <summary>Sessions that could be taken for a character.</summary>
    public int CountAvailable(StageCharacter character)
    {
        int count = _sessions.Available;
        foreach (AnswerRun run in _roster.Runs)
        {
            count += run.IsEvictable ? 1 : 0;
        }

        foreach (StageCharacter other in _roster.Characters)
        {
            count += other != character && other.IsEvictable ? 1 : 0;
        }

        return count;
    }

    /// <summary>Makes sure that a session can grow to this number of pages, even if others use everything that is reserved for them.</summary>
    /// <param name="session">The session.</param>
    /// <param name="pages">All pages that it will hold.</param>
    /// <param name="character">The character that needs them; its card is not evicted.</param>
    /// <param name="requester">The run for which characters farther away are suspended, or null.</param>
    public bool TryReserve(GptSession session, int pages, StageCharacter character, AnswerRun? requester)
    {
        while (CountUnreserved(session) < pages - session.KvPages)
        {
            if (!TryEvict(character, session) && !TryEvictSuspended(session) && !(requester is not null && TrySuspendFarther(requester)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives a run's session back, if it has one.</summary>
    public void Release(AnswerRun run)
    {
        if (run.GiveBack() is { } session)
        {
            _sessions.Return(session);
        }
    }

    /// <summary>Gives a prefix session back.</summary>
    public void Release(StageCharacter character) => _sessions.Return(character.GiveBack());

    private int CountUnreserved(GptSession session)
    {
        int pages = _engine.FreeKvPages;
        foreach (AnswerRun run in _roster.Runs)
        {
            if (run.ReservedPages > 0 && run.Session != session)
            {
                pages -= Math.Max(0, run.ReservedPages - run.Session!.KvPages);
            }
        }

        foreach (StageCharacter character in _roster.Characters)
        {
            if (character.ReservedPages > 0 && character.Prefix != session)
            {
                pages -= Math.Max(0, character.ReservedPages - character.Prefix!.KvPages);
            }
        }

        return World is { IsBusy: true } ? pages - Math.Max(0, PagesFor(_worldTokens) - World.KvPages) : pages;
    }

    /// <summary>Takes session and pages from the talk that does not answer, or the card, that was not used for the longest time.</summary>
    private bool TryEvict(StageCharacter exceptCard, GptSession? except)
    {
        AnswerRun? talk = null;
        StageCharacter? card = null;
        long oldest = long.MaxValue;
        foreach (StageCharacter character in _roster.Characters)
        {
            if (character != exceptCard && character.IsEvictable && character.UsedIn < oldest)
            {
                (card, oldest) = (character, character.UsedIn);
            }
        }

        foreach (AnswerRun run in _roster.Runs)
        {
            if (run.IsEvictable && run.Session != except && run.Since < oldest)
            {
                (talk, card, oldest) = (run, null, run.Since);
            }
        }

        if (talk is not null)
        {
            Release(talk);
        }
        else if (card is not null)
        {
            Release(card);
        }

        return talk is not null || card is not null;
    }

    /// <summary>Takes the pages of a suspended answer, which has some only if it was saved with its keys and values.</summary>
    private bool TryEvictSuspended(GptSession except)
    {
        foreach (AnswerRun run in _roster.Runs)
        {
            if (run.State == TalkState.Suspended && run.Session != except && run.Session!.KvPages > 0)
            {
                run.Session.ReleaseKeysAndValues();
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Takes the pages from the farthest character that answers and is farther than another; once an answer at most, so that every answer
    /// comes to its end however characters move about.
    /// </summary>
    private bool TrySuspendFarther(AnswerRun requester)
    {
        AnswerRun? farthest = null;
        float distance = _roster.CharacterOf(requester).Distance;
        foreach (AnswerRun run in _roster.Runs)
        {
            if (run.State == TalkState.Answering && !run.WasSuspended && _roster.CharacterOf(run).Distance > distance)
            {
                farthest = run;
                distance = _roster.CharacterOf(run).Distance;
            }
        }

        farthest?.Suspend();
        return farthest is not null;
    }
}
