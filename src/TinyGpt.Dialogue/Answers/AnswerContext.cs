using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Answers;

/// <summary>What all answers of a stage share: how prompts are written, room to work in, which tick it is, and whether anything changed in it.</summary>
internal sealed class AnswerContext(PromptWriter prompts, Tokenizer tokenizer)
{
    private const int ChunkBytes = 1024;

    public PromptWriter Prompts => prompts;

    public AnswerText Texts { get; } = new(tokenizer);

    /// <summary>Room for the tokens of a line.</summary>
    public int[] LineIds { get; } = new int[prompts.ContextLength];

    /// <summary>Room for a prompt.</summary>
    public int[] PromptIds { get; } = new int[prompts.ContextLength + 1];

    /// <summary>Room for text on its way.</summary>
    public byte[] Chunk { get; } = new byte[ChunkBytes];

    /// <summary>The tick whose inputs are done.</summary>
    public long Now { get; private set; }

    /// <summary>Whether an answer began, ended or went on in this round, so that there may be more to do at once.</summary>
    public bool HasChanged { get; private set; }

    public void BeginTick(long tick) => Now = tick;

    public void BeginRound() => HasChanged = false;

    public void Change() => HasChanged = true;
}
