using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Training.Optimization;

/// <summary>
/// A training's state in a stream, little-endian: the text <c>TGTRAIN1</c>, the network's shape and the step as 64-bit integers, for
/// each tensor its values, mean gradients and mean squared gradients as float32, and the SHA-256 of all that.
/// </summary>
internal static class TrainingState
{
    private const int NumbersOfParameter = 3; // its value and the optimizer's two means

    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("TGTRAIN1");

    public static void Save(
        Stream destination, ModelConfig config, long step, IReadOnlyList<NamedParameter> parameters, AdamW optimizer)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Sha256 hash = new();
        Write(destination, hash, Magic);
        Write(destination, hash, MemoryMarshal.AsBytes<long>(Shape(config, Count(parameters))));
        Write(destination, hash, MemoryMarshal.AsBytes<long>([step]));
        foreach (NamedParameter parameter in parameters)
        {
            Write(destination, hash, MemoryMarshal.AsBytes(parameter.Values));
            Write(destination, hash, MemoryMarshal.AsBytes(optimizer.Mean(parameter)));
            Write(destination, hash, MemoryMarshal.AsBytes(optimizer.MeanSquare(parameter)));
        }

        destination.Write(hash.Finish());
    }

    /// <summary>Reads everything back.</summary>
    /// <returns>The step.</returns>
    public static long Load(Stream source, ModelConfig config, IReadOnlyList<NamedParameter> parameters, AdamW optimizer)
    {
        ArgumentNullException.ThrowIfNull(source);
        Sha256 hash = new();
        RequireShape(source, hash, Shape(config, Count(parameters)));
        long[] step = new long[1];
        Read(source, hash, MemoryMarshal.AsBytes(step.AsSpan()));
        foreach (NamedParameter parameter in parameters)
        {
            Read(source, hash, MemoryMarshal.AsBytes(parameter.Values));
            Read(source, hash, MemoryMarshal.AsBytes(optimizer.Mean(parameter)));
            Read(source, hash, MemoryMarshal.AsBytes(optimizer.MeanSquare(parameter)));
        }

        byte[] stored = new byte[Sha256.DigestLength];
        Fill(source, stored);
        if (step[0] < 0 || !stored.AsSpan().SequenceEqual(hash.Finish()))
        {
            throw new InvalidDataException("The training state is damaged: its checksum does not match.");
        }

        return step[0];
    }

    /// <summary>Checks what can be checked before a network is made: a state's shape, and its length. The source goes back to its start.</summary>
    /// <exception cref="InvalidDataException">It is no whole state of such a network.</exception>
    public static void Require(Stream source, ModelConfig config, int classes)
    {
        long parameters = config.ParameterCount + ((long)classes * config.Width);
        Sha256 hash = new();
        long[] shape = Shape(config, parameters);
        RequireShape(source, hash, shape);
        long expected = Magic.Length + ((shape.Length + 1L) * sizeof(long)) + (NumbersOfParameter * parameters * sizeof(float)) + Sha256.DigestLength;
        if (source.Length != expected)
        {
            throw new InvalidDataException($"The training state has {source.Length} bytes, and {expected} are needed.");
        }

        source.Position = 0;
    }

    private static void RequireShape(Stream source, Sha256 hash, long[] expected)
    {
        byte[] magic = new byte[Magic.Length];
        Read(source, hash, magic);
        if (!magic.AsSpan().SequenceEqual(Magic))
        {
            throw new InvalidDataException("This is no training state: it does not begin with TGTRAIN1.");
        }

        long[] shape = new long[expected.Length];
        Read(source, hash, MemoryMarshal.AsBytes(shape.AsSpan()));
        if (!shape.AsSpan().SequenceEqual(expected))
        {
            throw new InvalidDataException(
                $"The training state is of another network: its shape is {string.Join(", ", shape)}, this one's {string.Join(", ", expected)}.");
        }
    }

    private static long Count(IReadOnlyList<NamedParameter> parameters) => parameters.Sum(parameter => (long)parameter.Count);

    private static long[] Shape(ModelConfig config, long parameters) =>
    [
        config.VocabularySize, config.ContextLength, config.Width, config.Layers, config.Heads, config.FeedForwardWidth,
        (long)config.Activation, config.TiedHead ? 1 : 0, BitConverter.SingleToInt32Bits(config.NormEpsilon),
        parameters,
    ];

    private static void Write(Stream destination, Sha256 hash, ReadOnlySpan<byte> bytes)
    {
        hash.Append(bytes);
        destination.Write(bytes);
    }

    private static void Read(Stream source, Sha256 hash, Span<byte> bytes)
    {
        Fill(source, bytes);
        hash.Append(bytes);
    }

    private static void Fill(Stream source, Span<byte> bytes)
    {
        try
        {
            source.ReadExactly(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("The training state ends too early.", exception);
        }
    }
}
