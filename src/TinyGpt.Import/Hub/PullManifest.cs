using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import.Hub;

/// <summary>What a complete pull left in the cache: of which content which file was packed.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Packed">The packed model's file name.</param>
/// <param name="Files">The files that it was made of.</param>
internal sealed record PullManifest(string Commit, string Packed, IReadOnlyList<PullManifest.SourceFile> Files)
{
    private const int Longest = 1 << 20;
    private const int MostFiles = 10_000;

    // What packing makes of the same files; a model that an older version packed is packed again.
    private const int PackerVersion = 2;

    private static readonly JsonLimits Limits = new(Depth: 8, Tokens: 1 << 17, TextBytes: 1 << 12);

    /// <summary>Which version of the packer made the model.</summary>
    public int Packer { get; init; } = PackerVersion;

    /// <summary>One of the files.</summary>
    /// <param name="Path">Its path in the model.</param>
    /// <param name="Hash">Its hash as text, empty if the hub gave none.</param>
    /// <param name="Size">Its bytes.</param>
    public sealed record SourceFile(string Path, string Hash, long Size);

    /// <summary>What a plan will have left once it is done.</summary>
    public static PullManifest Of(PullPlan plan) => new(
        plan.Commit, plan.PackedName, [.. plan.Files.Select(file => new SourceFile(file.Path, $"{file.Hash}", file.Size))]);

    /// <summary>Reads a manifest; null where there is none that can be used.</summary>
    public static PullManifest? TryRead(string path)
    {
        try
        {
            byte[] utf8 = BoundedFile.Read(path, Longest);
            using JsonDocument document = CheckedJson.Parse(utf8, Limits, path, offset: null, out CheckedJson json);
            string packed = json.Text("packed");
            return HubPath.IsSafe(packed) && !packed.Contains('/', StringComparison.Ordinal)
                ? new PullManifest(
                    json.Text("commit"),
                    packed,
                    [.. json.Objects("files", MostFiles).Select(ReadFile)])
                {
                    Packer = json.Has("packer") ? json.Int32("packer") : 1,
                }
                : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or ModelFormatException)
        {
            return null;
        }
    }

    private static SourceFile ReadFile(CheckedJson file) => new(file.Text("path"), file.Text("hash"), file.Int64("size"));

    /// <summary>Whether both were made of the same content in the same way, whatever their commits are called. Content without hashes never is.</summary>
    public bool HasSameContent(PullManifest other) =>
        Packer == other.Packer && Packed == other.Packed && Files.All(file => file.Hash.Length > 0) && Files.ToHashSet().SetEquals(other.Files);

    /// <summary>Writes the manifest, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("commit", Commit);
        json.WriteString("packed", Packed);
        json.WriteNumber("packer", Packer);
        json.WriteStartArray("files");
        foreach (SourceFile file in Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteString("hash", file.Hash);
            json.WriteNumber("size", file.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
