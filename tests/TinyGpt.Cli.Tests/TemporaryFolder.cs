namespace TinyGpt.Cli.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tinygpt-cli-").FullName;

    /// <summary>The path of a file in the folder.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    /// <summary>Copies the files of another folder into this one.</summary>
    public void CopyFrom(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, At(System.IO.Path.GetFileName(file)));
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
