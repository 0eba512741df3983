using TinyGpt.Measuring;
using TinyGpt.Tavern;

namespace TinyGpt.Perf;

/// <summary>The goals that the engine is measured by.</summary>
public static class GoalList
{
    /// <summary>Compares a report of <see cref="BenchmarkSuite"/> with the goals.</summary>
    public static IReadOnlyList<Goal> Of(BenchmarkReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        const string Large = BenchmarkSuite.LargeShape;
        const string Small = BenchmarkSuite.SmallShape;
        const string BuiltIn = TavernModel.Name;
        const int Long = BenchmarkSuite.LongContext;
        const KvPrecision Int8 = KvPrecision.Int8;
        const int Prompt = BenchmarkSuite.LongPrompt;
        return
        [
            AtLeast($"{Large}: decode, part of the read bandwidth, 1 thread", 0.92, GoalUnit.Share, Decode(Large, 1)?.RatioToBandwidth),
            AtLeast($"{Large}: decode, part of the read bandwidth, 2 threads", 0.88, GoalUnit.Share, Decode(Large, 2)?.RatioToBandwidth),
            AtLeast($"{Small}: decode, part of the cache's bandwidth, 1 thread", 0.60, GoalUnit.Share, Decode(Small, 1)?.RatioToBandwidth),
            AtLeast($"{Small}: decode, part of the cache's bandwidth, 2 threads", 0.60, GoalUnit.Share, Decode(Small, 2)?.RatioToBandwidth),
            AtLeast($"{BuiltIn}: decode, part of the cache's bandwidth, 1 thread", 0.60, GoalUnit.Share, Decode(BuiltIn, 1)?.RatioToBandwidth),
            AtLeast($"{BuiltIn}: decode, part of the cache's bandwidth, 2 threads", 0.60, GoalUnit.Share, Decode(BuiltIn, 2)?.RatioToBandwidth),
            AtLeast(
                $"{Large}: decode after {Long} tokens against an empty context, int8 KV, 1 thread",
                0.85,
                GoalUnit.Share,
                Quotient(Decode(Large, 1, context: Long, precision: Int8), Decode(Large, 1, precision: Int8))),
            AtLeast(
                $"{Large}: decode after {Long} tokens against an empty context, int8 KV, 2 threads",
                0.85,
                GoalUnit.Share,
                Quotient(Decode(Large, 2, context: Long, precision: Int8), Decode(Large, 2, precision: Int8))),
            AtLeast(
                $"{Large}: matrices of a prompt of {Prompt}, part of the multiply-add peak, 1 thread",
                0.75,
                GoalUnit.Share,
                Prompted("matrices", 1)?.RatioToPeak),
            AtLeast(
                $"{Large}: matrices of a prompt of {Prompt}, 2 threads against 1",
                1.85,
                GoalUnit.Factor,
                Quotient(Prompted("matrices", 2), Prompted("matrices", 1))),
            AtLeast(
                $"{Large}: the whole prompt of {Prompt}, part of the multiply-add peak, 1 thread",
                0.75,
                GoalUnit.Share,
                Prompted("prefill", 1)?.RatioToPeak),
            AtLeast(
                $"{Large}: the whole prompt of {Prompt}, 2 threads against 1",
                1.85,
                GoalUnit.Factor,
                Quotient(Prompted("prefill", 2), Prompted("prefill", 1))),
            AtLeast(
                $"{Large}: 8 sequences against 1, 1 thread",
                4,
                GoalUnit.Factor,
                Quotient(Decode(Large, 1, batch: 8), Decode(Large, 1))),
            AtLeast(
                $"{Large}: 32 sequences against 1, 1 thread",
                5,
                GoalUnit.Factor,
                Quotient(Decode(Large, 1, batch: 32), Decode(Large, 1))),
            AtLeast($"{Large}: 2 threads beside a busy process against 1 alone, slowest tenth", 0.60, GoalUnit.Share, Beside(Large)),
            AtLeast($"{Small}: 2 threads beside a busy process against 1 alone, slowest tenth", 0.60, GoalUnit.Share, Beside(Small)),
            AtMost(
                $"{Large}: opening the file, mapped",
                150,
                GoalUnit.Milliseconds,
                Find("load", Large, row => row.Checksums == false)?.Milliseconds?.Median),
            AtMost(
                $"{BuiltIn}: first token of an answer, from the process's start, 1 thread",
                400,
                GoalUnit.Milliseconds,
                Find("first-token", BuiltIn, row => row.Threads == 1)?.MillisecondsSinceStart?.Median),
            AtMost($"{Large}: peak memory, part of the plan, 1 thread", 1, GoalUnit.Share, Memory(Large, 1)),
            AtMost($"{Large}: peak memory, part of the plan, 2 threads", 1, GoalUnit.Share, Memory(Large, 2)),
        ];

        BenchmarkRow? Find(string phase, string shape, Func<BenchmarkRow, bool> condition) =>
            report.Rows.FirstOrDefault(row => row.Phase == phase && row.Shape == shape && condition(row));

        BenchmarkRow? Decode(string shape, int threads, int batch = 1, int context = 0, KvPrecision precision = KvPrecision.Float32) =>
            Find(
                "decode",
                shape,
                row => row.Threads == threads && row.Batch == batch && row.Context == context && row.KvPrecision == precision);

        BenchmarkRow? Prompted(string phase, int threads) =>
            Find(phase, Large, row => row.Threads == threads && row.Context == Prompt);

        double? Beside(string shape) => Find("neighbour", shape, _ => true)?.RatioOfSlowestTenth;

        double? Memory(string shape, int threads) => Find("memory", shape, row => row.Threads == threads)?.RatioToPlan;
    }

    private static double? Quotient(BenchmarkRow? row, BenchmarkRow? against) =>
        row?.TokensPerSecond?.Median / against?.TokensPerSecond?.Median;

    private static Goal AtLeast(string name, double target, GoalUnit unit, double? measured) =>
        new(name, target, unit, AtMost: false, measured);

    private static Goal AtMost(string name, double target, GoalUnit unit, double? measured) =>
        new(name, target, unit, AtMost: true, measured);
}
