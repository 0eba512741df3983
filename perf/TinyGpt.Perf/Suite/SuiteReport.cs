using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>What the suite found: the rows of a benchmark, and a stage of characters.</summary>
public sealed record SuiteReport : BenchmarkReport
{
    /// <summary>Adds a stage to the rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="stage">The stage.</param>
    public SuiteReport(BenchmarkReport rows, StageReport stage)
        : base(rows)
    {
        ArgumentNullException.ThrowIfNull(stage);
        Stage = stage;
        OthersShare = stage.OthersShare ?? 0;
    }

    /// <summary>What a stage of characters does.</summary>
    public StageReport Stage { get; }
}
