using System.Text;
using TinyGpt.Dialogue;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>
/// A stage of 32 characters, and a play on it: each is told a line and answers it. Budgets and threads decide when words come; which words,
/// and how many tokens they take, is the same in every play, so that plays can be compared to the word and to the token.
/// </summary>
internal sealed class StagePlay : IDisposable
{
    /// <summary>Characters on the stage.</summary>
    public const int Characters = 32;

    /// <summary>Tokens of an answer; random weights hardly ever end one by themselves.</summary>
    public const int AnswerTokens = 24;

    private const int PagesOfTalk = 4;

    private static readonly string[] Lines = ["News?", "Why so?", "How much?"];

    // A vocabulary without merges writes a token a byte: short frames and lines make as many tokens as whole sentences are otherwise.
    private static readonly PromptLayout Layout = new()
    {
        Card = "{name}\n{facts}",
        Heard = "\n{text}",
        AnswerStart = "\n{name}:",
    };

    private readonly DialogueStage _stage;
    private readonly Talk[] _talks;
    private readonly bool[] _isToldLine = new bool[Characters];
    private readonly byte[] _text = new byte[256];

    /// <param name="model">The model; must stay alive as long as the play.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="tier">The kernel tier, or null for the best.</param>
    public StagePlay(GptModel model, int threads, KernelTier? tier)
    {
        GptEngineOptions engine = new()
        {
            MaxSequences = (2 * Characters) + 1,
            KvPages = Characters * PagesOfTalk,
            Threads = threads,
            Tier = tier,
        };
        _stage = new DialogueStage(model, new StageOptions { Engine = engine, Seed = 1, Layout = Layout, World = "A village by the sea." });
        _talks = [.. Enumerable.Range(0, Characters).Select(i => _stage.Open(_stage.Add(new Persona
        {
            Name = $"V{i}",
            Facts = [new("House", $"{i}")],
            MaxAnswerTokens = AnswerTokens,
            Sampling = new SamplingOptions { Temperature = 0.8f, TopK = 40 }, // random weights leave top-p nothing to drop
        })))];
    }

    /// <summary>Tokens that were read and generated so far.</summary>
    public long ComputedTokens => _stage.ComputedTokens;

    /// <summary>Tells every character a line, and is done when it is answered.</summary>
    public void Begin() => Array.Clear(_isToldLine);

    /// <summary>The game's part of a frame: reads what was said, and tells their line to those that have not heard it. Allocates nothing.</summary>
    /// <returns>Whether the play goes on.</returns>
    public bool Speak()
    {
        bool goesOn = false;
        for (int i = 0; i < _talks.Length; i++)
        {
            Talk talk = _talks[i];
            if (!_isToldLine[i])
            {
                talk.Say(Lines[i % Lines.Length]);
                _isToldLine[i] = true;
            }

            while (talk.TryRead(_text, out _))
            {
            }

            goesOn |= talk.State != TalkState.Idle || talk.HasText;
        }

        return goesOn;
    }

    /// <summary>The stage's part of a frame.</summary>
    public void Tick(StepBudget budget, CancellationToken cancellation) => _stage.Tick(budget, cancellation);

    /// <summary>Has the stage work by itself until what is returned is disposed.</summary>
    public BackgroundRun RunInBackground() => _stage.RunInBackground();

    /// <summary>Everything that was said, talk by talk.</summary>
    public string Words()
    {
        StringBuilder words = new();
        foreach (Talk talk in _talks)
        {
            foreach (TranscriptLine line in talk.Transcript())
            {
                words.Append(line.Speaker).Append(": ").AppendLine(line.Text);
            }
        }

        return words.ToString();
    }

    public void Dispose() => _stage.Dispose();
}
