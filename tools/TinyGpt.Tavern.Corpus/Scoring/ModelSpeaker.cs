using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>A model that answers, several prompts at a time. Not thread-safe.</summary>
internal sealed class ModelSpeaker : IDisposable
{
    private const int Sequences = 16;
    private const int LongestAnswer = 96;
    private const float TopP = 0.95f;

    private readonly GptModel _model;
    private readonly GptEngine _engine;
    private readonly float _temperature;
    private readonly CancellationToken _cancellation;
    private ulong _seed;

    /// <summary>Loads a model.</summary>
    /// <param name="path">A <c>.tgpt</c> file.</param>
    /// <param name="temperature">0 for greedy answers; otherwise tokens are drawn from the likeliest 95 %.</param>
    /// <param name="seed">The first answer's seed; each further one has the next.</param>
    /// <param name="cancellation">Ends an answer under way.</param>
    /// <exception cref="ModelFormatException">The file is no model that can be used.</exception>
    public ModelSpeaker(string path, float temperature, ulong seed, CancellationToken cancellation)
    {
        _model = GptModel.Load(path);
        _engine = new GptEngine(
            _model,
            new GptEngineOptions { MaxSequences = Sequences, Threads = Math.Min(Environment.ProcessorCount, 8), MaxBatchTokens = 128 });
        _temperature = temperature;
        _seed = seed;
        _cancellation = cancellation;
    }

    /// <summary>Answers prompts; a <see cref="Speaker"/>.</summary>
    public IReadOnlyList<string> Answer(IReadOnlyList<string> prompts) => [.. prompts.Chunk(Sequences).SelectMany(AnswerTogether)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    private List<string> AnswerTogether(string[] prompts)
    {
        List<GptSession> sessions = [];
        try
        {
            foreach (string prompt in prompts)
            {
                GptSession session = _engine.CreateSession(
                    new SamplingOptions { Temperature = _temperature, TopP = _temperature > 0 ? TopP : 1, Seed = _seed++ },
                    new SessionOptions { MaxNewTokens = LongestAnswer, StopStrings = ["\n"], Constraint = FreshAfter(prompt) });
                sessions.Add(session);
                AppendWhereItFits(session, prompt);
            }

            while (_engine.Step(StepBudget.Unlimited, _cancellation) != StepStatus.Idle)
            {
            }

            return [.. sessions.Select(Read)];
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    /// <summary>The rule by which the tavern's folk do not repeat themselves, for a prompt's earlier answers.</summary>
    private FreshAnswer FreshAfter(string prompt)
    {
        string label = prompt[(prompt.LastIndexOf('\n') + 1)..];
        return new FreshAnswer(
            _model.Config.VocabularySize,
            prompt.Split('\n').SkipLast(1)
                .Where(line => line.StartsWith(label, StringComparison.Ordinal))
                .Select(line => (ReadOnlyMemory<int>)_model.Tokenizer!.Encode(line[label.Length..])));
    }

    private static void AppendWhereItFits(GptSession session, string prompt)
    {
        try
        {
            session.Append(prompt);
        }
        catch (ContextOverflowException)
        {
            // A model that rambles fills its context with its own words; where nothing more fits, its answer is empty.
        }
    }

    private static string Read(GptSession session)
    {
        byte[] buffer = new byte[4096];
        StringBuilder answer = new();
        while (session.TryRead(buffer, out int written))
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        return answer.ToString().Trim();
    }
}
