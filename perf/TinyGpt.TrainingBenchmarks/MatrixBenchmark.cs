using System.Diagnostics;
using TinyGpt.Kernels.Memory;
using TinyGpt.Training.Numerics;

namespace TinyGpt.TrainingBenchmarks;

/// <summary>Multiply-adds a second of the matrix products of one training step.</summary>
internal static unsafe class MatrixBenchmark
{
    private const double SecondsPerShape = 0.25;

    /// <summary>Prints one line a shape.</summary>
    /// <param name="tokens">Rows of the activations.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="peak">Multiply-adds that registers alone reach with these threads, in 10⁹ a second.</param>
    public static void Run(int tokens, int threads, double peak)
    {
        foreach ((int inputs, int outputs) in new[] { (256, 256), (256, 768), (256, 1024), (1024, 256), (256, 2048), (768, 768), (768, 3072) })
        {
            Measure("X·W", tokens, outputs, inputs, false, false, threads, peak);
            Measure("dY·Wᵀ", tokens, inputs, outputs, false, true, threads, peak);
            Measure("Xᵀ·dY", inputs, outputs, tokens, true, false, threads, peak);
        }
    }

    private static void Measure(string name, int rows, int columns, int depth, bool transposeA, bool transposeB, int threads, double peak)
    {
        using NativeArena arena = new(4L * (((long)rows * depth) + ((long)depth * columns) + ((long)rows * columns) + 64));
        using ComputeTeam team = new(threads, 0, MatrixMultiplier.Best);
        MatrixView a = new(Fill(arena, rows * depth), transposeA ? rows : depth, transposeA);
        MatrixView b = new(Fill(arena, depth * columns), transposeB ? depth : columns, transposeB);
        MatrixProduct product = new(rows, columns, depth, a, b, arena.TakeFloats((long)rows * columns), columns);
        team.Multiply(product);
        double best = 0;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerShape;)
        {
            long begin = Stopwatch.GetTimestamp();
            team.Multiply(product);
            best = Math.Max(best, (double)rows * columns * depth / Stopwatch.GetElapsedTime(begin).TotalSeconds / 1e9);
        }

        Console.WriteLine($"{name,-7} {rows,5} × {columns,4} × {depth,5}  {2 * best,7:F1} GFLOP/s  {best / peak,6:P0} of peak");
    }

    private static float* Fill(NativeArena arena, int count)
    {
        float* data = arena.TakeFloats(count);
        for (int i = 0; i < count; i++)
        {
            data[i] = (i % 17) - 8;
        }

        return data;
    }
}
