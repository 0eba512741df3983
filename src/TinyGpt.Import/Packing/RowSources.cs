using System.Buffers;

namespace TinyGpt.Import.Packing;

/// <summary>A tensor with contiguous rows. A vector counts as rows of one number each.</summary>
internal sealed class StoredRows(SafetensorsTensor tensor, int rows, int columns) : IRowSource
{
    public string File => tensor.File;

    public string Name => tensor.Name;

    public int Rows => rows;

    public int Columns => columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            tensor.Read((long)(first + i) * columns, target.Slice(i * stride, columns));
        }
    }
}

/// <summary>A tensor that is stored as columns × rows, as GPT-2's matrices are.</summary>
internal sealed class TransposedRows(SafetensorsTensor tensor, int rows, int columns) : IRowSource
{
    private const int MostAtOnce = 64;

    public string File => tensor.File;

    public string Name => tensor.Name;

    public int Rows => rows;

    public int Columns => columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        Span<float> slice = stackalloc float[MostAtOnce];
        for (int done = 0; done < count; done += MostAtOnce)
        {
            Span<float> part = slice[..Math.Min(count - done, MostAtOnce)];
            for (int column = 0; column < columns; column++)
            {
                tensor.Read(((long)column * rows) + first + done, part);
                for (int i = 0; i < part.Length; i++)
                {
                    target[((done + i) * stride) + column] = part[i];
                }
            }
        }
    }
}

/// <summary>The rows of several tensors, one after the other.</summary>
internal sealed class JoinedRows(IReadOnlyList<IRowSource> sources) : IRowSource
{
    public string File => sources[0].File;

    public string Name { get; } = string.Join(" + ", sources.Select(source => source.Name));

    public int Rows { get; } = sources.Sum(source => source.Rows);

    public int Columns => sources[0].Columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        int start = 0;
        foreach (IRowSource source in sources)
        {
            int from = Math.Max(first, start);
            int to = Math.Min(first + count, start + source.Rows);
            if (from < to)
            {
                source.CopyRows(from - start, to - from, target[((from - first) * stride)..], stride);
            }

            start += source.Rows;
        }
    }
}

/// <summary>The rows of a tensor in another order, with rows of zeros between them where the order says so.</summary>
/// <param name="source">The rows.</param>
/// <param name="order">For each row the source's row, or <see cref="RowOrder.Zeros"/>.</param>
internal sealed class OrderedRows(IRowSource source, int[] order) : IRowSource
{
    public string File => source.File;

    public string Name => source.Name;

    public int Rows => order.Length;

    public int Columns => source.Columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count;)
        {
            int row = order[first + i];
            int run = 1;
            while (i + run < count && order[first + i + run] == (row == RowOrder.Zeros ? row : row + run))
            {
                run++;
            }

            Span<float> rows = target[(i * stride)..];
            if (row == RowOrder.Zeros)
            {
                for (int zero = 0; zero < run; zero++)
                {
                    rows.Slice(zero * stride, Columns).Clear();
                }
            }
            else
            {
                source.CopyRows(row, run, rows, stride);
            }

            i += run;
        }
    }
}

/// <summary>Rows of one number each as one row: a vector whose numbers were put into the order of a matrix's rows.</summary>
internal sealed class RowOfRows(IRowSource source) : IRowSource
{
    public string File => source.File;

    public string Name => source.Name;

    public int Rows => 1;

    public int Columns => source.Rows;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        if (count > 0)
        {
            source.CopyRows(0, source.Rows, target, 1);
        }
    }
}

/// <summary>Columns that belong to heads, with zero columns after each head up to its stride.</summary>
internal sealed class HeadPaddedColumns(IRowSource source, int headSize, int headStride) : IRowSource
{
    public string File => source.File;

    public string Name => source.Name;

    public int Rows => source.Rows;

    public int Columns => source.Columns / headSize * headStride;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        int width = source.Columns;
        float[] rows = ArrayPool<float>.Shared.Rent(count * width);
        source.CopyRows(first, count, rows, width);
        for (int i = 0; i < count; i++)
        {
            Span<float> row = target.Slice(i * stride, Columns);
            row.Clear();
            for (int head = 0; head < width / headSize; head++)
            {
                rows.AsSpan((i * width) + (head * headSize), headSize).CopyTo(row[(head * headStride)..]);
            }
        }

        ArrayPool<float>.Shared.Return(rows);
    }
}
