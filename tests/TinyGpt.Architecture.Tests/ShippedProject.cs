namespace TinyGpt.Architecture.Tests;

/// <summary>A project whose assembly users get, and the projects below it.</summary>
/// <param name="Assembly">The assembly's name.</param>
/// <param name="Folder">The project's folder, from the repository's root.</param>
/// <param name="Namespace">The namespace of its public types.</param>
/// <param name="Below">The assemblies that it may use, directly or not.</param>
public sealed record ShippedProject(string Assembly, string Folder, string Namespace, string[] Below)
{
    /// <summary>Every project of the product, lowest first. Arrows go down: a project uses only those before it, and only the ones it names.</summary>
    public static ShippedProject[] All { get; } =
    [
        new("TinyGpt.Kernels", "native-free-kernels/TinyGpt.Kernels", "TinyGpt.Kernels", []),
        new("TinyGpt.Engine", "src/TinyGpt", "TinyGpt", ["TinyGpt.Kernels"]),
        new("TinyGpt.Constraints", "src/TinyGpt.Constraints", "TinyGpt.Constraints", ["TinyGpt.Engine", "TinyGpt.Kernels"]),
        new("TinyGpt.Chat", "src/TinyGpt.Chat", "TinyGpt.Chat", ["TinyGpt.Engine", "TinyGpt.Kernels"]),
        new("TinyGpt.Import", "src/TinyGpt.Import", "TinyGpt.Import", ["TinyGpt.Engine", "TinyGpt.Kernels"]),
        new("TinyGpt.Dialogue", "src/TinyGpt.Dialogue", "TinyGpt.Dialogue", ["TinyGpt.Engine", "TinyGpt.Kernels", "TinyGpt.Constraints"]),
        new("TinyGpt.Tavern", "src/TinyGpt.Tavern", "TinyGpt.Tavern", ["TinyGpt.Engine", "TinyGpt.Kernels"]),
        new("TinyGpt.Extensions.AI", "src/TinyGpt.Extensions.AI", "TinyGpt.Extensions.AI", ["TinyGpt.Engine", "TinyGpt.Kernels", "TinyGpt.Constraints", "TinyGpt.Chat", "TinyGpt.Dialogue"]),
    ];

    /// <summary>The project of an assembly.</summary>
    /// <param name="assembly">The assembly's name.</param>
    public static ShippedProject Named(string assembly) => All.Single(project => project.Assembly == assembly);
}
