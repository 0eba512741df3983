namespace TinyGpt.Tests.Format;

/// <summary>A file in the temporary folder that goes away with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(byte[] content) => File.WriteAllBytes(Name, content);

    public string Name { get; } = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.tgpt");

    public void Dispose() => File.Delete(Name);
}
