namespace TinyGpt.Training.Numerics;

/// <summary>A matrix in memory, row-major, read as it is or transposed.</summary>
internal readonly unsafe struct MatrixView(float* data, nint stride, bool transposed = false)
{
    /// <summary>The first element.</summary>
    public float* Data { get; } = data;

    /// <summary>Floats from stored row to stored row.</summary>
    public nint Stride { get; } = stride;

    /// <summary>Whether stored rows are read as columns.</summary>
    public bool Transposed { get; } = transposed;

    /// <summary>The same memory, read the other way.</summary>
    public MatrixView Transpose() => new(Data, Stride, !Transposed);
}

/// <summary>C = A·B, or C += A·B, or C = A·B + a row on every row.</summary>
internal readonly unsafe struct MatrixProduct(
    int rows, int columns, int depth, MatrixView a, MatrixView b, float* c, nint stride, bool accumulate = false, float* bias = null)
{
    /// <summary>Rows of A and C.</summary>
    public int Rows { get; } = rows;

    /// <summary>Columns of B and C.</summary>
    public int Columns { get; } = columns;

    /// <summary>Columns of A, rows of B.</summary>
    public int Depth { get; } = depth;

    /// <summary>The left factor.</summary>
    public MatrixView A { get; } = a;

    /// <summary>The right factor.</summary>
    public MatrixView B { get; } = b;

    /// <summary>The product, row-major.</summary>
    public float* C { get; } = c;

    /// <summary>Floats from row to row of C.</summary>
    public nint Stride { get; } = stride;

    /// <summary>Whether the product is added to what is in C.</summary>
    public bool Accumulate { get; } = accumulate;

    /// <summary>A row to add, or null; not together with <see cref="Accumulate"/>.</summary>
    public float* Bias { get; } = bias;
}
