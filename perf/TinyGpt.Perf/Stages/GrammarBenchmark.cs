using System.Diagnostics;
using TinyGpt.Dialogue;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>What a grammar costs.</summary>
/// <param name="Name">What it describes.</param>
/// <param name="CompileMilliseconds">How long it took to compile it for the model's vocabulary.</param>
/// <param name="FreeMilliseconds">A step of a session that says what it likes, median.</param>
/// <param name="BoundMilliseconds">A step of a session that keeps to the grammar, median.</param>
public sealed record GrammarCost(string Name, double CompileMilliseconds, double FreeMilliseconds, double BoundMilliseconds)
{
    /// <summary>What the grammar adds to a step, as a part of it.</summary>
    public double Share => (BoundMilliseconds / FreeMilliseconds) - 1;
}

/// <summary>
/// Times the steps of one session at a time, with grammars and without, token by token in turn: a session alone has the shortest steps, of
/// which the choice of the token is the largest part.
/// </summary>
internal static class GrammarBenchmark
{
    private const int Tokens = 160;
    private const int AnswerTokens = 40;
    private const int Repetitions = 40; // of an object: more than an answer has room for, so that no answer ends early

    private static readonly (string Name, Grammar Grammar)[] Grammars =
    [
        ("JSON objects of a choice and a number", Grammar.Repeat(Deed(Grammar.Choice("greet", "sell", "attack")), Repetitions, Repetitions)),
        ("JSON objects of a text and a number", Grammar.Repeat(Deed(Grammar.Text(16)), Repetitions, Repetitions)),
        ("a text of 400 characters", Grammar.Text(400)),
    ];

    /// <param name="model">A model with a tokenizer.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="tier">The kernel tier, or null for the best.</param>
    /// <param name="cancellation">Checked between slices.</param>
    public static IReadOnlyList<GrammarCost> Run(GptModel model, int threads, KernelTier? tier, CancellationToken cancellation)
    {
        GrammarCompiler compiler = new(model);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 1 + Grammars.Length, Threads = threads, Tier = tier });
        double[] compiled = new double[Grammars.Length];
        List<GptSession> sessions = [CreateSession(engine, null)];
        for (int i = 0; i < Grammars.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            CompiledGrammar grammar = compiler.Compile(Grammars[i].Grammar);
            compiled[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            sessions.Add(CreateSession(engine, grammar));
        }

        double[][] steps = [.. sessions.Select(_ => new double[Tokens])];
        for (int token = -AnswerTokens; token < Tokens; token++) // the first answer warms up
        {
            for (int i = 0; i < sessions.Count; i++)
            {
                double milliseconds = Step(engine, sessions[i], cancellation);
                steps[i][Math.Max(0, token)] = milliseconds;
            }
        }

        double[] medians = [.. steps.Select(times => Spread.Of(times).Median)];
        return [.. Grammars.Select((grammar, i) => new GrammarCost(grammar.Name, compiled[i], medians[0], medians[i + 1]))];
    }

    private static Grammar Deed(Grammar what) => Grammar.JsonObject(("deed", what), ("price", Grammar.Number(1, 99)));

    private static GptSession CreateSession(GptEngine engine, CompiledGrammar? grammar)
    {
        // Greedy: a random choice is made of fewer tokens under a grammar, which would hide what the grammar costs.
        GptSession session = engine.CreateSession(null, new SessionOptions { MaxNewTokens = AnswerTokens, Constraint = grammar });
        session.Append("What now? ", answer: false);
        engine.Step(StepBudget.Unlimited);
        session.PassInterval = 0;
        return session;
    }

    /// <summary>Has one session say a token.</summary>
    /// <returns>Milliseconds of the step.</returns>
    private static double Step(GptEngine engine, GptSession session, CancellationToken cancellation)
    {
        if (!session.IsBusy)
        {
            session.Rewind(session.Tokens.Length - session.GeneratedTokens);
            session.Append("", answer: true);
        }

        session.PassInterval = 1;
        long start = Stopwatch.GetTimestamp();
        engine.Step(StepBudget.OnePass, cancellation);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        session.PassInterval = 0;
        Span<byte> text = stackalloc byte[256];
        while (session.TryRead(text, out _))
        {
        }

        return milliseconds;
    }
}
