using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.BadInput.Tests.Sweeps;

/// <summary>Every truncation of a file and every flipped bit of its first bytes, in turn through several ways to load it.</summary>
/// <param name="fixture">Loads the files.</param>
/// <param name="format">The format's name.</param>
/// <param name="ways">The ways, taken in turn.</param>
/// <param name="valid">What loads undamaged.</param>
/// <param name="wrap">Makes files of damaged bytes.</param>
internal sealed class DamageSweep(
    BadInputFixture fixture, string format, IReadOnlyList<string> ways, InputFiles valid, Func<byte[], InputFiles> wrap)
{
    private const int FlippedBytes = 512;
    private const int LongestFile = 8192;

    private readonly Dictionary<LoadResult, int> _results = [];
    private int _loads;

    /// <summary>Cuts a file after every byte.</summary>
    /// <param name="image">The file.</param>
    /// <param name="repair">Makes what checks the length or content right again; null for a format without such a thing.</param>
    public void Truncate(byte[] image, Func<byte[], byte[]>? repair = null)
    {
        // Small, so that what is cut is mostly what describes the rest.
        Assert.True(image.Length <= LongestFile, $"{image.Length} bytes");
        for (int length = 0; length < image.Length; length++)
        {
            Load($"{format}, cut to {length} bytes", image[..length], repair);
        }

        Tell("truncations");
    }

    /// <summary>Flips every bit of the first bytes.</summary>
    public void Flip(byte[] image, Func<byte[], byte[]>? repair = null)
    {
        for (int bit = 0; bit < 8 * Math.Min(image.Length, FlippedBytes); bit++)
        {
            byte[] flipped = (byte[])image.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Load($"{format}, bit {bit} flipped", flipped, repair);
        }

        Tell("flipped bits");
    }

    private void Load(string name, byte[] damaged, Func<byte[], byte[]>? repair)
    {
        LoadOne(name, damaged);
        if (repair is not null)
        {
            LoadOne($"{name} and repaired", repair((byte[])damaged.Clone()));
        }
    }

    private void LoadOne(string name, byte[] damaged)
    {
        LoadResult result = fixture.Sweep(name, ways[_loads++ % ways.Count], valid, wrap(damaged));
        _results[result] = _results.GetValueOrDefault(result) + 1;
    }

    private void Tell(string kind)
    {
        string results = string.Join(", ", _results.OrderBy(result => result.Key).Select(result => $"{result.Value} {result.Key}"));
        Counts.Tell($"{format}, {kind}: {results}");
        _results.Clear();
    }
}
