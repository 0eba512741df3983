using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Talks;
using TinyGpt.Text;

namespace TinyGpt.Dialogue;

/// <summary>What the stage keeps of a talk. All of it belongs to whoever holds the stage's gate.</summary>
public sealed partial class Talk
{
    /// <summary>Bytes of unread text that a talk holds; a character whose text nobody reads waits when they are full.</summary>
    internal const int OutputCapacity = 4096;

    private string _summary = "";

    internal Talk(Npc npc, string partner, ulong seed, int number, Exchange? exchange)
    {
        Npc = npc;
        Partner = partner;
        Seed = seed;
        Number = number;
        Exchange = exchange;
        Log = new TalkLog(2 * Stage.Model.Config.ContextLength);
        Heard = Stage.Prompts.HeardFrame(npc.Name, partner);
    }

    internal DialogueStage Stage => Npc.Stage;

    /// <summary>The talk's number on its stage, in the order in which talks were opened.</summary>
    internal int Number { get; }

    /// <summary>The exchange that the talk is one side of, or null.</summary>
    internal Exchange? Exchange { get; }

    internal TalkLog Log { get; }

    /// <summary>What stands around a line that the character hears.</summary>
    internal HeardFrame Heard { get; }

    internal Utf8Buffer Output { get; } = new(OutputCapacity);

    internal TextListener? Listener { get; private set; }

    internal object? ListenerState { get; private set; }

    internal int[] SummaryIds { get; private set; } = [];

    /// <summary>The engine's session while the talk has one.</summary>
    internal GptSession? Session { get; set; }

    /// <summary>The answer that is waited for or under way.</summary>
    internal AnswerRequest Request { get; set; }

    /// <summary>What the talk is doing as of the last tick.</summary>
    internal TalkState Phase { get; set; }

    /// <summary>How the last answer ended as of the last tick.</summary>
    internal TalkEnd End { get; set; }

    /// <summary>Lines that were said to the character since the last tick.</summary>
    internal int Posted { get; set; }

    /// <summary>Answers that were asked for so far; each has a seed of its own.</summary>
    internal int Answers { get; set; }

    /// <summary>Whether the talk has an answer to give: it waits, answers or is suspended.</summary>
    internal bool IsBusy => Phase != TalkState.Idle;

    internal bool IsClosed { get; set; }

    /// <summary>Whether the answer under way gave its pages to another once.</summary>
    internal bool WasSuspended { get; set; }

    /// <summary>The round of scheduling in which the talk was tried last.</summary>
    internal long TriedIn { get; set; }

    /// <summary>Tokens before the answer under way.</summary>
    internal int PromptTokens { get; set; }

    /// <summary>Pages of the arena that the answer under way can come to need.</summary>
    internal int ReservedPages { get; set; }

    /// <summary>The tick in which the answer was asked for, and then that in which the session was last used.</summary>
    internal long Since { get; set; }

    /// <summary>Bytes of the answer that came from the session, those not shown included.</summary>
    internal int ProducedBytes { get; set; }

    /// <summary>Bytes at the answer's beginning that are not shown.</summary>
    internal int SkippedBytes { get; set; }

    /// <summary>Bytes of the answer that were read.</summary>
    internal int ReadBytes { get; set; }

    /// <summary>Whether an interruption waits for the next tick, so that no more of the answer may be shown.</summary>
    internal bool IsMuted { get; set; }

    /// <summary>Bytes of the answer that can be shown so far.</summary>
    internal int ShowableBytes => ProducedBytes - SkippedBytes;

    /// <summary>Takes a summary from a save. The card may have grown since it was set, so whether there is room shows with the next line.</summary>
    /// <exception cref="ArgumentException">It cannot be written with the model's vocabulary.</exception>
    internal void RestoreSummary(string summary) => (_summary, SummaryIds) = (summary, Stage.Prompts.Summary(summary, Heard.Marks));

    /// <summary>Begins to count the bytes of a new answer.</summary>
    internal void BeginText()
    {
        Output.Clear();
        ProducedBytes = 0;
        SkippedBytes = 0;
        ReadBytes = 0;
        IsMuted = false;
    }
}
