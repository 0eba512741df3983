namespace TinyGpt.Import;

/// <summary>Where a row of an arranged tensor comes from.</summary>
/// <param name="Source">The index of its source, or -1 for a row of zeros.</param>
/// <param name="Row">The row there.</param>
internal readonly record struct RowPlace(int Source, int Row)
{
    /// <summary>A row of zeros.</summary>
    public static readonly RowPlace Zeros = new(-1, 0);
}

/// <summary>Says for every row of an arranged tensor where it comes from.</summary>
internal delegate RowPlace RowArrangement(int row);

/// <summary>Rows that are taken one by one from several tensors of the same width: joined, interleaved, reordered, padded.</summary>
internal sealed class ArrangedRows(IReadOnlyList<IRowSource> sources, int rows, RowArrangement arrangement) : IRowSource
{
    public string File => sources[0].File;

    public string Name => string.Join(", ", sources.Select(source => source.Name));

    public int Rows => rows;

    public int Columns => sources[0].Columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            RowPlace place = arrangement(first + i);
            Span<float> row = target[(i * stride)..];
            if (place.Source < 0)
            {
                row[..Columns].Clear();
            }
            else
            {
                sources[place.Source].CopyRows(place.Row, 1, row, stride);
            }
        }
    }
}

/// <summary>One vector of numbers that are taken one by one from several: the biases of the rows that <see cref="ArrangedRows"/> arranges.</summary>
internal sealed class ArrangedVector(IReadOnlyList<IRowSource> vectors, int length, RowArrangement arrangement) : IRowSource
{
    public string File => vectors[0].File;

    public string Name => string.Join(", ", vectors.Select(vector => vector.Name));

    public int Rows => 1;

    public int Columns => length;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        float[][] numbers = [.. vectors.Select(vector => new float[vector.Columns])];
        for (int i = 0; i < numbers.Length; i++)
        {
            vectors[i].CopyRows(0, 1, numbers[i], numbers[i].Length);
        }

        for (int i = 0; i < length; i++)
        {
            RowPlace place = arrangement(i);
            target[i] = place.Source < 0 ? 0 : numbers[place.Source][place.Row];
        }
    }
}
