using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using TinyGpt.Format;

namespace TinyGpt.Import.Hub;

/// <summary>
/// A file that is not complete yet, under another name. A tag beside it says which content it is the beginning of, so that another
/// run, maybe days later, can go on. Its hash is kept up while it grows. Not thread-safe.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Extension = ".partial";
    private const string TagExtension = ".partial.tag";
    private const int BlockLength = 1 << 20;
    private const int LongestTag = 1 << 12;

    private readonly string _path;
    private readonly HubFile _file;
    private readonly FileStream _stream;
    private IncrementalHash? _hash;

    private PartialFile(string path, HubFile file)
    {
        _path = path;
        _file = file;
        _stream = new FileStream(
            path + Extension, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
    }

    /// <summary>The bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>The strong entity tag that the server gave with the first byte, or null if it gave none.</summary>
    public EntityTagHeaderValue? EntityTag { get; private set; }

    /// <summary>The bytes of a file that need not be downloaded again, as far as their number tells.</summary>
    /// <param name="path">The complete file's path.</param>
    /// <param name="size">The complete file's length.</param>
    public static long LengthAt(string path, long size)
    {
        FileInfo complete = new(path);
        FileInfo partial = new(path + Extension);
        return complete.Exists && complete.Length == size ? size : partial.Exists ? Math.Min(partial.Length, size) : 0;
    }

    /// <summary>Whether a file is the beginning, or the tag of the beginning, of another one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="complete">The other's path.</param>
    public static bool BelongsTo(string path, string complete) => path == complete + Extension || path == complete + TagExtension;

    /// <summary>Opens what is there of a file, and hashes it; begins anew where it is of another content or cannot be checked later.</summary>
    /// <param name="path">The complete file's path, in a folder that exists.</param>
    /// <param name="file">What it will be.</param>
    /// <param name="cancellation">Stops hashing.</param>
    public static async Task<PartialFile> OpenAsync(string path, HubFile file, CancellationToken cancellation)
    {
        PartialFile partial = new(path, file);
        try
        {
            long length = partial._stream.Length;
            if (length <= file.Size && partial.TryReadTag())
            {
                await partial.HashAsync(length, cancellation).ConfigureAwait(false);
            }
            else
            {
                partial.Clear();
            }

            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>Throws away what is there.</summary>
    public void Clear()
    {
        _stream.SetLength(0);
        Length = 0;
        EntityTag = null;
        _hash?.Dispose();
        _hash = _file.Hash?.Begin(_file.Size);
    }

    /// <summary>Writes down, before the first byte is added, what will be there.</summary>
    /// <param name="entityTag">The entity tag of what comes now, or null.</param>
    public void Begin(EntityTagHeaderValue? entityTag)
    {
        EntityTag = entityTag is { IsWeak: false } ? entityTag : null; // a weak one does not promise the same bytes
        AtomicFile.Write(_path + TagExtension, stream =>
        {
            using StreamWriter writer = new(stream, leaveOpen: true);
            writer.Write($"{Identity}\n{EntityTag}\n");
        });
    }

    /// <summary>Adds the next bytes.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        _stream.Position = Length;
        await _stream.WriteAsync(content, cancellation).ConfigureAwait(false);
        _hash?.AppendData(content.Span);
        Length += content.Length;
    }

    /// <summary>Gives a file of the right length its name, if its content is right.</summary>
    /// <returns>Whether it is; if not, the file begins anew.</returns>
    public bool TryComplete()
    {
        if (_hash is not null && !_file.Hash!.Matches(_hash))
        {
            Clear();
            return false;
        }

        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_path + Extension, _path, overwrite: true);
        File.Delete(_path + TagExtension);
        return true;
    }

    /// <summary>Closes the file and keeps what is there.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _hash?.Dispose();
    }

    // Which content it is. Without a hash the length must do, and then only an entity tag allows to go on.
    private string Identity => string.Create(CultureInfo.InvariantCulture, $"{_file.Hash} {_file.Size}");

    private bool TryReadTag()
    {
        FileInfo tag = new(_path + TagExtension);
        if (!tag.Exists || tag.Length > LongestTag || File.ReadAllText(tag.FullName).Split('\n') is not [string identity, string text, ""])
        {
            return false;
        }

        EntityTag = EntityTagHeaderValue.TryParse(text, out EntityTagHeaderValue? parsed) ? parsed : null;
        return identity == Identity && (_file.Hash is not null || EntityTag is not null);
    }

    private async Task HashAsync(long length, CancellationToken cancellation)
    {
        _hash = _file.Hash?.Begin(_file.Size);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            while (Length < length)
            {
                int count = await _stream.ReadAsync(block.AsMemory(0, BlockLength), cancellation).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new EndOfStreamException($"{_path}{Extension}: another process changes the file");
                }

                _hash?.AppendData(block, 0, count);
                Length += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
