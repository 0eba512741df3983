using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace TinyGpt.Measuring;

/// <summary>
/// Measures how wide the core is that this thread has at the moment: how many independent additions it does in the time of one in a chain,
/// which takes a cycle. Where two threads share a core, each gets a part of the instructions that can begin in a cycle; a virtual machine
/// is not told who the other is, but sees the width go. A chain takes no notice, and neither does work that waits for memory or that few
/// instructions make. Thread-safe.
/// </summary>
internal static class CoreWidth
{
    private const int Passes = 100_000;
    private const int ChainedInPass = 8;
    private const int IndependentInPass = 18; // the loop's own count and branch among them

    private static long _consumed;

    /// <summary>Measures the width in some tenths of a millisecond.</summary>
    /// <returns>Independent additions a cycle; 4 on a whole core of four integer units.</returns>
    public static double Measure()
    {
        double chain = Time(AddInChain);
        double independent = Time(AddIndependently);
        return IndependentInPass / independent / (ChainedInPass / chain);
    }

    private static double Time(Func<long, long, long> add)
    {
        long start = Stopwatch.GetTimestamp();
        Volatile.Write(ref _consumed, add(3, 5)); // so that no compiler may leave the additions out
        return Math.Max(1, Stopwatch.GetTimestamp() - start);
    }

    // Additions and exclusive ors in turn: of one kind alone a compiler may make one operation.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long AddInChain(long x, long y)
    {
        long sum = x;
        for (int pass = 0; pass < Passes; pass++)
        {
            sum += x;
            sum ^= y;
            sum += x;
            sum ^= y;
            sum += x;
            sum ^= y;
            sum += x;
            sum ^= y;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long AddIndependently(long x, long y)
    {
        long sum0 = x, sum1 = y, sum2 = x + 1, sum3 = y + 1, sum4 = x + 2, sum5 = y + 2, sum6 = x + 3, sum7 = y + 3;
        for (int pass = 0; pass < Passes; pass++)
        {
            sum0 += x;
            sum1 += x;
            sum2 += x;
            sum3 += x;
            sum4 += x;
            sum5 += x;
            sum6 += x;
            sum7 += x;
            sum0 ^= y;
            sum1 ^= y;
            sum2 ^= y;
            sum3 ^= y;
            sum4 ^= y;
            sum5 ^= y;
            sum6 ^= y;
            sum7 ^= y;
        }

        return sum0 ^ sum1 ^ sum2 ^ sum3 ^ sum4 ^ sum5 ^ sum6 ^ sum7;
    }
}
