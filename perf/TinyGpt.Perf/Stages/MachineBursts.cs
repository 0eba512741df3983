using System.Diagnostics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// What the machine itself makes of a frame's budget after a frame's sleep, with no engine at work: bursts as long as a tick, of arithmetic
/// on registers and of reading 8 MiB, in turn. Now and then further bursts follow at once, the last of which show the same without sleep, in the
/// same minute. A burst that takes too long was interrupted. Not thread-safe.
/// </summary>
public sealed unsafe class MachineBursts
{
    private const int CacheBytes = 8 << 20;
    private const int PieceBytes = 64 << 10;
    private const int PiecePasses = 400;
    private const float Operand = 1e-3f;

    private const int SleptBetweenAwake = 64; // of either kind, so that few ticks come after a frame without sleep
    private const int WarmUps = 3; // the first ones bring clock and cache to what they are without sleep
    private const int AwakeAtOnce = 3; // all of them still fit into the frame

    private static long _consumed;

    private readonly byte[] _cached = GC.AllocateArray<byte>(CacheBytes, pinned: true);
    private readonly float[] _operands = new float[64];
    private readonly List<double> _milliseconds;
    private readonly Kind _arithmetic;
    private readonly Kind _reading;
    private int _next;

    /// <summary>Makes room.</summary>
    /// <param name="most">The most bursts that will be taken after a sleep; nothing is allocated later.</param>
    public MachineBursts(int most)
    {
        _milliseconds = new List<double>(most);
        _arithmetic = new Kind(Compute, most);
        _reading = new Kind(Read, most);
        Array.Fill(_operands, Operand);
        Array.Fill(_cached, (byte)1);
    }

    /// <summary>Milliseconds of each burst after a sleep.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>
    /// The speed of arithmetic after a sleep, part of that without; null if there were too few bursts to tell, or a processor without the
    /// instruction, which reads in all bursts.
    /// </summary>
    public double? ArithmeticShare => _arithmetic.Share;

    /// <summary>The same of reading 8 MiB.</summary>
    public double? ReadingShare => _reading.Share;

    /// <summary>Takes one burst after a sleep, and sometimes some more.</summary>
    /// <returns>Whether there were more, so that the frame is nearly over.</returns>
    public bool Take()
    {
        int taken = _milliseconds.Count;
        Kind kind = taken % 2 == 0 && HasArithmetic ? _arithmetic : _reading;
        kind.Slept.Add(Burst(kind.Piece, out double milliseconds));
        _milliseconds.Add(milliseconds);
        if (taken / 2 % SleptBetweenAwake > 0)
        {
            return false;
        }

        for (int i = 0; i < WarmUps + AwakeAtOnce; i++)
        {
            double speed = Burst(kind.Piece, out _);
            if (i >= WarmUps)
            {
                kind.Awake.Add(speed);
            }
        }

        return true;
    }

    private static bool HasArithmetic => Fma.IsSupported || AdvSimd.IsSupported;

    /// <returns>Pieces a millisecond.</returns>
    private static double Burst(Func<long> piece, out double milliseconds)
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

    private long Compute()
    {
        _operands[0] = Operand;
        if (Fma.IsSupported)
        {
            Vector256FloatLoop.Run(_operands, PiecePasses);
        }
        else
        {
            Vector128FloatLoop.Run(_operands, PiecePasses);
        }

        return (long)_operands[0];
    }

    private long Read()
    {
        fixed (byte* piece = &_cached[_next])
        {
            _next = (_next + PieceBytes) % CacheBytes;
            return MemoryBandwidth.ReadOnce(piece, PieceBytes);
        }
    }

    /// <summary>Bursts of one kind of work: pieces a millisecond.</summary>
    private sealed class Kind(Func<long> piece, int most)
    {
        public Func<long> Piece => piece;

        public List<double> Slept { get; } = new(most);

        public List<double> Awake { get; } = new(most);

        public double? Share => Awake.Count == 0 ? null : Spread.Of(Slept.ToArray()).Median / Spread.Of(Awake.ToArray()).Median;
    }
}
