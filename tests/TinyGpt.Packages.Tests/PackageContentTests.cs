using System.IO.Compression;
using System.Xml.Linq;
using Xunit;

namespace TinyGpt.Packages.Tests;

/// <summary>What a package shows and holds.</summary>
public sealed class PackageContentTests(PackedSolution solution)
{
    private static readonly string[] Expected =
    [
        "TinyGpt", "TinyGpt.Chat", "TinyGpt.Cli", "TinyGpt.Constraints", "TinyGpt.Dialogue", "TinyGpt.Engine", "TinyGpt.Extensions.AI", "TinyGpt.Import", "TinyGpt.Kernels", "TinyGpt.Tavern",
    ];

    [Fact]
    public void Every_package_has_what_a_reader_looks_for()
    {
        string[] packages = Directory.GetFiles(solution.Packages, "*.nupkg");
        string[] ids = [.. packages.Select(IdOf)];
        Assert.Empty(Expected.Except(ids));
        foreach (string package in packages)
        {
            using ZipArchive archive = ZipFile.OpenRead(package);
            XElement metadata = Metadata(archive);
            string[] entries = [.. archive.Entries.Select(entry => entry.FullName)];
            foreach (string element in (string[])["description", "license", "icon", "readme", "tags", "authors"])
            {
                Assert.True(Value(metadata, element).Length > 0, $"{package} has no {element}");
            }

            Assert.NotEqual("Package Description", Value(metadata, "description"));
            Assert.Equal(solution.Version, Value(metadata, "version"));
            Assert.NotNull(metadata.Elements().Single(element => element.Name.LocalName == "repository").Attribute("commit"));
            Assert.Contains("README.md", entries);
            Assert.Contains("icon.png", entries);
            foreach (string assembly in entries.Where(entry => entry.StartsWith("lib/", StringComparison.Ordinal) && entry.EndsWith(".dll", StringComparison.Ordinal)))
            {
                Assert.Contains(Path.ChangeExtension(assembly, ".xml"), entries);
                using ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(package, ".snupkg"));
                Assert.Contains(symbols.Entries, entry => entry.FullName == Path.ChangeExtension(assembly, ".pdb"));
            }
        }
    }

    [Fact]
    public void No_package_holds_native_code()
    {
        foreach (string package in Directory.GetFiles(solution.Packages, "*.nupkg").Where(package => IdOf(package) != "TinyGpt.Cli"))
        {
            using ZipArchive archive = ZipFile.OpenRead(package);
            Assert.DoesNotContain(archive.Entries, entry => entry.FullName.StartsWith("runtimes/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Packages_of_this_solution_depend_on_each_other_in_the_version_that_was_packed()
    {
        foreach (string package in Directory.GetFiles(solution.Packages, "*.nupkg"))
        {
            using ZipArchive archive = ZipFile.OpenRead(package);
            foreach (XElement dependency in Metadata(archive).Descendants().Where(element => element.Name.LocalName == "dependency"))
            {
                string id = dependency.Attribute("id")!.Value;
                Assert.True(!Expected.Contains(id) || dependency.Attribute("version")!.Value == solution.Version, $"{package}: {id}");
            }
        }
    }

    private string IdOf(string package) => Path.GetFileNameWithoutExtension(package)[..^(solution.Version.Length + 1)];

    private static XElement Metadata(ZipArchive archive)
    {
        using Stream stream = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().First();
    }

    private static string Value(XElement metadata, string name) =>
        metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value ?? "";
}
