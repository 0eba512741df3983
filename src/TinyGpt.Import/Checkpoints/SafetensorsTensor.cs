using System.Runtime.CompilerServices;
using TinyGpt.Format;

namespace TinyGpt.Import;

/// <summary>
/// One tensor of a safetensors file, row-major. A view: it is valid as long as its <see cref="SafetensorsCheckpoint"/>. Thread-safe.
/// </summary>
public sealed unsafe class SafetensorsTensor
{
    private readonly MappedFile _mapping;
    private readonly byte* _data;

    /// <summary>Makes a view; the caller has checked that the tensor's bytes are within the mapping.</summary>
    internal SafetensorsTensor(MappedFile mapping, string file, string name, string typeName, long[] shape, long offset, long bytes)
    {
        _mapping = mapping;
        _data = mapping.Data + offset;
        File = file;
        Name = name;
        TypeName = typeName;
        Type = Enum.TryParse(typeName, out SafetensorsType type) ? type : SafetensorsType.Other;
        Shape = shape;
        Bytes = bytes;
        Elements = shape.Aggregate(1L, (product, size) => product * size);
    }

    /// <summary>The file that holds it.</summary>
    public string File { get; }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The type of its numbers.</summary>
    public SafetensorsType Type { get; }

    /// <summary>The type as the file spells it.</summary>
    public string TypeName { get; }

    /// <summary>The sizes of its dimensions; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The product of <see cref="Shape"/>.</summary>
    public long Elements { get; }

    /// <summary>The size in the file, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Converts consecutive numbers to float32, exactly.</summary>
    /// <param name="first">The first number's index, 0 or more.</param>
    /// <param name="target">Receives them; of the same length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the tensor.</exception>
    /// <exception cref="ModelFormatException">The type cannot be converted.</exception>
    public void Read(long first, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Elements - target.Length);
        switch (Type)
        {
            case SafetensorsType.F32:
                new ReadOnlySpan<byte>(_data + (first * sizeof(float)), target.Length * sizeof(float))
                    .CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(target));
                break;
            case SafetensorsType.F16:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)BitConverter.UInt16BitsToHalf(ReadUInt16(first + i));
                }

                break;
            case SafetensorsType.BF16:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)ReadUInt16(first + i) << 16);
                }

                break;
            default:
                throw new ModelFormatException(File, $"tensor '{Name}' has type {TypeName}, which is not supported (supported: F32, F16, BF16)");
        }

        // The mapping must outlive the copy even if nothing else references it.
        GC.KeepAlive(_mapping);
    }

    /// <summary>Whether another tensor has the same type, shape and bytes.</summary>
    public bool ContentEquals(SafetensorsTensor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (TypeName != other.TypeName || !Shape.SequenceEqual(other.Shape))
        {
            return false;
        }

        const int LargestPiece = 1 << 30;
        for (long done = 0; done < Bytes; done += LargestPiece)
        {
            int piece = (int)Math.Min(Bytes - done, LargestPiece);
            if (!new ReadOnlySpan<byte>(_data + done, piece).SequenceEqual(new ReadOnlySpan<byte>(other._data + done, piece)))
            {
                return false;
            }
        }

        GC.KeepAlive(_mapping);
        GC.KeepAlive(other._mapping);
        return true;
    }

    // The format does not align its data.
    private ushort ReadUInt16(long index) => Unsafe.ReadUnaligned<ushort>(_data + (index * sizeof(ushort)));
}
