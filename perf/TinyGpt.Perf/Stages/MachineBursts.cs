using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace TinyGpt.Perf;

/// <summary>
/// What the machine itself makes of a frame's budget after a frame's sleep, with no engine at work: bursts as long as a tick, of arithmetic
/// on registers and of reading what lay in the cache when the one before ended, in turn. A burst that takes too long was interrupted. Not thread-safe.
/// </summary>
public sealed class MachineBursts
{
    private const int BackToBack = 100;
    private const int CacheBytes = 8 << 20;
    private const int PieceBytes = 64 << 10;
    private const int PieceTurns = 400;

    private static float _consumed;

    private readonly Vector<float>[] _cached = new Vector<float>[CacheBytes / (Vector<float>.Count * sizeof(float))];
    private readonly List<double> _milliseconds;
    private readonly double[] _arithmeticAwake = new double[BackToBack];
    private readonly double[] _readingAwake = new double[BackToBack];
    private readonly List<double> _arithmetic;
    private readonly List<double> _reading;
    private readonly Func<float> _compute;
    private readonly Func<float> _read;
    private int _next;

    /// <summary>Measures what bursts do without any sleep.</summary>
    /// <param name="most">The most bursts that will be taken; nothing is allocated later.</param>
    public MachineBursts(int most)
    {
        _milliseconds = new List<double>(most);
        _arithmetic = new List<double>(most);
        _reading = new List<double>(most);
        _compute = Compute;
        _read = Read;
        Array.Fill(_cached, Vector<float>.One);
        for (int i = 0; i < BackToBack; i++)
        {
            _arithmeticAwake[i] = Burst(_compute, out _);
        }

        for (int i = 0; i < BackToBack; i++)
        {
            _readingAwake[i] = Burst(_read, out _);
        }
    }

    /// <summary>Milliseconds of each burst after a sleep.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>The speed of arithmetic after a sleep, part of that without; null if there were no bursts.</summary>
    public double? ArithmeticShare => Share(_arithmetic, _arithmeticAwake);

    /// <summary>The same of reading 8 MiB.</summary>
    public double? ReadingShare => Share(_reading, _readingAwake);

    /// <summary>Takes one burst.</summary>
    public void Take()
    {
        bool computes = _milliseconds.Count % 2 == 0;
        double pieces = Burst(computes ? _compute : _read, out double milliseconds);
        (computes ? _arithmetic : _reading).Add(pieces);
        _milliseconds.Add(milliseconds);
    }

    private static double? Share(List<double> slept, double[] awake) =>
        slept.Count == 0 ? null : Spread.Of(slept.ToArray()).Median / Spread.Of((double[])awake.Clone()).Median;

    /// <returns>Pieces a millisecond.</returns>
    private static double Burst(Func<float> piece, out double milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        int pieces = 0;
        do
        {
            Volatile.Write(ref _consumed, piece()); // so that no compiler may leave the work out
            pieces++;
            milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        while (milliseconds < StageReport.Budget);
        return pieces / milliseconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Compute()
    {
        Vector<float> factor = _cached[0];
        Vector<float> sum0 = factor, sum1 = factor, sum2 = factor, sum3 = factor, sum4 = factor, sum5 = factor, sum6 = factor, sum7 = factor;
        for (int turn = 0; turn < PieceTurns; turn++)
        {
            sum0 = Vector.FusedMultiplyAdd(sum0, factor, factor);
            sum1 = Vector.FusedMultiplyAdd(sum1, factor, factor);
            sum2 = Vector.FusedMultiplyAdd(sum2, factor, factor);
            sum3 = Vector.FusedMultiplyAdd(sum3, factor, factor);
            sum4 = Vector.FusedMultiplyAdd(sum4, factor, factor);
            sum5 = Vector.FusedMultiplyAdd(sum5, factor, factor);
            sum6 = Vector.FusedMultiplyAdd(sum6, factor, factor);
            sum7 = Vector.FusedMultiplyAdd(sum7, factor, factor);
        }

        return Vector.Sum(sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Read()
    {
        int count = PieceBytes / (Vector<float>.Count * sizeof(float));
        Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        ReadOnlySpan<Vector<float>> piece = _cached.AsSpan(_next, count);
        for (int i = 0; i + 4 <= piece.Length; i += 4)
        {
            sum0 += piece[i];
            sum1 += piece[i + 1];
            sum2 += piece[i + 2];
            sum3 += piece[i + 3];
        }

        _next = (_next + count) % _cached.Length;
        return Vector.Sum(sum0 + sum1 + sum2 + sum3);
    }
}
