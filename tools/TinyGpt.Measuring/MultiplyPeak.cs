using TinyGpt.Kernels;

namespace TinyGpt.Measuring;

/// <summary>
/// Measures how many multiply-adds a second threads can do on registers alone, with the instructions that a tier's kernels use: what
/// matrix work could reach if loads, scales and loops cost nothing. Thread-safe.
/// </summary>
public static class MultiplyPeak
{
    private const double SecondsPerRepeat = 0.03;

    /// <summary>Measures int8 multiply-adds into 32-bit sums, in 10⁹ a second.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="threads">Threads that compute at the same time; 1 or more.</param>
    /// <param name="repeats">Samples to take.</param>
    /// <returns>The samples, or null for the scalar tier, which has no such instruction.</returns>
    public static double[]? MeasureIntegers(KernelTier tier, int threads, int repeats) => tier switch
    {
        KernelTier.Avx2 => Measure<Avx2IntegerLoop>(threads, repeats),
        KernelTier.AvxVnni => Measure<AvxVnniIntegerLoop>(threads, repeats),
        KernelTier.Avx512 => Measure<Avx512IntegerLoop>(threads, repeats),
        KernelTier.Avx512Vnni => Measure<Avx512VnniIntegerLoop>(threads, repeats),
        KernelTier.Neon => Measure<NeonIntegerLoop>(threads, repeats),
        KernelTier.NeonDp => Measure<NeonDpIntegerLoop>(threads, repeats),
        _ => null,
    };

    /// <summary>Measures fused multiply-adds of floats, in 10⁹ a second.</summary>
    /// <inheritdoc cref="MeasureIntegers"/>
    public static double[]? MeasureFloats(KernelTier tier, int threads, int repeats) => tier switch
    {
        KernelTier.Avx2 or KernelTier.AvxVnni => Measure<Vector256FloatLoop>(threads, repeats),
        KernelTier.Avx512 or KernelTier.Avx512Vnni => Measure<Vector512FloatLoop>(threads, repeats),
        KernelTier.Neon or KernelTier.NeonDp => Measure<Vector128FloatLoop>(threads, repeats),
        _ => null,
    };

    private static double[] Measure<TLoop>(int threads, int repeats)
        where TLoop : struct, IMultiplyLoop
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        int passes = 100_000;
        double seconds = Time<TLoop>(1, 1, passes)[0];
        while (seconds < SecondsPerRepeat / 2)
        {
            passes = (int)Math.Min(int.MaxValue / 2, passes * Math.Clamp(SecondsPerRepeat / seconds, 2, 100));
            seconds = Time<TLoop>(1, 1, passes)[0];
        }

        double billions = (double)TLoop.MultiplyAddsPerPass * passes * threads / 1e9;
        return Array.ConvertAll(Time<TLoop>(threads, repeats, passes), time => billions / time);
    }

    private static double[] Time<TLoop>(int threads, int repeats, int passes)
        where TLoop : struct, IMultiplyLoop
    {
        // One array per thread, on a separate cache line. The operands come from it and the results go back, so nothing can be optimized away.
        float[][] operands = new float[threads][];
        for (int thread = 0; thread < threads; thread++)
        {
            operands[thread] = new float[64];
            Array.Fill(operands[thread], 1e-3f);
        }

        return ThreadedTimer.Time(threads, repeats, thread => TLoop.Run(operands[thread], passes));
    }
}
