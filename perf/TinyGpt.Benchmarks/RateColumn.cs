using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace TinyGpt.Benchmarks;

/// <summary>The rate at which a benchmark does what its <see cref="WorkAttribute"/> counts.</summary>
internal sealed class RateColumn : IColumn
{
    public string Id => nameof(RateColumn);

    public string ColumnName => "Rate";

    public string Legend => "Work a second at the mean time: bytes of weights read, multiply-adds, or numbers";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        WorkAttribute? work = benchmarkCase.Descriptor.WorkloadMethod.GetCustomAttribute<WorkAttribute>();
        if (work is null || summary[benchmarkCase]?.ResultStatistics is not { } times)
        {
            return "-";
        }

        double factor = Parameter(work.Per) * Parameter(work.Times);

        // 10⁹ of something in a nanosecond is 10¹⁸ of it a second; shown are 10⁹ a second.
        double rate = work.Amount * factor / times.Mean * 1e9;
        return string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} {work.Unit}/s");

        double Parameter(string? name) =>
            name is null ? 1 : Convert.ToDouble(benchmarkCase.Parameters[name], CultureInfo.InvariantCulture);
    }
}
