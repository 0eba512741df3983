using System.Text.Json;
using TinyGpt.Format;

namespace TinyGpt.Import.Hub;

/// <summary>The files of one revision of a model, as a hub lists them.</summary>
/// <param name="Commit">The revision's commit, or its name where the hub does not tell.</param>
/// <param name="Files">Every file, in the hub's order; paths are not checked.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>The longest answer that is read, in bytes.</summary>
    public const int LongestAnswer = 16 << 20;

    private const int MostFiles = 50_000;
    private const int LongestCommit = 64;

    // 16 TiB: sums over all files are far from overflowing.
    private const long LargestFile = 1L << 44;

    private static readonly JsonLimits Limits = new(Depth: 64, Tokens: 1 << 20, TextBytes: 1 << 20);

    /// <summary>Reads the answer to <c>api/models/NAME/revision/REVISION?blobs=true</c>.</summary>
    /// <param name="utf8">The answer.</param>
    /// <param name="url">Where it came from.</param>
    /// <param name="revision">What was asked for.</param>
    /// <exception cref="HubException">It is no such answer.</exception>
    public static HubListing Parse(byte[] utf8, Uri url, string revision)
    {
        try
        {
            using JsonDocument document = CheckedJson.Parse(utf8, Limits, "the answer", offset: null, out CheckedJson json);
            return new HubListing(
                json.Has("sha") ? ReadCommit(json) : revision,
                [.. json.Objects("siblings", MostFiles).Select(ReadFile)]);
        }
        catch (ModelFormatException exception)
        {
            throw new HubException(
                url, null, $"the answer is not a list of a model's files: {HubPath.Show(exception.Reason)}",
                $"check that {HubOptions.EndpointVariable} is the address of a hub", exception);
        }
    }

    // It becomes a part of addresses.
    private static string ReadCommit(CheckedJson json) =>
        json.Text("sha") is { Length: > 0 and <= LongestCommit } commit && commit.All(char.IsAsciiHexDigit)
            ? commit
            : throw json.Failure("has a 'sha' that is not a commit's");

    private static HubFile ReadFile(CheckedJson file)
    {
        string path = file.Text("rfilename");
        if (file.Has("lfs"))
        {
            CheckedJson large = file.Object("lfs");
            return new HubFile(path, ReadSize(large), ReadHash(large, "sha256", isSha256: true));
        }

        return new HubFile(path, ReadSize(file), file.Has("blobId") ? ReadHash(file, "blobId", isSha256: false) : null);
    }

    private static long ReadSize(CheckedJson file) =>
        file.Int64("size") is >= 0 and <= LargestFile and long size ? size
        : throw file.Failure($"has a 'size' of {file.Int64("size")}, which is not in 0 … {LargestFile}");

    private static ContentHash ReadHash(CheckedJson file, string name, bool isSha256) =>
        ContentHash.Parse(isSha256, file.Text(name)) ?? throw file.Failure($"has a '{name}' that is not a hash");
}
