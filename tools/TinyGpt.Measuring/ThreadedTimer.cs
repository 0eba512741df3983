using System.Diagnostics;

namespace TinyGpt.Measuring;

/// <summary>Times the same work on several threads that begin together.</summary>
internal static class ThreadedTimer
{
    /// <summary>Runs the work on every thread, all of them at once, some times over.</summary>
    /// <param name="threads">Threads, the caller's included; 1 or more.</param>
    /// <param name="repeats">How often, 1 or more.</param>
    /// <param name="work">The work of one thread, which is told its number from 0. It must not throw.</param>
    /// <returns>The seconds of each repeat, from the first thread's beginning to the last one's end.</returns>
    public static double[] Time(int threads, int repeats, Action<int> work)
    {
        long[,] begun = new long[repeats, threads];
        long[,] ended = new long[repeats, threads];
        using Barrier barrier = new(threads);
        Thread[] others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int thread = i + 1;
            others[i] = new Thread(() => Repeat(thread)) { IsBackground = true };
            others[i].Start();
        }

        Repeat(0);
        foreach (Thread other in others)
        {
            other.Join();
        }

        double[] seconds = new double[repeats];
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            long first = long.MaxValue;
            long last = long.MinValue;
            for (int thread = 0; thread < threads; thread++)
            {
                first = Math.Min(first, begun[repeat, thread]);
                last = Math.Max(last, ended[repeat, thread]);
            }

            seconds[repeat] = (double)(last - first) / Stopwatch.Frequency;
        }

        return seconds;

        void Repeat(int thread)
        {
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                barrier.SignalAndWait();
                begun[repeat, thread] = Stopwatch.GetTimestamp();
                work(thread);
                ended[repeat, thread] = Stopwatch.GetTimestamp();
            }
        }
    }
}
