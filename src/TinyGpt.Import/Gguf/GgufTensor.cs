using TinyGpt.Format;
using TinyGpt.Import.Gguf;

namespace TinyGpt.Import;

/// <summary>One tensor of a GGUF file. A view: it is valid as long as its <see cref="GgufFile"/>. Thread-safe.</summary>
public sealed unsafe class GgufTensor
{
    private readonly MappedFile _mapping;
    private readonly GgufType _type;

    /// <summary>Makes a view; the caller has checked that the tensor's bytes are within the mapping.</summary>
    internal GgufTensor(MappedFile mapping, string file, string name, GgufType type, long[] shape, long offset, long bytes)
    {
        _mapping = mapping;
        _type = type;
        File = file;
        Name = name;
        Shape = shape;
        Offset = offset;
        Bytes = bytes;
        Rows = shape.Skip(1).Aggregate(1L, (product, size) => product * size);
    }

    /// <summary>The file that holds it.</summary>
    public string File { get; }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The type of its numbers as ggml spells it, such as <c>Q4_K</c>.</summary>
    public string TypeName => _type.Name;

    /// <summary>The sizes of its 1 … 4 dimensions as the file has them: columns first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Numbers in a row: the first of <see cref="Shape"/>. They are contiguous.</summary>
    public long Columns => Shape[0];

    /// <summary>The product of the other sizes; 1 for a vector.</summary>
    public long Rows { get; }

    /// <summary>The first byte in the file.</summary>
    public long Offset { get; }

    /// <summary>The size in the file, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Dequantizes a row to float32: in float32, and for the types that are not quantized exactly.</summary>
    /// <param name="row">The row, 0 … <see cref="Rows"/> - 1.</param>
    /// <param name="target">Takes <see cref="Columns"/> numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ArgumentException">The target has another length.</exception>
    public void ReadRow(long row, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        if (target.Length != Columns)
        {
            throw new ArgumentException($"{target.Length} numbers were asked for, and a row has {Columns}.", nameof(target));
        }

        // A row is whole blocks.
        int rowBytes = target.Length / _type.BlockWeights * _type.BlockBytes;
        _type.Read(new ReadOnlySpan<byte>(_mapping.Data + Offset + (row * rowBytes), rowBytes), target);

        // The mapping must outlive the copy even if nothing else references it.
        GC.KeepAlive(_mapping);
    }
}
