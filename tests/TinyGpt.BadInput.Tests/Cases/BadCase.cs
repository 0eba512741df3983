using TinyGpt.BadInput.Victim;

namespace TinyGpt.BadInput.Tests.Cases;

/// <summary>One kind of damage.</summary>
/// <param name="Name">What is wrong, in words; unique in its table.</param>
/// <param name="Reason">Words that the refusal must hold, so that it is refused for this and not for something else.</param>
/// <param name="Files">Makes the damaged files.</param>
internal sealed record BadCase(string Name, string Reason, Func<InputFiles> Files)
{
    /// <summary>How loading must end; some damage harms nothing.</summary>
    public LoadResult Expected { get; init; } = LoadResult.Refused;

    /// <summary>The ways in which it can be loaded at all, or null for all of its table.</summary>
    public IReadOnlyList<string>? OnlyWays { get; init; }
}
