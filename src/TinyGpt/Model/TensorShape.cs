using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt;

/// <summary>How a tensor's numbers are stored.</summary>
public enum TensorKind
{
    /// <summary>int8 panels with float32 scales, in the layout of <see cref="PanelLayout"/>.</summary>
    Panels,

    /// <summary>float32 rows, each padded with zeros to a multiple of 64.</summary>
    Floats,

    /// <summary>Panels of 4-bit weights with float32 scales, in the layout of <see cref="PanelLayout"/>.</summary>
    Int4Panels,
}

/// <summary>One tensor of a model: its name, its kind and its size before padding.</summary>
/// <param name="Name">The name in the file, such as <c>blocks.0.feed_forward_in</c>.</param>
/// <param name="Kind">How its numbers are stored.</param>
/// <param name="Rows">Outputs of a matrix, entries of a table, or 1 for a vector.</param>
/// <param name="Columns">Inputs of a matrix, or features.</param>
public sealed record TensorShape(string Name, TensorKind Kind, int Rows, int Columns)
{
    /// <summary>Whether it is a matrix of quantized weights.</summary>
    public bool IsQuantized => Kind != TensorKind.Floats;

    /// <summary>How the weights are held, if it is a matrix.</summary>
    public WeightPrecision Precision => Kind == TensorKind.Int4Panels ? WeightPrecision.Int4 : WeightPrecision.Int8;

    /// <summary>The size in bytes as stored and as held in memory, padding included.</summary>
    public long Bytes => IsQuantized
        ? PanelLayout.PackedBytes(Rows, Columns, Precision)
        : (long)Rows * PanelLayout.PaddedInputs(Columns) * sizeof(float);
}
