namespace TinyGpt.Import;

/// <summary>A model in the cache.</summary>
/// <param name="Name">Its name on the hub.</param>
/// <param name="Revision">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">The commit that it stood for.</param>
/// <param name="Path">The <c>.tgpt</c> file.</param>
/// <param name="DownloadedBytes">Bytes that came over the network for it now; 0 if all was there.</param>
public sealed record PulledModel(HubModelName Name, string Revision, string Commit, string Path, long DownloadedBytes);
