using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Format;

/// <summary>
/// SHA-256 of many messages on x86-64, eight at a time: lane i of every vector belongs to message i. The rounds of one message have to
/// follow each other, and .NET has no instructions for them there. A lane whose message has ended takes the next.
/// </summary>
internal static unsafe class Sha256Lanes
{
    private const int Lanes = 8;
    private const int BlockWords = Sha256.BlockBytes / sizeof(uint);

    // With fewer messages than this, one after another is as fast.
    private const int MinLanes = 3;

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Hashes the messages whose indexes <paramref name="next"/> gives, until it gives -1; so several threads can share a list.</summary>
    /// <param name="messages">Where each begins, and its length in bytes.</param>
    /// <param name="next">The next message's index, or -1.</param>
    /// <param name="digests">Takes the digests, by the messages' indexes.</param>
    public static void Hash((nint Start, long Length)[] messages, Func<int> next, byte[]?[] digests)
    {
        uint* states = stackalloc uint[Sha256.StateWords * Lanes]; // word w of lane i at 8 w + i
        byte** position = stackalloc byte*[Lanes];
        Span<int> message = stackalloc int[Lanes];
        message.Fill(-1);
        while (true)
        {
            int active = 0;
            long blocks = long.MaxValue;
            for (int lane = 0; lane < Lanes; lane++)
            {
                if (message[lane] < 0 && (message[lane] = next()) >= 0)
                {
                    position[lane] = (byte*)messages[message[lane]].Start;
                    for (int word = 0; word < Sha256.StateWords; word++)
                    {
                        states[(word * Lanes) + lane] = Sha256.Initial[word];
                    }
                }

                if (message[lane] >= 0)
                {
                    active++;
                    blocks = Math.Min(blocks, Left(lane, message, position, messages) / Sha256.BlockBytes);
                }
            }

            bool fewAreLeft = active < MinLanes;
            if (!fewAreLeft)
            {
                Compress(states, position, message, blocks);
            }

            for (int lane = 0; lane < Lanes; lane++)
            {
                if (message[lane] >= 0 && (fewAreLeft || Left(lane, message, position, messages) < Sha256.BlockBytes))
                {
                    digests[message[lane]] = Finish(states, lane, position[lane], messages[message[lane]]);
                    message[lane] = -1;
                }
            }

            if (fewAreLeft)
            {
                return;
            }
        }
    }

    private static long Left(int lane, Span<int> message, byte** position, (nint Start, long Length)[] messages)
    {
        (nint start, long length) = messages[message[lane]];
        return length - (position[lane] - (byte*)start);
    }

    /// <summary>The rest of one message, by itself.</summary>
    private static byte[] Finish(uint* states, int lane, byte* position, (nint Start, long Length) message)
    {
        Span<uint> state = stackalloc uint[Sha256.StateWords];
        for (int word = 0; word < state.Length; word++)
        {
            state[word] = states[(word * Lanes) + lane];
        }

        long done = position - (byte*)message.Start;
        Sha256 hash = new(state, done);
        hash.Append(position, message.Length - done);
        return hash.Finish();
    }

    /// <summary>The next blocks of all lanes. Lanes without a message compute along with another's bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(uint* states, byte** position, Span<int> message, long blocks)
    {
        int anyActive = message.IndexOfAnyExcept(-1);
        byte** read = stackalloc byte*[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            read[lane] = position[message[lane] >= 0 ? lane : anyActive];
        }

        Vector256<uint>* state = (Vector256<uint>*)states;
        Vector256<uint>* words = stackalloc Vector256<uint>[BlockWords];
        ReadOnlySpan<uint> constants = Sha256.RoundConstants;
        for (long block = 0; block < blocks; block++)
        {
            Vector256<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
            for (int round = 0; round < constants.Length; round += 8)
            {
                Vector256<uint>* now = words + (round % BlockWords);
                if (round < BlockWords)
                {
                    Load(read, round, now);
                }
                else
                {
                    Schedule(words, round);
                }

                Round(a, b, c, ref d, e, f, g, ref h, now[0] + Vector256.Create(constants[round]));
                Round(h, a, b, ref c, d, e, f, ref g, now[1] + Vector256.Create(constants[round + 1]));
                Round(g, h, a, ref b, c, d, e, ref f, now[2] + Vector256.Create(constants[round + 2]));
                Round(f, g, h, ref a, b, c, d, ref e, now[3] + Vector256.Create(constants[round + 3]));
                Round(e, f, g, ref h, a, b, c, ref d, now[4] + Vector256.Create(constants[round + 4]));
                Round(d, e, f, ref g, h, a, b, ref c, now[5] + Vector256.Create(constants[round + 5]));
                Round(c, d, e, ref f, g, h, a, ref b, now[6] + Vector256.Create(constants[round + 6]));
                Round(b, c, d, ref e, f, g, h, ref a, now[7] + Vector256.Create(constants[round + 7]));
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
            for (int lane = 0; lane < Lanes; lane++)
            {
                read[lane] += Sha256.BlockBytes;
            }
        }

        for (int lane = 0; lane < Lanes; lane++)
        {
            position[lane] = message[lane] >= 0 ? read[lane] : position[lane];
        }
    }

    /// <summary>Eight words of the block of each lane, transposed: vector w has word w of all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte** read, int firstWord, Vector256<uint>* words)
    {
        Vector256<byte> bigEndian = Vector256.Create(
            (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        for (int word = 0; word < 8; word++)
        {
            int at = firstWord + word;
            Vector256<uint> gathered = Vector256.Create(
                ((uint*)read[0])[at], ((uint*)read[1])[at], ((uint*)read[2])[at], ((uint*)read[3])[at],
                ((uint*)read[4])[at], ((uint*)read[5])[at], ((uint*)read[6])[at], ((uint*)read[7])[at]);
            words[word] = Avx2.Shuffle(gathered.AsByte(), bigEndian).AsUInt32();
        }
    }

    /// <summary>Eight new words in place of those of 16 rounds before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Schedule(Vector256<uint>* words, int round)
    {
        for (int i = round; i < round + 8; i++)
        {
            Vector256<uint> before15 = words[(i + 1) % BlockWords];
            Vector256<uint> before2 = words[(i + 14) % BlockWords];
            words[i % BlockWords] += words[(i + 9) % BlockWords]
                + (RotateRight(before15, 7) ^ RotateRight(before15, 18) ^ (before15 >>> 3))
                + (RotateRight(before2, 17) ^ RotateRight(before2, 19) ^ (before2 >>> 10));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, ref Vector256<uint> d,
        Vector256<uint> e, Vector256<uint> f, Vector256<uint> g, ref Vector256<uint> h, Vector256<uint> word)
    {
        Vector256<uint> sum = h + word + (RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25)) + (g ^ (e & (f ^ g)));
        d += sum;
        h = sum + (RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22)) + ((a & b) ^ (c & (a ^ b)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateRight(Vector256<uint> words, [ConstantExpected] byte count) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(words, count) : (words >>> count) | (words << (32 - count));
}
