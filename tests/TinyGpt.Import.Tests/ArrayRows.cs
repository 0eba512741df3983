using TinyGpt.Import.Packing;

namespace TinyGpt.Import.Tests;

/// <summary>A matrix in an array.</summary>
internal sealed class ArrayRows(float[] numbers, int rows, int columns) : IRowSource
{
    public string File => "array";

    public string Name => "numbers";

    public int Rows => rows;

    public int Columns => columns;

    public float this[int row, int column]
    {
        get => numbers[(row * columns) + column];
        set => numbers[(row * columns) + column] = value;
    }

    public static ArrayRows Random(int rows, int columns, int seed)
    {
        Random random = new(seed);
        return new ArrayRows([.. Enumerable.Range(0, rows * columns).Select(_ => (float)((random.NextDouble() * 2) - 1))], rows, columns);
    }

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            numbers.AsSpan((first + i) * columns, columns).CopyTo(target[(i * stride)..]);
        }
    }
}
