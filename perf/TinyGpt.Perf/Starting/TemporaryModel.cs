using TinyGpt.Import;

namespace TinyGpt.Perf;

/// <summary>
/// A model of random weights in a file that is deleted with this. Nothing in it is compressed, so all of it can be mapped.
/// </summary>
public sealed class TemporaryModel : IDisposable
{
    /// <summary>Writes the file.</summary>
    /// <param name="shape">One of <see cref="SyntheticModel.Shapes"/>.</param>
    /// <param name="cancellation">Stops; no file is left.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public TemporaryModel(string shape, CancellationToken cancellation)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tinygpt-{Guid.NewGuid():N}.tgpt");
        SyntheticModel.Write(SyntheticModel.ConfigOf(shape), Path, cancellation: cancellation);
    }

    /// <summary>The path of the file.</summary>
    public string Path { get; }

    /// <summary>Deletes the file.</summary>
    public void Dispose() => File.Delete(Path);
}
