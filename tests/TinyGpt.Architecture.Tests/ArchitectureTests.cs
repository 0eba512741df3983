using Mono.Cecil;

namespace TinyGpt.Architecture.Tests;

/// <summary>The order of the house: folders, namespaces and projects, read from the assemblies that users get.</summary>
public sealed class ArchitectureTests
{
    // Friends among shipped assemblies, each with its reason. Tests, benchmarks and tools may see what they like.
    private static readonly Dictionary<string, string[]> AllowedFriends = new()
    {
        // No user needs a kernel, and the engine and the packer are made of them.
        ["TinyGpt.Kernels"] = ["TinyGpt.Engine", "TinyGpt.Import"],

        // The packer writes the format that the engine reads; one description of both. Chat encodes template text and contents apart.
        ["TinyGpt.Engine"] = ["TinyGpt.Import", "TinyGpt.Chat"],
    };

    public static TheoryData<string> Projects => [.. ShippedProject.All.Select(project => project.Assembly)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_types_namespace_is_its_folder_and_that_of_a_public_type_its_package(string name)
    {
        ShippedProject project = ShippedProject.Named(name);
        using ShippedAssembly assembly = new(project);
        List<string> wrong = [];
        int types = 0;
        foreach ((TypeDefinition type, string folder) in assembly.Types)
        {
            types++;
            string expected = type.IsPublic || folder.Length == 0 ? project.Namespace : $"{project.Namespace}.{folder.Replace('/', '.')}";
            if (type.Namespace != expected && !(type.Name == "Program" && type.Namespace.Length == 0))
            {
                wrong.Add($"{type.FullName} belongs into {expected}");
            }
        }

        Assert.True(types > 0, "No type was found: the debug information is missing.");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_of_an_assembly_form_no_cycle(string name)
    {
        ShippedProject project = ShippedProject.Named(name);
        using ShippedAssembly assembly = new(project);
        Dictionary<string, Dictionary<string, string>> uses = assembly.FolderUses();
        HashSet<string> finished = [];
        List<string> path = [];
        foreach (string folder in uses.Keys.Order(StringComparer.Ordinal))
        {
            string? cycle = FindCycle(folder, uses, finished, path);
            Assert.True(cycle is null, cycle);
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_those_below_it(string name)
    {
        ShippedProject project = ShippedProject.Named(name);
        using ShippedAssembly assembly = new(project);
        string[] ours = [.. ShippedProject.All.Select(other => other.Assembly)];
        Assert.Empty(assembly.References.Where(reference => reference.StartsWith("TinyGpt", StringComparison.Ordinal)).Except(project.Below));
        foreach (string below in project.Below)
        {
            Assert.True(Array.IndexOf(ours, below) < Array.IndexOf(ours, project.Assembly), $"{below} is above {project.Assembly}");
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Shipped_assemblies_show_their_internals_to_few(string name)
    {
        ShippedProject project = ShippedProject.Named(name);
        using ShippedAssembly assembly = new(project);
        string[] shipped = [.. ShippedProject.All.Select(other => other.Assembly)];
        Assert.Empty(assembly.Friends.Intersect(shipped).Except(AllowedFriends.GetValueOrDefault(project.Assembly, [])));
    }

    private static string? FindCycle(
        string folder, Dictionary<string, Dictionary<string, string>> uses, HashSet<string> finished, List<string> path)
    {
        int start = path.IndexOf(folder);
        if (start >= 0)
        {
            return string.Join(
                Environment.NewLine,
                path[start..].Zip([.. path[(start + 1)..], folder], (from, to) => $"{from} uses {to}: {uses[from][to]}"));
        }

        if (!finished.Contains(folder) && uses.TryGetValue(folder, out Dictionary<string, string>? used))
        {
            path.Add(folder);
            foreach (string next in used.Keys.Order(StringComparer.Ordinal))
            {
                if (FindCycle(next, uses, finished, path) is string cycle)
                {
                    return cycle;
                }
            }

            path.RemoveAt(path.Count - 1);
            finished.Add(folder);
        }

        return null;
    }
}
