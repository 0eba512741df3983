namespace TinyGpt.Import.Hub;

/// <summary>A file of a model on a hub.</summary>
/// <param name="Path">Its path in the model, with <c>/</c> between parts; not checked yet.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Hash">Its hash, or null if the hub gives none.</param>
internal sealed record HubFile(string Path, long Size, ContentHash? Hash)
{
    /// <summary>Whether the file is in the model's top folder, where a checkpoint's files are.</summary>
    public bool IsTopLevel => !Path.Contains('/', StringComparison.Ordinal);

    /// <summary>Whether the path has an ending, in any case.</summary>
    public bool EndsWith(string ending) => Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
