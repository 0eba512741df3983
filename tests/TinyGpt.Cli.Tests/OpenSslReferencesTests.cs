using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Nothing but downloading calls what needs OpenSSL on Linux.</summary>
public sealed class OpenSslReferencesTests
{
    // The framework's hashes and random numbers, and the option of its JSON reader that needs random numbers.
    private const string Cryptography = "System.Security.Cryptography";
    private const string UniqueNames = "set_AllowDuplicateProperties";

    [Fact]
    public void Only_the_hub_uses_the_framework_s_cryptography()
    {
        string[] assemblies = [.. Directory.GetFiles(AppContext.BaseDirectory, "TinyGpt.*.dll"), CommandLineRun.Program];
        string[] shipped = [.. assemblies.Where(path => !Path.GetFileName(path).Contains(".Tests.", StringComparison.Ordinal))];
        Assert.True(shipped.Length >= 7, string.Join(", ", shipped));
        List<string> found = [];
        foreach (string path in shipped)
        {
            using PEReader file = new(File.OpenRead(path));
            MetadataReader metadata = file.GetMetadataReader();
            found.AddRange(metadata.TypeReferences.Select(metadata.GetTypeReference)
                .Where(type => metadata.GetString(type.Namespace) == Cryptography)
                .Select(type => $"{Path.GetFileName(path)}: {metadata.GetString(type.Name)}"));
            found.AddRange(metadata.MemberReferences.Select(metadata.GetMemberReference)
                .Where(member => metadata.GetString(member.Name) == UniqueNames)
                .Select(_ => $"{Path.GetFileName(path)}: {UniqueNames}"));
        }

        Assert.All(found, reference => Assert.StartsWith("TinyGpt.Import.dll: ", reference, StringComparison.Ordinal));
        Assert.DoesNotContain(found, reference => reference.EndsWith(UniqueNames, StringComparison.Ordinal));
        Assert.NotEmpty(found); // the check sees what there is
    }
}
