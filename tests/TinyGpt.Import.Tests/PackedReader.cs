using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import.Tests;

/// <summary>Reads single numbers of packed tensors, straight from the words of FORMAT.md.</summary>
internal static unsafe class PackedReader
{
    /// <summary>Weight (row, column) as float32.</summary>
    public static float Weight(byte* panels, int columns, int row, int column) =>
        Quantized(panels, columns, row, column) * Scale(panels, columns, row, column);

    public static sbyte Quantized(byte* panels, int columns, int row, int column) =>
        ((sbyte*)Group(panels, columns, row, column))[(column % 64 / 4 * 64) + (row % 16 * 4) + (column % 4)];

    public static float Scale(byte* panels, int columns, int row, int column) =>
        ((float*)(Group(panels, columns, row, column) + 1024))[row % 16];

    /// <summary>4-bit weight (row, column) before it is scaled.</summary>
    public static int Int4(byte* panels, int columns, int row, int column)
    {
        byte pair = Group(panels, columns, row, column, 576)[(column % 32 / 4 * 64) + (row % 16 * 4) + (column % 4)];
        return (column % 64 < 32 ? pair & 15 : pair >> 4) - 8;
    }

    public static float Int4Scale(byte* panels, int columns, int row, int column) =>
        ((float*)(Group(panels, columns, row, column, 576) + 512))[row % 16];

    /// <summary>Number (row, column) of a tensor of any kind.</summary>
    public static float Number(TgptFile file, TensorShape shape, int row, int column) => shape.Kind switch
    {
        TensorKind.Panels => Weight(file.Tensor(shape.Name), shape.Columns, row, column),
        TensorKind.Int4Panels => Int4(file.Tensor(shape.Name), shape.Columns, row, column)
            * Int4Scale(file.Tensor(shape.Name), shape.Columns, row, column),
        _ => ((float*)file.Tensor(shape.Name))[((long)row * PanelLayout.PaddedInputs(shape.Columns)) + column],
    };

    private static byte* Group(byte* panels, int columns, int row, int column, int groupBytes = 1088) =>
        panels + ((((long)(row / 16) * ((columns + 63) / 64)) + (column / 64)) * groupBytes);
}
