using System.Text;

namespace TinyGpt.Tavern;

/// <summary>
/// A talk with one person: <c>Ask</c>, then step the engine and read from <see cref="Session"/> until it is idle, then <c>EndAnswer</c>.
/// The card can be changed between two questions; the talk so far stays, and the next answer goes by the new facts. Nobody says the same line
/// twice: see <see cref="FreshAnswer"/>. When the context is full the oldest turns are forgotten, the card never. Not thread-safe.
/// </summary>
public sealed class TavernTalk : IDisposable
{
    /// <summary>The most tokens in an answer.</summary>
    public const int LongestAnswer = 64;

    /// <summary>The most characters of a question that are heard.</summary>
    public const int LongestQuestion = 200;

    private readonly Tokenizer _tokenizer;
    private readonly int _context;
    private readonly int _vocabularySize;
    private readonly SamplingOptions _sampling;
    private readonly List<(string Text, ReadOnlyMemory<int> Answer)> _turns = [];

    /// <summary>Begins a talk.</summary>
    /// <param name="engine">An engine of <see cref="TavernModel"/> with a free sequence; must stay alive as long as the talk.</param>
    /// <param name="card">The card of the person who is talked to.</param>
    /// <param name="sampling">How words are chosen, or null for <see cref="DefaultSampling"/>.</param>
    /// <exception cref="ArgumentException">The engine's model has no tokenizer.</exception>
    /// <exception cref="InvalidOperationException">The engine has no free sequence.</exception>
    public TavernTalk(GptEngine engine, TavernCard card, SamplingOptions? sampling = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(card);
        _tokenizer = engine.Model.Tokenizer ?? throw new ArgumentException("The engine's model has no tokenizer.", nameof(engine));
        _context = engine.ContextLength;
        _vocabularySize = engine.Model.Config.VocabularySize;
        Card = card;
        _sampling = sampling ?? DefaultSampling;
        Session = engine.CreateSession(_sampling, Options);
    }

    private static SessionOptions Options { get; } = new() { MaxNewTokens = LongestAnswer, StopStrings = ["\n"] };

    /// <summary>A little variety, and facts that stay facts.</summary>
    public static SamplingOptions DefaultSampling { get; } = new() { Temperature = 0.6f, TopP = 0.9f };

    /// <summary>The facts that answers go by. Changes take effect with the next question.</summary>
    public TavernCard Card { get; set; }

    /// <summary>Where the answer is read from.</summary>
    public GptSession Session { get; }

    /// <summary>Says something to the person. The answer begins with a space.</summary>
    /// <param name="line">One line; line feeds become spaces, and what is longer than <see cref="LongestQuestion"/> is not heard.</param>
    /// <exception cref="InvalidOperationException">An answer is still being made.</exception>
    public void Ask(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string heard = line.ReplaceLineEndings(" ").Trim();
        _turns.Add(($"Player: {(heard.Length > LongestQuestion ? heard[..LongestQuestion] : heard)}\n{Card.Name}:", default));
        int[] tokens = _tokenizer.Encode(Prompt());
        while (tokens.Length + LongestAnswer > _context && _turns.Count > 1)
        {
            _turns.RemoveAt(0);
            tokens = _tokenizer.Encode(Prompt());
        }

        // What the session has already read stays read: usually all but the new line, but nothing after a changed fact.
        int same = Session.Tokens.CommonPrefixLength(tokens.AsSpan(0, tokens.Length - 1));
        Session.Rewind(same);
        Session.Configure(
            _sampling, Options with { Constraint = new FreshAnswer(_vocabularySize, _turns.Select(turn => turn.Answer)) });
        Session.Append(tokens.AsSpan(same));
    }

    /// <summary>Puts the finished answer into the talk.</summary>
    /// <param name="answer">What was read, in UTF-8.</param>
    public void EndAnswer(ReadOnlySpan<byte> answer)
    {
        string text = Encoding.UTF8.GetString(answer).TrimEnd();
        _turns[^1] = (_turns[^1].Text + text + "\n", _tokenizer.Encode(text));
    }

    /// <summary>Frees the session.</summary>
    public void Dispose() => Session.Dispose();

    private string Prompt() => $"{Card}\n{string.Concat(_turns.Select(turn => turn.Text))}";
}
