namespace TinyGpt.Import.Hub;

/// <summary>The places in the cache of one revision of a model.</summary>
/// <param name="cache">The cache's folder.</param>
/// <param name="name">The model.</param>
/// <param name="revision">A revision that was checked.</param>
internal sealed class ModelFolder(string cache, HubModelName name, string revision)
{
    private const string Models = "models";

    /// <summary>The folder of everything below.</summary>
    public string Root { get; } = Path.Combine(
        cache, Models, name.Text.Replace("/", "--", StringComparison.Ordinal), Uri.EscapeDataString(revision));

    /// <summary>What is there, once it is complete.</summary>
    public string Manifest => Path.Combine(Root, "pull.json");

    /// <summary>Held by the process that changes something.</summary>
    public string Lock => Path.Combine(Root, "pull.lock");

    /// <summary>The place of a packed model.</summary>
    public string Packed(string fileName) => Path.Combine(Root, fileName);

    /// <summary>The folder of a plan's files. A checkpoint's folder has no other files in it.</summary>
    public string Downloads(PullPlan plan) => Path.Combine(Root, plan.IsGguf ? "gguf" : "checkpoint");

    /// <summary>The place of one of a plan's files.</summary>
    public string Download(PullPlan plan, HubFile file) => HubPath.PlaceIn(Downloads(plan), file.Path);

    /// <summary>
    /// Makes the folders for a plan's files, and deletes from a checkpoint's folder what an earlier commit had and this one has not:
    /// weights in one file would be taken for those of a model whose weights are in several now.
    /// </summary>
    public void Prepare(PullPlan plan)
    {
        string[] paths = [.. plan.Files.Select(file => Download(plan, file))];
        foreach (string path in paths)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        if (!plan.IsGguf)
        {
            foreach (string found in Directory.EnumerateFiles(Downloads(plan)))
            {
                if (!paths.Any(path => path == found || PartialFile.BelongsTo(found, path)))
                {
                    File.Delete(found);
                }
            }
        }
    }
}
