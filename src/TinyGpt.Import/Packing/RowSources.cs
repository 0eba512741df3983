using System.Buffers;

namespace TinyGpt.Import;

/// <summary>A tensor whose rows lie one behind the other. A vector is one row.</summary>
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

/// <summary>Rows that belong to heads, with zero rows put behind each head up to its stride.</summary>
internal sealed class HeadPaddedRows(IRowSource source, int headSize, int headStride) : IRowSource
{
    public string File => source.File;

    public string Name => source.Name;

    public int Rows => source.Rows / headSize * headStride;

    public int Columns => source.Columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count;)
        {
            (int head, int feature) = Math.DivRem(first + i, headStride);
            int run = Math.Min(count - i, feature < headSize ? headSize - feature : headStride - feature);
            Span<float> rows = target[(i * stride)..];
            if (feature < headSize)
            {
                source.CopyRows((head * headSize) + feature, run, rows, stride);
            }
            else
            {
                for (int row = 0; row < run; row++)
                {
                    rows.Slice(row * stride, Columns).Clear();
                }
            }

            i += run;
        }
    }
}

/// <summary>Columns that belong to heads, with zero columns put behind each head up to its stride.</summary>
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
