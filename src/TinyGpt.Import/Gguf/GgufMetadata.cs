using System.Buffers.Binary;
using TinyGpt.Format;

namespace TinyGpt.Import.Gguf;

/// <summary>
/// The metadata of a GGUF file. Values stay in the file until they are asked for by key and type; whatever is missing, of another type or
/// out of range becomes a <see cref="ModelFormatException"/> that names the key. Thread-safe, and valid as long as its file.
/// </summary>
internal sealed class GgufMetadata(MappedFile mapping, string file, IReadOnlyDictionary<string, GgufValue> values)
{
    // Chat templates are the longest texts there are, some tens of thousands of bytes.
    private const int LongestText = 1 << 20;

    /// <summary>The file, for errors.</summary>
    public string File => file;

    /// <summary>Whether there is such a key.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>A text of at most a mebibyte.</summary>
    public string Text(string key)
    {
        GgufValue value = Find(key);
        return value.Type == GgufValueType.Text ? CursorAt(key, value).ReadText(LongestText) : throw WrongType(key, "text", value);
    }

    public bool Boolean(string key)
    {
        GgufValue value = Find(key);
        return value.Type == GgufValueType.Bool ? CursorAt(key, value).Take(1)[0] != 0 : throw WrongType(key, "true or false", value);
    }

    /// <summary>A whole number of any of the integer types.</summary>
    public int Int32(string key)
    {
        GgufValue value = Find(key);
        return TryReadInteger(CursorAt(key, value), value.Type, out Int128 number) ? Narrow(key, number, value.Offset)
            : throw WrongType(key, "a whole number", value);
    }

    /// <summary>A number of any of the floating-point types.</summary>
    public float Single(string key)
    {
        GgufValue value = Find(key);
        return TryReadFloat(CursorAt(key, value), value.Type, out float number) ? number : throw WrongType(key, "a floating-point number", value);
    }

    /// <summary>The elements of an array of texts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The most elements that are accepted.</param>
    /// <param name="longest">The most bytes of one that are accepted.</param>
    public string[] Texts(string key, int most, int longest)
    {
        GgufCursor cursor = ArrayAt(key, most, out GgufValue value);
        if (value.ElementType != GgufValueType.Text)
        {
            throw WrongType(key, "an array of texts", value);
        }

        string[] elements = new string[value.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = cursor.ReadText(longest);
        }

        return elements;
    }

    /// <summary>The elements of an array of whole numbers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The most elements that are accepted.</param>
    public int[] Int32s(string key, int most)
    {
        GgufCursor cursor = ArrayAt(key, most, out GgufValue value);
        int[] elements = new int[value.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            long at = cursor.Position;
            elements[i] = TryReadInteger(cursor, value.ElementType, out Int128 number) ? Narrow(key, number, at)
                : throw WrongType(key, "an array of whole numbers", value);
        }

        return elements;
    }

    /// <summary>The elements of an array of floating-point numbers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The most elements that are accepted.</param>
    public float[] Singles(string key, int most)
    {
        GgufCursor cursor = ArrayAt(key, most, out GgufValue value);
        float[] elements = new float[value.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = TryReadFloat(cursor, value.ElementType, out float number) ? number
                : throw WrongType(key, "an array of floating-point numbers", value);
        }

        return elements;
    }

    /// <summary>An exception about a key, or about what is missing where there is no such key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reason">A predicate, such as "is 3, which is not supported".</param>
    public ModelFormatException Failure(string key, string reason) =>
        new(file, $"metadata '{key}' {reason}", values.TryGetValue(key, out GgufValue value) ? value.Offset : null);

    private static bool TryReadInteger(GgufCursor cursor, GgufValueType type, out Int128 number)
    {
        switch (type)
        {
            case GgufValueType.UInt8:
                number = cursor.Take(sizeof(byte))[0];
                return true;
            case GgufValueType.Int8:
                number = (sbyte)cursor.Take(sizeof(sbyte))[0];
                return true;
            case GgufValueType.UInt16:
                number = BinaryPrimitives.ReadUInt16LittleEndian(cursor.Take(sizeof(ushort)));
                return true;
            case GgufValueType.Int16:
                number = BinaryPrimitives.ReadInt16LittleEndian(cursor.Take(sizeof(short)));
                return true;
            case GgufValueType.UInt32:
                number = cursor.ReadUInt32();
                return true;
            case GgufValueType.Int32:
                number = (int)cursor.ReadUInt32();
                return true;
            case GgufValueType.UInt64:
                number = cursor.ReadUInt64();
                return true;
            case GgufValueType.Int64:
                number = (long)cursor.ReadUInt64();
                return true;
            default:
                number = 0;
                return false;
        }
    }

    private static bool TryReadFloat(GgufCursor cursor, GgufValueType type, out float number)
    {
        number = type switch
        {
            GgufValueType.Float32 => BitConverter.UInt32BitsToSingle(cursor.ReadUInt32()),
            GgufValueType.Float64 => (float)BitConverter.UInt64BitsToDouble(cursor.ReadUInt64()),
            _ => 0,
        };
        return type is GgufValueType.Float32 or GgufValueType.Float64;
    }

    private GgufValue Find(string key) => values.TryGetValue(key, out GgufValue value) ? value
        : throw new ModelFormatException(file, $"metadata '{key}' is missing; convert the model again with a current converter");

    private GgufCursor CursorAt(string key, in GgufValue value) =>
        new(mapping, file) { Position = value.Offset, Subject = $"metadata '{key}'" };

    private GgufCursor ArrayAt(string key, int most, out GgufValue value)
    {
        value = Find(key);
        return value.Type != GgufValueType.Array ? throw WrongType(key, "an array", value)
            : value.Count > most ? throw Failure(key, $"has {value.Count} elements, and at most {most} are accepted")
            : CursorAt(key, value);
    }

    private int Narrow(string key, Int128 number, long at) => number >= int.MinValue && number <= int.MaxValue
        ? (int)number
        : throw new ModelFormatException(file, $"metadata '{key}' has the number {number}, which is not in {int.MinValue} … {int.MaxValue}", at);

    private ModelFormatException WrongType(string key, string wanted, in GgufValue value) => Failure(
        key,
        $"must be {wanted} and is {(value.Type == GgufValueType.Array ? $"an array of {value.ElementType}" : value.Type)}");
}
