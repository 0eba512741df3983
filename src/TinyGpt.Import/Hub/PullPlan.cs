using TinyGpt.Import.Hub;

namespace TinyGpt.Import;

/// <summary>What pulling a model will download. Immutable and thread-safe.</summary>
public sealed class PullPlan
{
    private const string PackedExtension = ".tgpt";
    private const string GgufExtension = ".gguf";

    internal PullPlan(HubModelName name, string revision, string commit, HubFile main, IReadOnlyList<HubFile> files)
    {
        Name = name;
        Revision = revision;
        Commit = commit;
        Main = main;
        Files = files;
    }

    /// <summary>The model.</summary>
    public HubModelName Name { get; }

    /// <summary>The branch, tag or commit that was asked for.</summary>
    public string Revision { get; }

    /// <summary>The commit that it refers to. Files of this commit are downloaded, whatever happens to the branch meanwhile.</summary>
    public string Commit { get; }

    /// <summary>The number of files.</summary>
    public int FileCount => Files.Count;

    /// <summary>The bytes of all files.</summary>
    public long Bytes => Files.Sum(file => file.Size);

    /// <summary>Every file that is needed, with paths that were checked.</summary>
    internal IReadOnlyList<HubFile> Files { get; }

    /// <summary>The file that is packed: weights, or the index of weights in several files.</summary>
    internal HubFile Main { get; }

    /// <summary>Whether the model is one file with everything in it.</summary>
    internal bool IsGguf => Main.EndsWith(GgufExtension);

    /// <summary>The name of the <c>.tgpt</c> file: the model's, or that of its one file.</summary>
    internal string PackedName =>
        (IsGguf ? Path.GetFileNameWithoutExtension(Main.Path) : Name.ShortName) + PackedExtension;
}
