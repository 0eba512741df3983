using System.Diagnostics;

namespace TinyGpt.Soak;

/// <summary>
/// Does everything that can be done with sessions, in random order, for a long time. Every answer is compared with the same
/// prompt's answer in a separate engine, now and then; resident memory is compared between the first tenth and the end.
/// </summary>
internal static class Endurance
{
    private const int Sequences = 24;
    private const int Pages = 60;
    private const long Allowance = 8L << 20;

    private static readonly SamplingOptions Sampling = new() { Temperature = 1, TopP = 0.9f, RepetitionPenalty = 1.1f, Seed = 5 };

    public static int Run(TimeSpan duration, ulong seed)
    {
        Random random = new((int)(seed % int.MaxValue));
        using GptModel model = SoakModel.Make();
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = Sequences, KvPages = Pages, Threads = 2 });
        List<GptSession> sessions = [];
        Dictionary<string, long> done = [];
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan nextReport = TimeSpan.Zero;
        long early = 0;
        while (clock.Elapsed < duration)
        {
            string action = Act(random, model, engine, sessions);
            done[action] = done.GetValueOrDefault(action) + 1;
            if (early == 0 && clock.Elapsed > duration / 10)
            {
                early = Resident();
            }

            if (clock.Elapsed > nextReport)
            {
                Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss}  resident {Resident() >> 10} KiB, {sessions.Count} sessions, {engine.FreeKvPages} free pages");
                nextReport += TimeSpan.FromMinutes(1);
            }
        }

        foreach (GptSession session in sessions)
        {
            session.Dispose();
        }

        long late = Resident();
        bool returned = engine.FreeKvPages == engine.KvPages && engine.FreeSequences == Sequences;
        Console.WriteLine(string.Join(", ", done.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}")));
        Console.WriteLine($"resident at 10 %: {early >> 10} KiB, at the end: {late >> 10} KiB; pages and sequences all returned: {returned}");
        return returned && late <= early + Allowance ? 0 : 1;
    }

    private static string Act(Random random, GptModel model, GptEngine engine, List<GptSession> sessions)
    {
        int choice = random.Next(100);
        GptSession? session = sessions.Count == 0 ? null : sessions[random.Next(sessions.Count)];
        if (session is null || (choice < 12 && engine.FreeSequences > 0))
        {
            ContextPolicy policy = random.Next(2) == 0 ? ContextPolicy.Stop : ContextPolicy.SlidingWindow;
            sessions.Add(engine.CreateSession(Sampling, new SessionOptions { MaxNewTokens = 1 + random.Next(80), ContextPolicy = policy }));
            return "create";
        }

        switch (choice)
        {
            case < 30:
                int[] tokens = [.. Enumerable.Range(0, 1 + random.Next(60)).Select(_ => random.Next(model.Config.VocabularySize))];
                try
                {
                    session.Append(tokens, answer: random.Next(4) != 0);
                    return "append";
                }
                catch (ContextOverflowException)
                {
                    session.Rewind(0);
                    return "overflow";
                }

            case < 38 when engine.FreeSequences > 0:
                sessions.Add(session.Fork());
                return "fork";
            case < 44:
                session.Rewind(random.Next(session.Tokens.Length + 1));
                return "rewind";
            case < 50:
                SaveAndRestore(random, engine, sessions, session);
                return "save";
            case < 60:
                session.Dispose();
                sessions.Remove(session);
                return "drop";
            case < 63:
                session.Stop();
                return "stop";
            case < 66:
                CancelledStep(random, engine);
                return "cancel";
            case < 67:
                CompareWithAnEngineOfItsOwn(random, model, engine, sessions);
                return "compare";
            default:
                engine.Step(StepBudget.Milliseconds(random.NextDouble() * 2));
                return "step";
        }
    }

    private static void SaveAndRestore(Random random, GptEngine engine, List<GptSession> sessions, GptSession session)
    {
        using MemoryStream save = new();
        session.Save(save, keysAndValues: random.Next(2) == 0);
        session.Dispose();
        sessions.Remove(session);
        save.Position = 0;
        sessions.Add(engine.Restore(save, Sampling));
    }

    private static void CancelledStep(Random random, GptEngine engine)
    {
        using CancellationTokenSource source = new();
        source.CancelAfter(TimeSpan.FromMilliseconds(random.NextDouble()));
        try
        {
            engine.Step(StepBudget.Milliseconds(3), source.Token);
        }
        catch (OperationCanceledException)
        {
            // What was asked for; the next step goes on.
        }
    }

    private static void CompareWithAnEngineOfItsOwn(Random random, GptModel model, GptEngine engine, List<GptSession> sessions)
    {
        if (engine.FreeSequences == 0 || engine.FreeKvPages < 4)
        {
            return;
        }

        int[] prompt = [.. Enumerable.Range(0, 20 + random.Next(60)).Select(_ => random.Next(model.Config.VocabularySize))];
        SessionOptions options = new() { MaxNewTokens = 30 };
        using GptSession here = engine.CreateSession(Sampling, options);
        using GptEngine alone = new(model);
        using GptSession there = alone.CreateSession(Sampling, options);
        here.Append(prompt);
        there.Append(prompt);
        alone.Step(StepBudget.Unlimited);
        engine.Step(StepBudget.Unlimited);
        if (here.Finish == FinishReason.Length && !here.AnswerTokens.SequenceEqual(there.AnswerTokens))
        {
            throw new InvalidOperationException($"Among {sessions.Count} sessions an answer differs from the answer alone.");
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
