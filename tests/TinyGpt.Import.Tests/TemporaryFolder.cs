namespace TinyGpt.Import.Tests;

/// <summary>A folder in the temporary folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Name { get; } = Directory.CreateTempSubdirectory("tinygpt-").FullName;

    public string At(string file) => Path.Combine(Name, file);

    public string Write(string file, byte[] content)
    {
        File.WriteAllBytes(At(file), content);
        return At(file);
    }

    public string Write(string file, string content)
    {
        File.WriteAllText(At(file), content);
        return At(file);
    }

    public void Dispose() => Directory.Delete(Name, recursive: true);
}
