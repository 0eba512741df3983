using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using TinyGpt.Format;

namespace TinyGpt.Import.Gguf;

/// <summary>
/// Walks over a mapped GGUF file. Nothing is read beyond its end, and no length or count is believed before it is known to fit into what is
/// left. Not thread-safe.
/// </summary>
internal sealed unsafe class GgufCursor(MappedFile mapping, string file)
{
    /// <summary>What to do about a file that ends too early.</summary>
    public const string Cut = "the file is damaged or was not downloaded to its end: fetch it again";

    /// <summary>The next byte.</summary>
    public long Position { get; set; }

    /// <summary>What is being read, for errors: "the header", "tensor 'x'".</summary>
    public string Subject { get; set; } = "the header";

    /// <summary>Bytes from here to the end of the file.</summary>
    public long Left => mapping.Length - Position;

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads a number of things.</summary>
    /// <param name="things">Their name in errors, in the plural.</param>
    /// <param name="most">The most that are accepted.</param>
    /// <param name="leastBytes">What each of them takes in the file at least; 1 or more.</param>
    public long ReadCount(string things, long most, int leastBytes)
    {
        long at = Position;
        ulong count = ReadUInt64();
        return count > (ulong)most ? throw Failure($"{Subject} says {count} {things}, and at most {most} are accepted", at)
            : (long)count > Left / leastBytes ? throw Failure($"{Subject} says {count} {things}, for which {Left} bytes are too few; {Cut}", at)
            : (long)count;
    }

    /// <summary>Takes bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw Failure($"the file ends inside {Subject}; {Cut}", Position);
        }

        ReadOnlySpan<byte> bytes = new(mapping.Data + Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>Skips bytes.</summary>
    public void Skip(long count) => Position = count <= Left ? Position + count
        : throw Failure($"the file ends inside {Subject}; {Cut}", Position);

    /// <summary>Skips a string.</summary>
    public void SkipText() => Skip(ReadCount("bytes of text", long.MaxValue, leastBytes: 1));

    /// <summary>Takes a string's bytes.</summary>
    /// <param name="longest">The most bytes that are accepted.</param>
    public ReadOnlySpan<byte> TakeText(int longest) => Take((int)ReadCount("bytes of text", longest, leastBytes: 1));

    /// <summary>Reads a string.</summary>
    /// <param name="longest">The most bytes that are accepted.</param>
    public string ReadText(int longest)
    {
        long at = Position;
        ReadOnlySpan<byte> bytes = TakeText(longest);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Failure($"the text of {Subject} is not valid UTF-8", at);
    }

    /// <summary>An exception about a place in the file.</summary>
    public ModelFormatException Failure(string reason, long at) => new(file, reason, at);
}
