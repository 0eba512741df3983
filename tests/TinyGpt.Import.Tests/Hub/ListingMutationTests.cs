using System.Text;
using System.Text.RegularExpressions;
using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>A hub's list of files, damaged in every place: it is read or refused as a hub's mistake, and never anything else.</summary>
public sealed partial class ListingMutationTests
{
    private const string Listing = """
        {"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[
        {"rfilename":"config.json","size":600,"blobId":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
        {"rfilename":"tokenizer.json","size":2100000,"blobId":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
        {"rfilename":"model.safetensors","size":135,"blobId":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391","lfs":{"size":270000000,
        "sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","pointerSize":134}}]}
        """;

    private static readonly Uri Url = new("https://hub.example/api/models/owner/tiny");

    [Fact]
    public void The_list_as_it_is_can_be_read() => Assert.Equal(272_100_600, Read(Encoding.UTF8.GetBytes(Listing)).Bytes);

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775808")]
    [InlineData("17592186044416")]
    [InlineData("17592186044417")]
    [InlineData("-1")]
    [InlineData("1e99")]
    [InlineData("0.5")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Any_number_or_text_may_be_another_value(string value)
    {
        foreach (Match match in Values().Matches(Listing))
        {
            Group place = match.Groups[1];
            RequireHarmless(Encoding.UTF8.GetBytes(string.Concat(Listing.AsSpan(0, place.Index), value, Listing.AsSpan(place.Index + place.Length))));
        }
    }

    [Fact]
    public void Any_byte_may_be_another_and_the_list_may_end_anywhere()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Listing);
        for (int at = 0; at < whole.Length; at++)
        {
            RequireHarmless(whole[..at]);
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = (byte[])whole.Clone();
                flipped[at] ^= (byte)(1 << bit);
                RequireHarmless(flipped);
            }
        }
    }

    [Fact]
    public void As_many_files_as_are_read_of_the_largest_size_can_be_added_up()
    {
        string shards = string.Concat(Enumerable.Range(0, 49_997).Select(i => $",{{\"rfilename\":\"x{i}\",\"size\":17592186044416}}"));
        string text = Listing.Replace("]}", $"{shards}]}}", StringComparison.Ordinal).Replace("\"size\":600", "\"size\":17592186044416", StringComparison.Ordinal);
        Assert.Equal(17_592_186_044_416 + 272_100_000, Read(Encoding.UTF8.GetBytes(text)).Bytes);
    }

    private static void RequireHarmless(byte[] listing)
    {
        try
        {
            Assert.InRange(Read(listing).Bytes, 0, long.MaxValue);
        }
        catch (HubException)
        {
            // What is documented.
        }
    }

    private static PullPlan Read(byte[] listing)
    {
        HubListing list = HubListing.Parse(listing, Url, "main");
        HubFile main = FileSelection.FindMain(list, null, Url);
        return new PullPlan(HubModelName.Parse("owner/tiny"), "main", list.Commit, main, FileSelection.Choose(list, main, [], Url));
    }

    [GeneratedRegex("""(?<=[:\[])("[^"]*"|\d+)""")]
    private static partial Regex Values();
}
