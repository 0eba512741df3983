using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Tests;

/// <summary>Matrix products of every register tile against float64 loops.</summary>
public sealed unsafe class MatrixMultiplierTests
{
    /// <summary>Every kernel that runs here × shapes around tiles, blocks of k and blocks of columns.</summary>
    public static TheoryData<int, int, int, int> Shapes()
    {
        TheoryData<int, int, int, int> data = [];
        for (int kernel = 0; kernel < MatrixMultiplier.Supported().Count(); kernel++)
        {
            foreach ((int rows, int columns, int depth) in new[]
            {
                (1, 1, 1), (12, 32, 16), (13, 33, 7), (5, 3, 300), (97, 25, 257), (96, 513, 3), (24, 48, 256), (101, 70, 530),
            })
            {
                data.Add(kernel, rows, columns, depth);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_are_those_of_float64_loops(int kernel, int rows, int columns, int depth)
    {
        MatrixMultiplier multiplier = MatrixMultiplier.Supported().ElementAt(kernel);
        foreach (bool transposeA in new[] { false, true })
        {
            foreach (bool transposeB in new[] { false, true })
            {
                Check(multiplier, rows, columns, depth, transposeA, transposeB, accumulate: false, bias: false);
                Check(multiplier, rows, columns, depth, transposeA, transposeB, accumulate: true, bias: false);
                Check(multiplier, rows, columns, depth, transposeA, transposeB, accumulate: false, bias: true);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Threads_change_no_bit(int threads)
    {
        const int Rows = 207, Columns = 389, Depth = 301;
        using NativeFloats memory = new(1);
        float* a = memory.Random(Rows * Depth);
        float* b = memory.Random(Depth * Columns);
        float* expected = memory.Zeros(Rows * Columns);
        float* actual = memory.Zeros(Rows * Columns);
        float* scratch = memory.Zeros(MatrixMultiplier.ScratchFloats);
        MatrixMultiplier.Best.Multiply(new MatrixProduct(Rows, Columns, Depth, new(a, Depth), new(b, Columns), expected, Columns), scratch);
        using ComputeTeam team = new(threads, 0, MatrixMultiplier.Best);
        team.Multiply(new MatrixProduct(Rows, Columns, Depth, new(a, Depth), new(b, Columns), actual, Columns));
        Assert.True(new Span<float>(expected, Rows * Columns).SequenceEqual(new Span<float>(actual, Rows * Columns)));
        memory.AssertGuards();
    }

    private static void Check(
        MatrixMultiplier multiplier, int rows, int columns, int depth, bool transposeA, bool transposeB, bool accumulate, bool bias)
    {
        const int Gap = 5; // strides larger than rows are long
        using NativeFloats memory = new((rows * 7) + columns);
        int strideA = (transposeA ? rows : depth) + Gap;
        int strideB = (transposeB ? depth : columns) + Gap;
        int stride = columns + Gap;
        float* a = memory.Random((transposeA ? depth : rows) * strideA);
        float* b = memory.Random((transposeB ? columns : depth) * strideB);
        float* c = memory.Random(rows * stride);
        float* addend = memory.Random(columns);
        float* scratch = memory.Zeros(MatrixMultiplier.ScratchFloats);
        double[] before = NativeFloats.Doubles(c, rows * stride);
        multiplier.Multiply(
            new MatrixProduct(
                rows, columns, depth, new(a, strideA, transposeA), new(b, strideB, transposeB), c, stride, accumulate, bias ? addend : null),
            scratch);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < stride; j++)
            {
                double expected = before[(i * stride) + j];
                if (j < columns)
                {
                    expected = accumulate ? expected : bias ? addend[j] : 0;
                    for (int k = 0; k < depth; k++)
                    {
                        double left = transposeA ? a[(k * strideA) + i] : a[(i * strideA) + k];
                        expected += left * (transposeB ? b[(j * strideB) + k] : b[(k * strideB) + j]);
                    }
                }

                double error = Math.Abs(expected - c[(i * stride) + j]);
                Assert.True(error <= 1e-6 * Math.Sqrt(depth) * 4, $"C[{i}, {j}] is {c[(i * stride) + j]}, not {expected}.");
            }
        }

        memory.AssertGuards();
    }
}
