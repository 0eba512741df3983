namespace TinyGpt.Benchmarks;

/// <summary>
/// What one call of a benchmark does, so that its time can be shown as a rate: a time alone does not say whether it is good.
/// </summary>
/// <param name="unit">What is counted, such as <c>G multiply-adds</c>; shown a second.</param>
/// <param name="amount">How much one call does, in 10⁹.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WorkAttribute(string unit, double amount) : Attribute
{
    /// <summary>What is counted.</summary>
    public string Unit { get; } = unit;

    /// <summary>How much of it one call does, in 10⁹.</summary>
    public double Amount { get; } = amount;

    /// <summary>The name of the parameter that the amount is to be multiplied with, or null.</summary>
    public string? Per { get; init; }

    /// <summary>The name of another such parameter, or null.</summary>
    public string? Times { get; init; }
}
