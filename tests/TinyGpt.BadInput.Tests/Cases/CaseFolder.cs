namespace TinyGpt.BadInput.Tests.Cases;

/// <summary>A folder that holds the files of one load after the other.</summary>
internal sealed class CaseFolder(string path)
{
    private readonly Dictionary<string, byte[]> _held = new(StringComparer.Ordinal);

    /// <summary>Puts files into the folder, and nothing else. What is there already is not written again: most loads change one file of some.</summary>
    /// <returns>The path to open.</returns>
    public string Hold(InputFiles files)
    {
        Directory.CreateDirectory(path);
        foreach (string name in _held.Keys.Where(name => !files.Contents.ContainsKey(name)).ToArray())
        {
            File.Delete(Path.Combine(path, name));
            _held.Remove(name);
        }

        foreach ((string name, byte[] content) in files.Contents)
        {
            if (!_held.TryGetValue(name, out byte[]? held) || !ReferenceEquals(held, content))
            {
                File.WriteAllBytes(Path.Combine(path, name), content);
                _held[name] = content;
            }
        }

        return Path.Combine(path, files.Opened);
    }
}
