using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace TinyGpt.Format;

/// <summary>The binary form of <see cref="ClassifierWeights"/>, as the chunk of a model file holds it. FORMAT.md describes it.</summary>
internal static class ClassifierFormat
{
    private const uint Version = 1;
    private const int HeaderLength = 20;

    private static ReadOnlySpan<byte> Magic => "TGCL"u8;

    /// <summary>Writes the weights.</summary>
    internal static byte[] ToBytes(ClassifierWeights weights)
    {
        byte[][] labels = [.. weights.Labels.Select(Encoding.UTF8.GetBytes)];
        long length = LengthOf(labels.Length, weights.Width, labels.Sum(label => (long)label.Length));
        byte[] data = new byte[checked((int)length)];
        Magic.CopyTo(data);
        Span<byte> rest = data.AsSpan(Magic.Length);
        foreach (uint value in (ReadOnlySpan<uint>)[Version, (uint)labels.Length, (uint)weights.Width, (uint)labels.Sum(label => label.Length)])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, value);
            rest = rest[sizeof(uint)..];
        }

        foreach (byte[] label in labels)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)label.Length);
            rest = rest[sizeof(ushort)..];
        }

        foreach (byte[] label in labels)
        {
            label.CopyTo(rest);
            rest = rest[label.Length..];
        }

        for (int label = 0; label < labels.Length; label++)
        {
            foreach (float value in weights.Row(label))
            {
                BinaryPrimitives.WriteSingleLittleEndian(rest, value);
                rest = rest[sizeof(float)..];
            }
        }

        return data;
    }

    /// <summary>Reads weights that come from anywhere.</summary>
    /// <param name="data">The whole chunk.</param>
    /// <param name="width">The hidden size of the model that they must belong to.</param>
    /// <param name="file">For errors.</param>
    /// <exception cref="ModelFormatException">The data is damaged or belongs to another model.</exception>
    internal static ClassifierWeights Read(ReadOnlySpan<byte> data, int width, string file)
    {
        if (data.Length < HeaderLength || !data.StartsWith(Magic))
        {
            throw Failure(file, "does not begin with 'TGCL'");
        }

        uint version = Number(data, 4);
        uint classes = Number(data, 8);
        uint columns = Number(data, 12);
        uint labelBytes = Number(data, 16);
        if (version != Version)
        {
            throw Failure(file, $"has version {version}, which is not supported (supported: {Version})");
        }

        if (classes is < 2 or > ClassifierWeights.MaxClasses)
        {
            throw Failure(file, $"has {classes} classes, not 2 … {ClassifierWeights.MaxClasses}");
        }

        if (columns != (uint)width)
        {
            throw Failure(file, $"is for models of hidden size {columns}, not {width}");
        }

        if (LengthOf((int)classes, width, labelBytes) != data.Length)
        {
            throw Failure(file, $"has {data.Length} bytes, and its header calls for {LengthOf((int)classes, width, labelBytes)}");
        }

        string[] labels = ReadLabels(data[HeaderLength..], (int)classes, (int)labelBytes, file);
        ReadOnlySpan<byte> weights = data[(HeaderLength + ((int)classes * sizeof(ushort)) + (int)labelBytes)..];
        float[] values = new float[(int)classes * width];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(weights[(i * sizeof(float))..]);
        }

        try
        {
            return new ClassifierWeights(labels, values);
        }
        catch (ArgumentException exception)
        {
            throw Failure(file, $"is damaged: {exception.Message}", exception);
        }
    }

    private static string[] ReadLabels(ReadOnlySpan<byte> data, int classes, int labelBytes, string file)
    {
        ReadOnlySpan<byte> texts = data.Slice(classes * sizeof(ushort), labelBytes);
        string[] labels = new string[classes];
        for (int label = 0; label < classes; label++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(data[(label * sizeof(ushort))..]);
            if (length > texts.Length || !Utf8.IsValid(texts[..length]))
            {
                throw Failure(file, $"has a name of class {label} that is damaged");
            }

            labels[label] = Encoding.UTF8.GetString(texts[..length]);
            texts = texts[length..];
        }

        return texts.IsEmpty ? labels : throw Failure(file, $"has {texts.Length} bytes after the names of its classes");
    }

    // At most 2^16 classes and 2^17 columns: far from where a long overflows.
    private static long LengthOf(int classes, int width, long labelBytes) =>
        HeaderLength + ((long)classes * sizeof(ushort)) + labelBytes + ((long)classes * width * sizeof(float));

    private static uint Number(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static ModelFormatException Failure(string file, string reason, Exception? cause = null) =>
        new(file, $"the classifier {reason}", innerException: cause);
}
