using System.Security.Cryptography;
using System.Text;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.BadInput.Tests.Cases;

/// <summary>The hand-made cases of one format.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Ways">How each case is loaded.</param>
/// <param name="Valid">What must load after each case.</param>
/// <param name="All">The cases.</param>
internal sealed record CaseTable(string Format, IReadOnlyList<string> Ways, InputFiles Valid, IReadOnlyList<BadCase> All)
{
    private readonly Dictionary<string, BadCase> _byName = All.ToDictionary(bad => bad.Name, StringComparer.Ordinal);

    public BadCase this[string name] => _byName[name];

    /// <summary>The names, for tests.</summary>
    public TheoryData<string> Names => [.. All.Select(bad => bad.Name)];

    /// <summary>Checks that the promised number of cases is there, and that no two of them are the same files.</summary>
    public void RequireDistinct(int least)
    {
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (BadCase bad in All)
        {
            string hash = HashOf(bad.Files());
            Assert.True(seen.TryAdd(hash, bad.Name), $"'{bad.Name}' and '{seen[hash]}' are the same files");
        }

        Counts.Tell($"{Format}: {All.Count} hand-made cases, each loaded in {Ways.Count} ways at most");
        Assert.True(All.Count >= least, $"{Format}: {All.Count} cases of at least {least}");
    }

    private static string HashOf(InputFiles files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] content) in files.Contents)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}:{content.Length}:"));
            hash.AppendData(content);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
