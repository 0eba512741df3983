using System.Buffers.Binary;
using System.Text;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// Reads the values of a save that may be damaged: whatever is out of range or missing becomes an exception. Leaves the stream open.
/// </summary>
internal sealed class SaveReader(Stream stream, string name)
{
    private const int ChunkBytes = 1 << 20;

    private readonly Sha256 _hash = new();

    public void Bytes(Span<byte> bytes)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw Failure("it ends too early", exception);
        }

        _hash.Append(bytes);
    }

    public int Int32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Bytes(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long Int64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Bytes(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>A number that must be in a range.</summary>
    public int Int32(int least, int most, string what)
    {
        int value = Int32();
        return value >= least && value <= most ? value : throw Failure($"{what} is {value} and must be {least} … {most}");
    }

    /// <summary>A number that must be in a range.</summary>
    public long Int64(long least, long most, string what)
    {
        long value = Int64();
        return value >= least && value <= most ? value : throw Failure($"{what} is {value} and must be {least} … {most}");
    }

    public bool Boolean(string what) => Int32(0, 1, what) == 1;

    public T Enumeration<T>(string what)
        where T : struct, Enum
    {
        int value = Int32();
        T result = (T)Enum.ToObject(typeof(T), value);
        return Enum.IsDefined(result) ? result : throw Failure($"{what} is {value}, which there is not");
    }

    public float Single() => BitConverter.Int32BitsToSingle(Int32());

    /// <summary>A length and that number of bytes; memory is allocated as they come.</summary>
    public byte[] Block(int most, string what)
    {
        int length = Int32(0, most, what);
        byte[] bytes = new byte[Math.Min(length, ChunkBytes)];
        int read = 0;
        while (true)
        {
            Bytes(bytes.AsSpan(read));
            read = bytes.Length;
            if (read == length)
            {
                return bytes;
            }

            Array.Resize(ref bytes, (int)Math.Min(length, 2L * read));
        }
    }

    public string Text(int mostBytes, string what)
    {
        byte[] bytes = Block(mostBytes, what);
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Failure($"{what} is not valid UTF-8");
    }

    public int[] Ids(int most, int vocabulary, string what)
    {
        int[] ids = new int[Int32(0, most, what)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = Int32(0, vocabulary - 1, "a token");
        }

        return ids;
    }

    /// <summary>Reads the hash, and refuses everything if it is not that of what was read.</summary>
    public void End()
    {
        byte[] expected = _hash.Finish();
        Span<byte> found = stackalloc byte[Sha256.DigestLength];
        try
        {
            stream.ReadExactly(found);
        }
        catch (EndOfStreamException exception)
        {
            throw Failure("it ends too early", exception);
        }

        if (!found.SequenceEqual(expected))
        {
            throw Failure("its checksum is wrong: it is damaged");
        }
    }

    public StageSaveException Failure(string reason, Exception? cause = null) => new(name, reason, cause);
}
