using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>What can be done to a session between two slices.</summary>
internal enum SessionOperation
{
    Nothing,
    Read,
    Ask,
    AskNothing,
    Continue,
    Score,
    Stop,
    RewindOne,
    RewindHalf,
    Pin,
    ForkAndAsk,
    Share,
    Release,
    Rest,
    Go,
    SaveTokens,
    SaveKeysAndValues,
    Dispose,
}

/// <summary>
/// Sessions of one engine, what was done to them, and what must have come of it. The state machine in short: a session reads, answers
/// or scores, or rests because that has ended; what it was last asked for is what it must end with.
/// </summary>
internal sealed class SessionRun(GptEngine engine, LogitsOracle oracle, SessionOptions options, string name) : IDisposable
{
    private readonly List<Entry> _sessions = [];
    private int _asked;

    private enum Goal
    {
        Rest,
        Answer,
        Score,
    }

    /// <summary>The situations that a test begins with. The session of interest is the last one.</summary>
    public static IReadOnlyDictionary<string, Action<SessionRun>> Beginnings { get; } = new Dictionary<string, Action<SessionRun>>
    {
        ["reading"] = run => run.Open().Append(Ids(20), answer: false),
        ["answering"] = run => run.Begin(20),
        ["scoring"] = run =>
        {
            run.Open().Append(Ids(20), answer: false);
            run.Do(SessionOperation.Score);
        },
        ["appending to a shared page"] = run =>
        {
            run.Open().Append(Ids(40), answer: false);
            engineIdle(run);
            run.Do(SessionOperation.ForkAndAsk);
        },
    };

    private Entry Last => _sessions[^1];

    /// <summary>Steps a number of slices.</summary>
    /// <returns>Whether there is more to do.</returns>
    public bool Step(int slices)
    {
        StepStatus status = StepStatus.Working;
        for (int i = 0; i < slices && status == StepStatus.Working; i++)
        {
            status = engine.Step(StepBudget.Slices(1));
        }

        return status == StepStatus.Working;
    }

    public void Do(SessionOperation operation)
    {
        if (_sessions.Count > 0)
        {
            Do(operation, Last);
        }
    }

    /// <summary>Does one random thing after the other to one random session after the other.</summary>
    public void Walk(Random random, int steps)
    {
        SessionOperation[] all = Enum.GetValues<SessionOperation>();
        for (int i = 0; i < steps; i++)
        {
            if (_sessions.Count == 0 || (engine.FreeSequences > 0 && random.Next(12) == 0))
            {
                Begin(random.Next(1, 100));
            }

            SessionOperation operation = all[random.Next(all.Length)];
            if (operation != SessionOperation.Dispose || random.Next(4) == 0)
            {
                Do(operation, _sessions[random.Next(_sessions.Count)]);
            }

            Step(random.Next(30));
        }
    }

    /// <summary>Runs to the end, and once more for a token, and sees that all came as it must.</summary>
    public void Finish()
    {
        foreach (Entry entry in _sessions)
        {
            entry.Session.PassInterval = 1;
        }

        Drain();
        foreach (Entry entry in _sessions)
        {
            entry.Check(name);
            if (entry.Session.Tokens.IsEmpty)
            {
                continue;
            }

            // Also what was only read is right.
            entry.Session.Continue();
            Drain();
            Assert.True(entry.Session.Finish is FinishReason.Length or FinishReason.ContextFull or FinishReason.ArenaFull, name);
        }
    }

    public void Dispose()
    {
        _sessions.ForEach(entry => entry.Session.Dispose());
        _sessions.Clear();
    }

    private static void engineIdle(SessionRun run) => run.Drain();

    private static int[] Ids(int count, int seed = 7) => TestModels.Tokens(new ModelConfig
    {
        Architecture = "gpt2",
        VocabularySize = 61,
        ContextLength = 1,
        Width = 1,
        Layers = 1,
        Heads = 1,
        FeedForwardWidth = 1,
        Activation = Kernels.Activation.Relu,
        NormEpsilon = 1,
        TiedHead = true,
    }, count, (uint)seed);

    private void Drain()
    {
        for (int i = 0; engine.Step(StepBudget.Unlimited) != StepStatus.Idle; i++)
        {
            Assert.True(i < 3, $"{name}: a session waits for ever");
        }
    }

    private GptSession Open()
    {
        GptSession session = engine.CreateSession(new SamplingOptions { Temperature = 1, Seed = (ulong)_sessions.Count }, options);
        _sessions.Add(new Entry(session));
        return session;
    }

    private void Begin(int tokens)
    {
        Open();
        Try(() => Last.Session.Append(Ids(tokens)), Last, Goal.Answer);
    }

    private void Do(SessionOperation operation, Entry entry)
    {
        GptSession session = entry.Session;
        entry.Settle();
        int count = session.Tokens.Length;
        _asked++;
        switch (operation)
        {
            case SessionOperation.Read:
                Try(() => session.Append(Ids(3, _asked), answer: false), entry, entry.Goal == Goal.Answer ? Goal.Answer : Goal.Rest);
                break;
            case SessionOperation.Ask:
                Try(() => session.Append(Ids(9, _asked)), entry, Goal.Answer);
                break;
            case SessionOperation.AskNothing when count > 0:
                Try(() => session.Append(ReadOnlySpan<int>.Empty), entry, Goal.Answer);
                break;
            case SessionOperation.Continue when count > 0:
                Try(session.Continue, entry, Goal.Answer);
                break;
            case SessionOperation.Score when count > 0:
                int[] scored = Ids(4, _asked);
                if (Try(() => session.Score(scored), entry, Goal.Score))
                {
                    entry.Expect(oracle, scored);
                }

                break;
            case SessionOperation.Stop:
                session.Stop();
                entry.Goal = Goal.Rest;
                break;
            case SessionOperation.RewindOne:
                session.Rewind(Math.Max(0, count - 1));
                entry.Goal = Goal.Rest;
                break;
            case SessionOperation.RewindHalf:
                session.Rewind(count / 2);
                entry.Goal = Goal.Rest;
                break;
            case SessionOperation.Pin when count < 60:
                session.Pin();
                break;
            case SessionOperation.ForkAndAsk when engine.FreeSequences > 0:
                _sessions.Add(new Entry(session.Fork()));
                Try(() => Last.Session.Append(Ids(2, _asked)), Last, Goal.Answer);
                break;
            case SessionOperation.Share:
                session.ShareKeysAndValues(_sessions[0].Session);
                break;
            case SessionOperation.Release:
                session.ReleaseKeysAndValues();
                break;
            case SessionOperation.Rest:
                session.PassInterval = 0;
                break;
            case SessionOperation.Go:
                session.PassInterval = 1;
                break;
            case SessionOperation.SaveTokens:
                Save(entry, keysAndValues: false);
                break;
            case SessionOperation.SaveKeysAndValues:
                Save(entry, keysAndValues: true);
                break;
            case SessionOperation.Dispose:
                session.Dispose();
                _sessions.Remove(entry);
                break;
        }
    }

    /// <summary>Replaces the session by its save.</summary>
    private void Save(Entry entry, bool keysAndValues)
    {
        using MemoryStream saved = new();
        entry.Session.Save(saved, keysAndValues);
        entry.Session.Dispose();
        saved.Position = 0;
        entry.Session = engine.Restore(saved, new SamplingOptions { Temperature = 1 }, options);
        entry.Goal = entry.Goal == Goal.Score ? Goal.Rest : entry.Goal;
    }

    /// <summary>Does what the context may refuse; then nothing may have changed.</summary>
    private static bool Try(Action action, Entry entry, Goal goal)
    {
        int[] before = entry.Session.Tokens.ToArray();
        try
        {
            action();
            entry.Goal = goal;
            return true;
        }
        catch (ContextOverflowException)
        {
            Assert.Equal(before, entry.Session.Tokens.ToArray());
            return false;
        }
    }

    private sealed class Entry(GptSession session)
    {
        private double _logProbability;

        public GptSession Session { get; set; } = session;

        public Goal Goal { get; set; }

        /// <summary>Takes note of a goal that was reached.</summary>
        public void Settle() => Goal = Session.Finish == FinishReason.None ? Goal : Goal.Rest;

        /// <summary>What the score of these tokens must be, in double precision.</summary>
        public void Expect(LogitsOracle oracle, int[] scored)
        {
            List<int> tokens = [.. Session.Tokens];
            _logProbability = 0;
            foreach (int token in scored)
            {
                float[] logits = oracle.Logits([.. tokens]);
                _logProbability += logits[token] - Math.Log(logits.Sum(logit => Math.Exp(logit)));
                tokens.Add(token);
            }
        }

        public void Check(string name)
        {
            bool wantsRoom = Session.Finish is FinishReason.ContextFull or FinishReason.ArenaFull;
            Assert.False(Session.IsBusy, name);
            if (wantsRoom)
            {
                return;
            }

            switch (Goal)
            {
                case Goal.Answer:
                    Assert.True(Session.Finish == FinishReason.Length, $"{name}: {Session.Finish}");
                    Assert.True(Session.GeneratedTokens == 3, $"{name}: {Session.GeneratedTokens} tokens");
                    break;
                case Goal.Score:
                    Assert.True(Session.Finish == FinishReason.Complete, $"{name}: {Session.Finish}");
                    Assert.InRange(Session.LogProbability, _logProbability - 1e-5, _logProbability + 1e-5);
                    break;
                default:
                    Assert.True(Session.Finish != FinishReason.None || Session.ComputedTokens == Session.Tokens.Length, name);
                    break;
            }
        }
    }
}
