using System.Diagnostics;
using System.Globalization;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using TinyGpt.Tests;
using Xunit;
using Xunit.Sdk;

namespace TinyGpt.BadInput.Tests.Fuzzing;

/// <summary>
/// Mutants of valid files, until time is up: TINYGPT_FUZZ_SECONDS says how long, TINYGPT_FUZZ_SEED with which mutant to begin. Every mutant
/// has a seed one higher than the previous one, so that a failure can be repeated by starting with its seed.
/// </summary>
public sealed class FuzzTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private const int UsualSeconds = 10;
    private const int UsualSeed = 1;

    [Fact]
    public void Every_mutant_is_refused_as_documented_or_works()
    {
        int seconds = FromEnvironment("TINYGPT_FUZZ_SECONDS", UsualSeconds);
        int firstSeed = FromEnvironment("TINYGPT_FUZZ_SEED", UsualSeed);
        Dictionary<LoadResult, int> results = [];
        Stopwatch clock = Stopwatch.StartNew();
        int seed = firstSeed;
        for (; clock.Elapsed.TotalSeconds < seconds; seed++)
        {
            LoadResult result = LoadMutant(seed);
            results[result] = results.GetValueOrDefault(result) + 1;
        }

        string counts = string.Join(", ", results.OrderBy(result => result.Key).Select(result => $"{result.Value} {result.Key}"));
        Counts.Tell($"fuzzing: {seed - firstSeed} mutants in {seconds} s from seed {firstSeed}: {counts}");
        Assert.True(results.GetValueOrDefault(LoadResult.Loaded) > 0, "no mutant was ever loaded: they all stop too early");
    }

    private LoadResult LoadMutant(int seed)
    {
        Mutator mutator = new(seed);
        FuzzTarget target = FuzzTarget.All[mutator.Below(FuzzTarget.All.Length)];
        string way = target.LoadedBy[mutator.Below(target.LoadedBy.Count)];
        InputFiles mutant = target.Mutate(mutator);
        try
        {
            return fixture.Sweep($"mutant of seed {seed}", way, target.Valid, mutant);
        }
        catch (XunitException failure)
        {
            string folder = Path.Combine(Path.GetTempPath(), $"tinygpt-mutant-{seed}");
            new CaseFolder(folder).Hold(mutant);
            throw new InvalidOperationException($"{failure.Message}\nThe files are kept in {folder}.", failure);
        }
    }

    private static int FromEnvironment(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
