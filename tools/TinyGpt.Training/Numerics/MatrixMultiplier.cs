using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Training.Numerics;

/// <summary>
/// Float32 matrix products, blocked after Goto and van de Geijn: a block of B is packed into panels that the first-level cache holds one
/// at a time, a block of A into panels that stay in the second level. Every element of C is the sum of chains over
/// <see cref="DepthBlock"/> values of k, ascending; how C is cut into units changes no bit. Thread-safe; scratch belongs to one thread.
/// </summary>
internal abstract unsafe class MatrixMultiplier
{
    /// <summary>k of a block: a panel of B of 256 × 32 floats is 32 KiB.</summary>
    protected const int DepthBlock = 256;

    /// <summary>Rows of a packed block of A, a multiple of every tile's rows: 96 × 256 floats are 96 KiB.</summary>
    protected const int RowBlock = 96;

    /// <summary>The most columns that are packed at a time: 256 × 512 floats and what a tile's width adds are 0.5 MiB.</summary>
    protected const int ColumnBlock = 512;

    private const int WidestTile = 32;
    private const int TileFloats = 12 * 32;

    /// <summary>Floats of scratch that <see cref="MultiplyPart"/> needs.</summary>
    public const int ScratchFloats = (DepthBlock * (RowBlock + ColumnBlock + WidestTile)) + TileFloats;

    /// <summary>The kernel for this machine.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor has neither FMA3 nor Advanced SIMD.</exception>
    public static MatrixMultiplier Best { get; } = Supported().FirstOrDefault()
        ?? throw new PlatformNotSupportedException("Training needs a processor with FMA3 (x86-64) or Advanced SIMD (ARM64).");

    /// <summary>Rows of a register tile.</summary>
    public abstract int TileRows { get; }

    /// <summary>Columns of a register tile.</summary>
    public abstract int TileColumns { get; }

    /// <summary>All kernels that this machine can execute, the fastest first.</summary>
    public static IEnumerable<MatrixMultiplier> Supported()
    {
        if (Avx512F.IsSupported)
        {
            yield return new TiledMultiplier<TwelveByTwo<Float16>>();
        }

        if (Fma.IsSupported)
        {
            yield return new TiledMultiplier<FourByThree<Float8>>();
        }

        if (AdvSimd.Arm64.IsSupported || Avx512F.VL.IsSupported)
        {
            yield return new TiledMultiplier<TwelveByTwo<Float4>>();
        }
    }

    /// <summary>Computes the whole product on the calling thread.</summary>
    /// <param name="product">What to compute.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, aligned to 64 bytes.</param>
    public void Multiply(in MatrixProduct product, float* scratch) =>
        MultiplyPart(product, 0, product.Rows, 0, product.Columns, scratch);

    /// <summary>Computes a rectangle of C on the calling thread.</summary>
    /// <param name="product">What to compute.</param>
    /// <param name="firstRow">The rectangle's first row.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="firstColumn">Its first column.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, aligned to 64 bytes.</param>
    public abstract void MultiplyPart(in MatrixProduct product, int firstRow, int rows, int firstColumn, int columns, float* scratch);
}

/// <summary>The blocked product over one shape of register tile.</summary>
/// <typeparam name="TTile">The tile.</typeparam>
internal sealed unsafe class TiledMultiplier<TTile> : MatrixMultiplier
    where TTile : struct, IRegisterTile
{
    public override int TileRows => TTile.Rows;

    public override int TileColumns => TTile.Columns;

    public override void MultiplyPart(in MatrixProduct product, int firstRow, int rows, int firstColumn, int columns, float* scratch)
    {
        float* packedB = scratch;
        int mostColumns = ColumnBlock / TTile.Columns * TTile.Columns;
        float* packedA = scratch + (DepthBlock * ((mostColumns + 15) & ~15));
        float* tile = packedA + (DepthBlock * RowBlock);
        for (int column = 0; column < columns; column += mostColumns)
        {
            int width = Math.Min(mostColumns, columns - column);
            for (int k = 0; k < product.Depth; k += DepthBlock)
            {
                int depth = Math.Min(DepthBlock, product.Depth - k);
                PackColumns(product.B, firstColumn + column, width, k, depth, packedB);
                for (int row = 0; row < rows; row += RowBlock)
                {
                    int height = Math.Min(RowBlock, rows - row);
                    PackRows(product.A, firstRow + row, height, k, depth, packedA);
                    MultiplyBlock(product, firstRow + row, height, firstColumn + column, width, depth, k == 0, packedA, packedB, tile);
                }
            }
        }
    }

    private static void PackColumns(in MatrixView b, int column, int width, int k, int depth, float* packed)
    {
        nint lineStride = b.Transposed ? b.Stride : 1;
        nint depthStride = b.Transposed ? 1 : b.Stride;
        for (int at = 0; at < width; at += TTile.Columns)
        {
            MatrixPacking.Pack(
                b.Data + ((column + at) * lineStride) + (k * depthStride), lineStride, depthStride,
                Math.Min(TTile.Columns, width - at), TTile.Columns, depth, packed);
            packed += TTile.Columns * depth;
        }
    }

    private static void PackRows(in MatrixView a, int row, int height, int k, int depth, float* packed)
    {
        nint lineStride = a.Transposed ? 1 : a.Stride;
        nint depthStride = a.Transposed ? a.Stride : 1;
        for (int at = 0; at < height; at += TTile.Rows)
        {
            MatrixPacking.Pack(
                a.Data + ((row + at) * lineStride) + (k * depthStride), lineStride, depthStride,
                Math.Min(TTile.Rows, height - at), TTile.Rows, depth, packed);
            packed += TTile.Rows * depth;
        }
    }

    private static void MultiplyBlock(
        in MatrixProduct product, int row, int height, int column, int width, int depth, bool first, float* packedA, float* packedB, float* tile)
    {
        bool accumulate = product.Accumulate || !first || product.Bias != null;
        bool fill = first && !product.Accumulate && product.Bias != null;
        for (int j = 0; j < width; j += TTile.Columns)
        {
            int tileColumns = Math.Min(TTile.Columns, width - j);
            float* b = packedB + (j * (nint)depth);
            for (int i = 0; i < height; i += TTile.Rows)
            {
                int tileRows = Math.Min(TTile.Rows, height - i);
                float* a = packedA + (i * (nint)depth);
                float* c = product.C + ((row + i) * product.Stride) + column + j;
                if (fill)
                {
                    Fill(c, product.Stride, tileRows, product.Bias + column + j, tileColumns);
                }

                if (tileRows == TTile.Rows && tileColumns == TTile.Columns)
                {
                    TTile.Multiply(a, b, depth, c, product.Stride, accumulate);
                }
                else
                {
                    TTile.Multiply(a, b, depth, tile, TTile.Columns, accumulate: false);
                    AddPart(tile, c, product.Stride, tileRows, tileColumns, accumulate);
                }
            }
        }
    }

    private static void Fill(float* c, nint stride, int rows, float* bias, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(c + (i * stride), columns));
        }
    }

    private static void AddPart(float* tile, float* c, nint stride, int rows, int columns, bool accumulate)
    {
        for (int i = 0; i < rows; i++)
        {
            if (accumulate)
            {
                for (int j = 0; j < columns; j++)
                {
                    c[j] += tile[j];
                }
            }
            else
            {
                new ReadOnlySpan<float>(tile, columns).CopyTo(new Span<float>(c, columns));
            }

            tile += TTile.Columns;
            c += stride;
        }
    }
}
