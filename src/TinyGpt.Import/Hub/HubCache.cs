using TinyGpt.Import.Hub;

namespace TinyGpt.Import;

/// <summary>The folder where pulled models are. Thread-safe, also between processes.</summary>
/// <remarks>
/// <c>models/OWNER--NAME/REVISION</c> holds the packed model, the files that it was made of in <c>checkpoint</c> or <c>gguf</c>, and
/// <c>pull.json</c>, which says what is there. Any of it may be deleted while no process uses it.
/// </remarks>
public sealed class HubCache
{
    /// <summary>
    /// The variable with the cache's folder. Without it the cache is in the system's place: <c>tinygpt</c> in <c>$XDG_CACHE_HOME</c> or
    /// <c>~/.cache</c>, <c>~/Library/Caches/tinygpt</c> on macOS, <c>%LOCALAPPDATA%\tinygpt\cache</c> on Windows.
    /// </summary>
    public const string FolderVariable = "TINYGPT_CACHE";

    /// <summary>Makes a cache of a folder.</summary>
    /// <param name="folder">The folder, which need not exist.</param>
    public HubCache(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = Path.GetFullPath(folder);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Finds what the last complete pull of a model made. The network is not used.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">The branch, tag or commit that was pulled.</param>
    /// <param name="file">The GGUF file that must have been chosen, or null for whatever was.</param>
    /// <returns>The model, or null if it is not there.</returns>
    /// <exception cref="HubException"><paramref name="revision"/> cannot be a revision.</exception>
    public PulledModel? Find(HubModelName name, string revision = ModelHub.DefaultRevision, string? file = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ModelFolder folder = FolderOf(name, revision);
        return PullManifest.TryRead(folder.Manifest) is { } manifest
            && (file is null || manifest.Files.Any(known => known.Path == file))
            && File.Exists(folder.Packed(manifest.Packed))
                ? new PulledModel(name, revision, manifest.Commit, folder.Packed(manifest.Packed), 0)
                : null;
    }

    internal ModelFolder FolderOf(HubModelName name, string revision) => new(Folder, name, RequireRevision(revision));

    // It becomes a part of addresses and of paths.
    private static string RequireRevision(string revision) =>
        HubPath.IsSafe(revision) && revision.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '/')
            ? revision
            : throw new HubException(
                null, null, $"'{HubPath.Show(revision)}' is not a branch, tag or commit", "check --revision");
}
