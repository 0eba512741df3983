using Xunit;

[assembly: AssemblyFixture(typeof(TinyGpt.Packages.Tests.PackedSolution))]

namespace TinyGpt.Packages.Tests;

/// <summary>
/// The solution's packages in a folder, with a version that no other source can have, and a place for strangers' projects that restore them
/// from there and everything else from where this machine gets its packages.
/// </summary>
public sealed class PackedSolution : IAsyncLifetime
{
    public string Version { get; } = $"0.0.1-stranger.{DateTime.UtcNow.Ticks}";

    public string Root { get; } = Directory.CreateTempSubdirectory("tinygpt-strangers-").FullName;

    public string Packages => Path.Combine(Root, "packages");

    public async ValueTask InitializeAsync()
    {
        string repository = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(repository, "TinyGpt.sln")))
        {
            repository = Path.GetDirectoryName(repository) ?? throw new DirectoryNotFoundException("There is no TinyGpt.sln above the tests.");
        }

        await Shell.Run(
            repository, Shell.Dotnet, "pack", "TinyGpt.sln", "-c", "Release", "--no-build", "-m:1", $"-p:PackageVersion={Version}", "-o", Packages);

        string cache = (await Shell.Run(Root, Shell.Dotnet, "nuget", "locals", "global-packages", "--list")).Split(": ", 2)[1].Trim();
        await File.WriteAllTextAsync(Path.Combine(Root, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(Root, "restored")}" /></config>
              <packageSources><add key="strangers" value="{Packages}" /></packageSources>
              <fallbackPackageFolders><add key="cache" value="{cache}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>Makes a project: its file, its program and nothing else.</summary>
    public async Task<string> MakeProject(string name, string sdk, string[] packages, string program)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        string references = string.Concat(packages.Select(package => $"    <PackageReference Include=\"{package}\" Version=\"{Version}\" />\n"));
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <MSBuildTreatWarningsAsErrors>true</MSBuildTreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
            {references}  </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
        return folder;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
