using System.Numerics;
using TinyGpt.Format;

namespace TinyGpt.Import.Gguf;

/// <summary>
/// Reads the description of a GGUF file: the header, the place of every metadata value, and the table of tensors. Everything is checked
/// against the file's length before it is believed.
/// </summary>
internal static class GgufHeader
{
    /// <summary>The first bytes of every such file.</summary>
    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    private const int LeastBytes = 24;
    private const uint OldestVersion = 2;
    private const uint NewestVersion = 3;
    private const int MostEntries = 1 << 14;
    private const int MostTensors = 1 << 14;
    private const int MostDimensions = 4;
    private const int LongestKey = 1024;
    private const int LongestName = 256;
    private const long MostColumns = 1L << 28;
    private const long MostWeights = 1L << 50;
    private const string AlignmentKey = "general.alignment";
    private const int UsualAlignment = 32;
    private const int LargestAlignment = 1 << 20;

    // A key of one byte and a value of one; a name of one byte and one dimension.
    private const int LeastEntryBytes = sizeof(ulong) + 1 + sizeof(uint) + 1;
    private const int LeastTensorBytes = sizeof(ulong) + 1 + sizeof(uint) + sizeof(ulong) + sizeof(uint) + sizeof(ulong);

    /// <summary>Checks what has to hold before a file is mapped.</summary>
    public static void RequireLength(FileStream stream)
    {
        if (stream.Length < LeastBytes)
        {
            throw new ModelFormatException(stream.Name, $"too short for a GGUF file: {stream.Length} bytes");
        }
    }

    /// <summary>Reads a mapped file's header.</summary>
    /// <exception cref="ModelFormatException">It is damaged, or of a kind that is not supported.</exception>
    public static (GgufMetadata Metadata, Dictionary<string, GgufTensor> Tensors) Read(MappedFile mapping, string file)
    {
        GgufCursor cursor = new(mapping, file);
        if (!cursor.Take(Magic.Length).SequenceEqual(Magic))
        {
            throw cursor.Failure("does not begin with 'GGUF': no GGUF file", 0);
        }

        uint version = cursor.ReadUInt32();
        if (version is < OldestVersion or > NewestVersion)
        {
            string reason = version != 0 && (version & ushort.MaxValue) == 0 ? "the file is big-endian, which is not supported"
                : $"GGUF version {version} is not supported (supported: {OldestVersion}, {NewestVersion})";
            throw cursor.Failure($"{reason}; convert the model again with a current converter", Magic.Length);
        }

        int tensors = (int)cursor.ReadCount("tensors", MostTensors, LeastTensorBytes);
        int entries = (int)cursor.ReadCount("metadata entries", MostEntries, LeastEntryBytes);
        GgufMetadata metadata = new(mapping, file, ReadEntries(cursor, entries));
        return (metadata, ReadTensors(cursor, tensors, metadata, mapping));
    }

    private static Dictionary<string, GgufValue> ReadEntries(GgufCursor cursor, int count)
    {
        Dictionary<string, GgufValue> values = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            cursor.Subject = $"the key of metadata entry {i}";
            long at = cursor.Position;
            string key = cursor.ReadText(LongestKey);
            cursor.Subject = $"metadata '{key}'";
            GgufValue value = SkipValue(cursor);
            if (key.Length == 0 || !values.TryAdd(key, value))
            {
                throw cursor.Failure(key.Length == 0 ? $"metadata entry {i} has an empty key" : $"metadata '{key}' is there twice", at);
            }
        }

        return values;
    }

    /// <summary>Walks over a value, so that it can be read later without surprises.</summary>
    private static GgufValue SkipValue(GgufCursor cursor)
    {
        GgufValueType type = ReadType(cursor);
        if (type != GgufValueType.Array)
        {
            long offset = cursor.Position;
            SkipScalars(cursor, type, 1);
            return new GgufValue(type, type, 1, offset);
        }

        long at = cursor.Position;
        GgufValueType elementType = ReadType(cursor);
        if (elementType == GgufValueType.Array)
        {
            throw cursor.Failure($"{cursor.Subject} is an array of arrays, which is not supported", at);
        }

        long count = cursor.ReadCount("elements", long.MaxValue, elementType == GgufValueType.Text ? sizeof(ulong) : SizeOf(elementType));
        GgufValue value = new(type, elementType, count, cursor.Position);
        SkipScalars(cursor, elementType, count);
        return value;
    }

    private static GgufValueType ReadType(GgufCursor cursor)
    {
        long at = cursor.Position;
        uint type = cursor.ReadUInt32();
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type
            : throw cursor.Failure($"{cursor.Subject} has a value of type {type}, which does not exist", at);
    }

    private static void SkipScalars(GgufCursor cursor, GgufValueType type, long count)
    {
        if (type != GgufValueType.Text)
        {
            cursor.Skip(count * SizeOf(type));
            return;
        }

        for (long i = 0; i < count; i++)
        {
            cursor.SkipText();
        }
    }

    private static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 4,
    };

    private static Dictionary<string, GgufTensor> ReadTensors(GgufCursor cursor, int count, GgufMetadata metadata, MappedFile mapping)
    {
        long alignment = ReadAlignment(metadata);
        List<(string Name, GgufType Type, long[] Shape, long Offset, long At)> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            cursor.Subject = $"the name of tensor {i}";
            long at = cursor.Position;
            string name = cursor.ReadText(LongestName);
            if (name.Length == 0 || !names.Add(name))
            {
                throw cursor.Failure(name.Length == 0 ? $"tensor {i} has an empty name" : $"tensor '{name}' is there twice", at);
            }

            cursor.Subject = $"tensor '{name}'";
            long[] shape = ReadShape(cursor);
            GgufType type = ReadTensorType(cursor, shape);
            long offsetAt = cursor.Position;
            ulong offset = cursor.ReadUInt64();
            if (offset % (ulong)alignment != 0)
            {
                throw cursor.Failure($"{cursor.Subject} starts at {offset}, which is no multiple of the alignment {alignment}", offsetAt);
            }

            entries.Add((name, type, shape, (long)offset, offsetAt));
        }

        long dataStart = (cursor.Position + alignment - 1) & -alignment;
        Dictionary<string, GgufTensor> tensors = new(StringComparer.Ordinal);
        foreach ((string name, GgufType type, long[] shape, long offset, long at) in entries)
        {
            long bytes = shape.Aggregate(1L, (product, size) => product * size) / type.BlockWeights * type.BlockBytes;
            long room = mapping.Length - dataStart;
            if (offset < 0 || offset > room || bytes > room - offset)
            {
                throw cursor.Failure(
                    $"tensor '{name}' has {bytes} bytes at {(ulong)offset} of {Math.Max(room, 0)} bytes of data; {GgufCursor.Cut}", at);
            }

            tensors.Add(name, new GgufTensor(mapping, metadata.File, name, type, shape, dataStart + offset, bytes));
        }

        RequireApart(tensors.Values, cursor);
        return tensors;
    }

    private static long ReadAlignment(GgufMetadata metadata)
    {
        int alignment = metadata.Has(AlignmentKey) ? metadata.Int32(AlignmentKey) : UsualAlignment;
        return alignment is > 0 and <= LargestAlignment && BitOperations.IsPow2(alignment) ? alignment
            : throw metadata.Failure(AlignmentKey, $"is {alignment}, not a power of two up to {LargestAlignment}");
    }

    private static long[] ReadShape(GgufCursor cursor)
    {
        long at = cursor.Position;
        uint dimensions = cursor.ReadUInt32();
        if (dimensions is 0 or > MostDimensions)
        {
            throw cursor.Failure($"{cursor.Subject} has {dimensions} dimensions, not 1 … {MostDimensions}", at);
        }

        long[] shape = new long[dimensions];
        long weights = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            ulong size = cursor.ReadUInt64();
            long most = i == 0 ? MostColumns : MostWeights / weights;
            if (size == 0 || size > (ulong)most)
            {
                throw cursor.Failure($"{cursor.Subject} has a size of {size} in dimension {i}, not 1 … {most}", at);
            }

            shape[i] = (long)size;
            weights *= shape[i];
        }

        return shape;
    }

    private static GgufType ReadTensorType(GgufCursor cursor, long[] shape)
    {
        long at = cursor.Position;
        uint id = cursor.ReadUInt32();
        GgufType type = GgufType.Find(id) ?? throw cursor.Failure(
            $"{cursor.Subject} has type {GgufType.NameOfOther(id)}, which is not supported (supported: {GgufType.SupportedNames})", at);
        return shape[0] % type.BlockWeights == 0 ? type
            : throw cursor.Failure(
                $"{cursor.Subject} has {shape[0]} columns, no multiple of the {type.BlockWeights} in a block of {type.Name}", at);
    }

    private static void RequireApart(IEnumerable<GgufTensor> tensors, GgufCursor cursor)
    {
        GgufTensor? before = null;
        foreach (GgufTensor tensor in tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            if (before is not null && tensor.Offset < before.Offset + before.Bytes)
            {
                throw cursor.Failure($"tensors '{before.Name}' and '{tensor.Name}' overlap", tensor.Offset);
            }

            before = tensor;
        }
    }
}
