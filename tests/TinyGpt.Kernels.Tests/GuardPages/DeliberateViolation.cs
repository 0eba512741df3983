using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>What <see cref="DeliberateViolation"/> does wrong.</summary>
public enum Violation
{
    /// <summary>Reads the byte after a buffer.</summary>
    ReadBehind,

    /// <summary>Reads the byte before a buffer.</summary>
    ReadBefore,

    /// <summary>Writes to sealed weights.</summary>
    WriteSealed,

    /// <summary>Tells a kernel of one value more than there are.</summary>
    CountTooLarge,
}

/// <summary>Violations made on purpose, to see that they are noticed and put down to the right call.</summary>
internal static unsafe class DeliberateViolation
{
    public const int Length = 37;

    public static void Commit(Violation violation, CallRecord record)
    {
        GuardedEdge edge = violation == Violation.ReadBefore ? GuardedEdge.Start : GuardedEdge.End;
        using GuardedBuffer<byte> bytes = new(Length, edge);
        using GuardedBuffer<float> floats = new(Length, edge);
        bytes.Seal();
        floats.Span.Fill(1f);
        record.Begin(violation.ToString(), Length, edge, "on purpose");
        switch (violation)
        {
            case Violation.ReadBehind:
                Read(bytes.Pointer + Length);
                break;
            case Violation.ReadBefore:
                Read(bytes.Pointer - 1);
                break;
            case Violation.WriteSealed:
                bytes.Span[Length / 2] = 0;
                break;
            default:
                ScalarKernels.ArgMax(floats.Pointer, Length + 1);
                break;
        }
    }

    private static void Read(byte* address) => Volatile.Read(ref *address);
}
