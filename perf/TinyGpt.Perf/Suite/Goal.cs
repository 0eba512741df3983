using System.Globalization;

namespace TinyGpt.Perf;

/// <summary>What a goal's figures are.</summary>
public enum GoalUnit
{
    /// <summary>A part of something, shown in percent.</summary>
    Share,

    /// <summary>How many times something.</summary>
    Factor,

    /// <summary>A time.</summary>
    Milliseconds,

    /// <summary>How many.</summary>
    Count,
}

/// <summary>A goal and what was measured.</summary>
/// <param name="Name">What it speaks of.</param>
/// <param name="Target">The figure to reach.</param>
/// <param name="Unit">What the figures are.</param>
/// <param name="AtMost">Whether less is better.</param>
/// <param name="Measured">What was measured, or null.</param>
public sealed record Goal(string Name, double Target, GoalUnit Unit, bool AtMost, double? Measured)
{
    /// <summary>Whether it was reached, or null if nothing was measured.</summary>
    public bool? IsReached => Measured is { } measured ? (AtMost ? measured <= Target : measured >= Target) : null;

    /// <summary>The target with its direction and unit.</summary>
    public string TargetText => $"{(AtMost ? '≤' : '≥')} {Format(Target)}";

    /// <summary>What was measured with its unit, or a dash.</summary>
    public string MeasuredText => Measured is { } measured ? Format(measured) : "–";

    /// <summary>In words.</summary>
    public string Verdict => IsReached switch
    {
        true => "reached",
        false => "missed",
        null => "not measured",
    };

    private string Format(double value) => Unit switch
    {
        GoalUnit.Share => string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.0#} %"),
        GoalUnit.Factor => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ×"),
        GoalUnit.Milliseconds => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0}"),
    };
}
