using System.Diagnostics.CodeAnalysis;
using TinyGpt.Format;
using TinyGpt.Import.Gguf;

namespace TinyGpt.Import;

/// <summary>
/// A GGUF file of version 2 or 3, little-endian: metadata and tensors. The file is mapped, not read. Reading is thread-safe; disposing is
/// not, and invalidates every tensor.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private const string Extension = ".gguf";

    private readonly MappedFile _mapping;
    private readonly Dictionary<string, GgufTensor> _tensors;

    private GgufFile(string file, MappedFile mapping)
    {
        File = file;
        _mapping = mapping;
        (Metadata, _tensors) = GgufHeader.Read(mapping, file);
    }

    /// <summary>The file's path.</summary>
    public string File { get; }

    /// <summary>Every tensor by its name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    internal GgufMetadata Metadata { get; }

    /// <summary>Whether a path names a GGUF file, by its ending or by its first bytes.</summary>
    /// <param name="path">A path; what it names exists or not.</param>
    public static bool IsAt(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)
            ? System.IO.File.Exists(path)
            : RegularFile.BeginsWith(path, GgufHeader.Magic);
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">
    /// The file is damaged, or its version, a metadata value or a tensor is of a kind that is not supported.
    /// </exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the result, or disposed where opening fails.")]
    public static GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile mapping = MappedFile.Open(path, GgufHeader.RequireLength);
        try
        {
            return new GgufFile(path, mapping);
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _tensors.Clear();
        _mapping.Dispose();
    }
}
