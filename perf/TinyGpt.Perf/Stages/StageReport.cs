namespace TinyGpt.Perf;

/// <summary>A play in frames.</summary>
/// <param name="Ticks">Milliseconds of each tick, the shortest first; one or more.</param>
/// <param name="TokensPerSecond">Tokens a second of the time in ticks.</param>
/// <param name="FreeTokensPerSecond">The same of plays without a budget, before and after.</param>
public sealed record FramedPlay(IReadOnlyList<double> Ticks, double TokensPerSecond, IReadOnlyList<double> FreeTokensPerSecond)
{
    /// <summary>Its speed, part of that without a budget.</summary>
    public double Share => TokensPerSecond / FreeTokensPerSecond.Average();

    /// <summary>The share of ticks that took at most the given number of milliseconds.</summary>
    public double Within(double milliseconds) => Ticks.Count(tick => tick <= milliseconds) / (double)Ticks.Count;

    /// <summary>The milliseconds that a part of all ticks stayed within.</summary>
    public double TickAt(double share) => Ticks[Math.Min((int)(share * Ticks.Count), Ticks.Count - 1)];
}

/// <summary>What a stage of 32 characters does with a budget a frame, and what a grammar costs.</summary>
public sealed record StageReport
{
    /// <summary>Milliseconds a tick.</summary>
    public const double Budget = 2;

    private const double LongestTick = 2.5;
    private const double MostGrammarShare = 0.1;

    /// <summary>The shape of the model.</summary>
    public required string Shape { get; init; }

    /// <summary>The kernel tier's name.</summary>
    public required string Tier { get; init; }

    /// <summary>Threads that computed within the budget.</summary>
    public required int Threads { get; init; }

    /// <summary>Tokens of a play.</summary>
    public required long Tokens { get; init; }

    /// <summary>The play with the budget in a loop that sleeps between ticks.</summary>
    public required FramedPlay Sleeping { get; init; }

    /// <summary>The play with the budget in a loop that computes between ticks.</summary>
    public required FramedPlay Working { get; init; }

    /// <summary>What the machine did in frames between those of <see cref="Sleeping"/>.</summary>
    public required MachineBursts Bursts { get; init; }

    /// <summary>Bytes that the process allocated in all frames with the budget.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Plays in which anybody said anything else than in the first, or took other tokens for it.</summary>
    public required int DifferentPlays { get; init; }

    /// <summary>Threads of the play in the background.</summary>
    public required int BackgroundThreads { get; init; }

    /// <summary>What grammars cost.</summary>
    public required IReadOnlyList<GrammarCost> Grammars { get; init; }

    /// <summary>The part of the machine that others used meanwhile, 0 … 1; null where the system does not tell.</summary>
    public required double? OthersShare { get; init; }

    /// <summary>What is asked of a stage, and what was measured.</summary>
    public IReadOnlyList<Goal> Goals =>
    [
        new(Invariant($"ticks of at most {LongestTick} ms"), 0.999, GoalUnit.Share, AtMost: false, Sleeping.Within(LongestTick)),
        new("throughput, part of that without a budget", 0.85, GoalUnit.Share, AtMost: false, Sleeping.Share),
        new(Invariant($"ticks of at most {LongestTick} ms, the game computes in between"), 0.999, GoalUnit.Share, AtMost: false, Working.Within(LongestTick)),
        new("throughput, the game computes in between", 0.85, GoalUnit.Share, AtMost: false, Working.Share),
        new("bytes allocated in all frames", 0, GoalUnit.Count, AtMost: true, AllocatedBytes),
        new("plays that say anything else than the first", 0, GoalUnit.Count, AtMost: true, DifferentPlays),
        new("the dearest grammar, part of a step", MostGrammarShare, GoalUnit.Share, AtMost: true, Grammars.Max(grammar => grammar.Share)),
    ];

    /// <summary>Writes a section of Markdown.</summary>
    public void Write(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine("## Stage");
        output.WriteLine();
        output.WriteLine(Invariant(
            $"{StagePlay.Characters} characters on a stage of the {Shape} shape, tier {Tier}, {Threads} {Plural("thread", Threads)}. Each has ")
            + Invariant($"spoken once; then each is told a line and answers with {StagePlay.AnswerTokens} tokens, {Tokens} tokens in all. ")
            + "The same play is given without a budget, in a loop of 60 frames a second that sleeps between ticks, in one that works through 8 MiB of "
            + "its own in between, without a budget before, between and after these, and in "
            + Invariant($"the background on {BackgroundThreads} {Plural("thread", BackgroundThreads)}. Throughput counts the time in ticks only."));
        output.WriteLine();
        output.WriteLine(Invariant($"| goal, {Budget} ms a frame | target | measured | |"));
        output.WriteLine("| --- | ---: | ---: | --- |");
        foreach (Goal goal in Goals)
        {
            output.WriteLine($"| {goal.Name} | {goal.TargetText} | {goal.MeasuredText} | {(goal.IsReached == false ? $"**{goal.Verdict}**" : goal.Verdict)} |");
        }

        output.WriteLine();
        output.WriteLine("| between ticks | ticks | ms a tick: median | 99 % | 99.9 % | longest | tokens/s | without a budget |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        WriteTicks(output, "sleep", Sleeping);
        WriteTicks(output, "work", Working);
        output.WriteLine();
        WriteBursts(output);
        output.WriteLine("One session that keeps to a grammar and one that does not, both greedy, token by token in turn; medians:");
        output.WriteLine();
        output.WriteLine("| grammar | compiled in ms | ms a step without | with | of a step |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (GrammarCost cost in Grammars)
        {
            output.WriteLine(
                Invariant($"| {cost.Name} | {cost.CompileMilliseconds:0} | {cost.FreeMilliseconds:0.000} | {cost.BoundMilliseconds:0.000} ")
                + Invariant($"| {cost.Share:+0.0 %;-0.0 %} |"));
        }

        output.WriteLine();
        output.WriteLine(OthersShare is { } share ? Invariant($"Others used {share:0.0 %} of the machine meanwhile.") : "Not known what else ran meanwhile.");
        output.WriteLine();
    }

    private static void WriteTicks(TextWriter output, string between, FramedPlay play) => output.WriteLine(
        Invariant($"| {between} | {play.Ticks.Count} | {play.TickAt(0.5):0.00} | {play.TickAt(0.99):0.00} | {play.TickAt(0.999):0.00} ")
        + Invariant($"| {play.Ticks[^1]:0.00} | {play.TokensPerSecond:0.0} | {play.FreeTokensPerSecond[0]:0.0}, {play.FreeTokensPerSecond[1]:0.0} |"));

    private void WriteBursts(TextWriter output)
    {
        int count = Bursts.Milliseconds.Count;
        int tooLong = Bursts.Milliseconds.Count(milliseconds => milliseconds > LongestTick);
        output.WriteLine(
            Invariant($"The machine by itself: every other frame of the loop that sleeps had a burst of {Budget} ms without the engine instead of a tick. ")
            + Invariant($"{tooLong} of {count} took more than {LongestTick} ms, the longest {Bursts.Milliseconds.Max():0.00}. Arithmetic on registers had ")
            + Invariant($"{Bursts.ArithmeticShare:0.0 %} of its speed without sleep, and reading 8 MiB, cached when there is no sleep, {Bursts.ReadingShare:0.0 %}."));
        output.WriteLine();
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Plural(string noun, int count) => count == 1 ? noun : noun + "s";
}
