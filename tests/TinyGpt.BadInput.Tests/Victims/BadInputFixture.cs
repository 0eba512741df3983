using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Victims;

/// <summary>
/// A victim and a folder for the files that it is to load. After every bad file, or every twentieth of a sweep, a valid one must load.
/// </summary>
public sealed class BadInputFixture : IDisposable
{
    private const double MostMilliseconds = 2000;
    private const long SpareBytes = 16 << 20;
    private const int LoadsBetweenValidOnes = 20;

    private readonly VictimProcess _victim = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tinygpt-bad-input-");
    private readonly CaseFolder _bad;
    private readonly CaseFolder _valid;
    private readonly HashSet<string> _warm = new(StringComparer.Ordinal);
    private int _sinceValid;

    public BadInputFixture()
    {
        _bad = new CaseFolder(Path.Combine(_folder.FullName, "bad"));
        _valid = new CaseFolder(Path.Combine(_folder.FullName, "valid"));
    }

    /// <summary>Loads a case in every way of its table and checks how that ends; then a valid file must load.</summary>
    internal void Check(CaseTable table, BadCase bad)
    {
        InputFiles files = bad.Files();
        foreach (string way in table.Ways.Where(way => bad.OnlyWays is null || bad.OnlyWays.Contains(way)))
        {
            VictimReply reply = Load(way, table.Valid, files);
            string report = $"{bad.Name}, {way}: {reply.Result}: {reply.Message}";
            Assert.True(reply.Result == bad.Expected, report);
            Assert.True(reply.Message.Contains(bad.Reason, StringComparison.OrdinalIgnoreCase), report);
            RequireValid(way, table.Valid, bad.Name);
        }
    }

    /// <summary>Loads files of which only the kind of end counts: refused, missing or loaded.</summary>
    /// <param name="name">Says in a failure which files they are.</param>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="valid">What must load afterwards.</param>
    /// <param name="files">The files.</param>
    internal LoadResult Sweep(string name, string way, InputFiles valid, InputFiles files)
    {
        VictimReply reply = Load(way, valid, files);
        Assert.True(reply.Result != LoadResult.Broken, $"{name}, {way}: {reply.Message}");
        if (++_sinceValid >= LoadsBetweenValidOnes)
        {
            RequireValid(way, valid, name);
        }

        return reply.Result;
    }

    public void Dispose()
    {
        _victim.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Loads files without a judgement on how that ends, but within the bounds of time and memory.</summary>
    private VictimReply Load(string way, InputFiles valid, InputFiles files)
    {
        if (_warm.Add(way))
        {
            // The first load compiles the code, which takes additional time and memory.
            RequireValid(way, valid, "nothing");
        }

        VictimReply reply = _victim.Ask(way, _bad.Hold(files));
        if (reply.Result == LoadResult.Broken)
        {
            _warm.Clear();
            return reply;
        }

        long most = (2 * files.Bytes) + SpareBytes;
        return reply.Milliseconds > MostMilliseconds ? reply with { Result = LoadResult.Broken, Message = $"took {reply.Milliseconds} ms: {reply.Message}" }
            : reply.PeakBytes > most ? reply with { Result = LoadResult.Broken, Message = $"took {reply.PeakBytes} bytes of {most}: {reply.Message}" }
            : reply;
    }

    private void RequireValid(string way, InputFiles valid, string after)
    {
        _sinceValid = 0;
        VictimReply reply = _victim.Ask(way, _valid.Hold(valid));
        Assert.True(reply.Result == LoadResult.Loaded, $"a valid file after {after}, {way}: {reply.Result}: {reply.Message}");
    }
}
