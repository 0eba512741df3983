using System.IO.MemoryMappedFiles;

namespace TinyGpt.Format;

/// <summary>A whole file mapped read-only. <see cref="Data"/> is valid until it is disposed, as long as the file is not truncated.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private MappedFile(FileStream stream)
    {
        Length = stream.Length;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        byte* data = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref data);
        Data = data + _view.PointerOffset;
    }

    /// <summary>The first byte.</summary>
    public byte* Data { get; }

    /// <summary>The length in bytes, 1 or more.</summary>
    public long Length { get; }

    /// <summary>Opens and maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="check">
    /// Looks at the open file first. It must refuse an empty file, which cannot be mapped.
    /// </param>
    public static MappedFile Open(string path, Action<FileStream> check)
    {
        FileStream stream = RegularFile.OpenModel(path, bufferSize: 0);
        try
        {
            check(stream);
            return new MappedFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps and closes the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
