using System.Buffers.Binary;
using System.Text.Json;
using TinyGpt.Format;

namespace TinyGpt.Import.Checkpoints;

/// <summary>Reads the header of one safetensors file: a length, then JSON with the type, shape and place of every tensor.</summary>
internal static unsafe class SafetensorsHeader
{
    /// <summary>The longest header that is accepted, in bytes.</summary>
    public const int Longest = 4 << 20;

    private const int LengthBytes = sizeof(ulong);
    private const int MostDimensions = 8;
    private const string About = "__metadata__";

    private static readonly JsonLimits Limits = new(Depth: 8, Tokens: 1 << 18, TextBytes: 1 << 20);

    /// <summary>Checks what has to hold before a file is mapped.</summary>
    public static void RequireLength(FileStream stream)
    {
        if (stream.Length < LengthBytes)
        {
            throw new ModelFormatException(stream.Name, $"too short for a safetensors file: {stream.Length} bytes");
        }
    }

    /// <summary>Lists the tensors of a mapped file.</summary>
    /// <exception cref="ModelFormatException">The header is damaged, or a tensor's place is impossible.</exception>
    public static List<SafetensorsTensor> Read(MappedFile mapping, string file)
    {
        ulong declared = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(mapping.Data, LengthBytes));
        if (declared is 0 or > Longest || (long)declared > mapping.Length - LengthBytes)
        {
            throw new ModelFormatException(
                file, $"a header of {declared} bytes is not in 1 … {Math.Min(Longest, mapping.Length - LengthBytes)}; no safetensors file?", 0);
        }

        byte[] json = new ReadOnlySpan<byte>(mapping.Data + LengthBytes, (int)declared).ToArray();
        long dataStart = LengthBytes + (long)declared;
        long dataLength = mapping.Length - dataStart;
        List<(long Begin, long End, string Name)> places = [];
        List<SafetensorsTensor> tensors = [];
        using JsonDocument document = CheckedJson.Parse(json, Limits, file, LengthBytes, out CheckedJson root);
        foreach ((string name, CheckedJson item) in root.ObjectMembers())
        {
            if (name == About)
            {
                continue;
            }

            item.AllowOnly("dtype", "shape", "data_offsets");
            string type = item.Text("dtype");
            int size = SizeOf(type);
            if (size == 0)
            {
                throw item.Failure($"has dtype '{type}', which is not supported");
            }

            long[] shape = item.Int64s("shape", MostDimensions);
            long[] offsets = item.Int64s("data_offsets", 2);
            if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > dataLength)
            {
                throw item.Failure($"is at [{string.Join(", ", offsets)}] of {dataLength} bytes of data");
            }

            long bytes = offsets[1] - offsets[0];
            if (!TryMultiply(shape, size, out long wanted) || wanted != bytes)
            {
                throw item.Failure($"has {bytes} bytes, which its shape [{string.Join(", ", shape)}] of {type} does not have");
            }

            if (bytes > 0)
            {
                places.Add((offsets[0], offsets[1], name));
            }

            tensors.Add(new SafetensorsTensor(mapping, file, name, type, shape, dataStart + offsets[0], bytes));
        }

        places.Sort();
        for (int i = 1; i < places.Count; i++)
        {
            if (places[i].Begin < places[i - 1].End)
            {
                throw new ModelFormatException(
                    file, $"tensors '{places[i - 1].Name}' and '{places[i].Name}' overlap", dataStart + places[i].Begin);
            }
        }

        return tensors;
    }

    private static bool TryMultiply(long[] shape, int size, out long bytes)
    {
        bytes = size;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || (dimension > 0 && bytes > long.MaxValue / dimension))
            {
                return false;
            }

            bytes *= dimension;
        }

        return true;
    }

    private static int SizeOf(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => 0,
    };
}
