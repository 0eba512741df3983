using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmSha256 = System.Runtime.Intrinsics.Arm.Sha256;

namespace TinyGpt;

/// <summary>
/// SHA-256 (FIPS 180-4) as managed code, for files and saves. The framework's needs OpenSSL on Linux and ends the process where there is
/// none. It finds damage and names models; it is no part of a protocol with secrets. An instance hashes one message at a time and belongs
/// to one thread at a time.
/// </summary>
/// <example><code>
/// Sha256 hash = new();
/// hash.Append(header);
/// hash.Append(content);
/// byte[] digest = hash.Finish();
/// </code></example>
public sealed class Sha256
{
    /// <summary>The length of a digest in bytes.</summary>
    public const int DigestLength = 32;

    internal const int BlockBytes = 64;
    internal const int StateWords = DigestLength / sizeof(uint);
    private const int Rounds = 64;
    private const int MaxPiece = 1 << 26; // spans count in int
    private const int LengthAt = BlockBytes - sizeof(ulong);

    private readonly uint[] _state = new uint[StateWords];
    private readonly byte[] _pending = new byte[BlockBytes];
    private ulong _length;

    /// <summary>Starts a message.</summary>
    public Sha256() => Initial.CopyTo(_state);

    /// <summary>Goes on with a message of which whole blocks are done.</summary>
    internal Sha256(ReadOnlySpan<uint> state, long length)
    {
        state.CopyTo(_state);
        _length = (ulong)length;
    }

    internal static ReadOnlySpan<uint> Initial =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    internal static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>The digest of one message.</summary>
    /// <param name="message">The whole message.</param>
    /// <returns><see cref="DigestLength"/> bytes.</returns>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        Sha256 hash = new();
        hash.Append(message);
        return hash.Finish();
    }

    /// <summary>Adds bytes to the message.</summary>
    /// <param name="bytes">The next bytes, any number of them.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int pending = (int)(_length % BlockBytes);
        _length += (ulong)bytes.Length;
        if (pending > 0)
        {
            int taken = Math.Min(BlockBytes - pending, bytes.Length);
            bytes[..taken].CopyTo(_pending.AsSpan(pending));
            bytes = bytes[taken..];
            if (pending + taken < BlockBytes)
            {
                return;
            }

            Compress(_state, _pending);
        }

        int whole = bytes.Length / BlockBytes * BlockBytes;
        Compress(_state, bytes[..whole]);
        bytes[whole..].CopyTo(_pending);
    }

    /// <summary>Adds bytes of any number to the message.</summary>
    internal unsafe void Append(byte* bytes, long length)
    {
        for (long done = 0; done < length; done += MaxPiece)
        {
            Append(new ReadOnlySpan<byte>(bytes + done, (int)Math.Min(length - done, MaxPiece)));
        }
    }

    /// <summary>Ends the message and starts the next.</summary>
    /// <returns>The digest, <see cref="DigestLength"/> bytes.</returns>
    public byte[] Finish()
    {
        int pending = (int)(_length % BlockBytes);
        _pending[pending++] = 0x80;
        _pending.AsSpan(pending).Clear();
        if (pending > LengthAt)
        {
            Compress(_state, _pending);
            _pending.AsSpan().Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(_pending.AsSpan(LengthAt), _length * 8);
        Compress(_state, _pending);
        byte[] digest = new byte[DigestLength];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(i * sizeof(uint)), _state[i]);
        }

        Initial.CopyTo(_state);
        _length = 0;
        return digest;
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> blocks)
    {
        if (ArmSha256.IsSupported)
        {
            CompressOnArm(state, blocks);
        }
        else
        {
            CompressPlain(state, blocks);
        }
    }

    /// <summary>With ARM's instructions, four rounds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressOnArm(Span<uint> state, ReadOnlySpan<byte> blocks)
    {
        Vector128<uint> abcd = Vector128.Create<uint>(state[..4]);
        Vector128<uint> efgh = Vector128.Create<uint>(state[4..]);
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            (Vector128<uint> startAbcd, Vector128<uint> startEfgh) = (abcd, efgh);
            Vector128<uint> words0 = BigEndianWords(blocks);
            Vector128<uint> words1 = BigEndianWords(blocks[16..]);
            Vector128<uint> words2 = BigEndianWords(blocks[32..]);
            Vector128<uint> words3 = BigEndianWords(blocks[48..]);
            for (int round = 0; round < Rounds; round += 4)
            {
                Vector128<uint> scheduled = words0 + Vector128.Create(RoundConstants[round..]);
                Vector128<uint> before = abcd;
                abcd = ArmSha256.HashUpdate1(abcd, efgh, scheduled);
                efgh = ArmSha256.HashUpdate2(efgh, before, scheduled);
                Vector128<uint> next = ArmSha256.ScheduleUpdate1(ArmSha256.ScheduleUpdate0(words0, words1), words2, words3);
                (words0, words1, words2, words3) = (words1, words2, words3, next);
            }

            abcd += startAbcd;
            efgh += startEfgh;
        }

        abcd.CopyTo(state);
        efgh.CopyTo(state[4..]);
    }

    /// <summary>The schedule four words at a time, then the rounds, eight a turn so that the variables come back to their names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressPlain(Span<uint> state, ReadOnlySpan<byte> blocks)
    {
        Span<uint> scheduled = stackalloc uint[Rounds];
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            Schedule(blocks, scheduled);
            uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
            for (int round = 0; round < Rounds; round += 8)
            {
                ReadOnlySpan<uint> words = scheduled.Slice(round, 8);
                Round(a, b, c, ref d, e, f, g, ref h, words[0]);
                Round(h, a, b, ref c, d, e, f, ref g, words[1]);
                Round(g, h, a, ref b, c, d, e, ref f, words[2]);
                Round(f, g, h, ref a, b, c, d, ref e, words[3]);
                Round(e, f, g, ref h, a, b, c, ref d, words[4]);
                Round(d, e, f, ref g, h, a, b, ref c, words[5]);
                Round(c, d, e, ref f, g, h, a, ref b, words[6]);
                Round(b, c, d, ref e, f, g, h, ref a, words[7]);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(uint a, uint b, uint c, ref uint d, uint e, uint f, uint g, ref uint h, uint word)
    {
        uint sum = h + word
            + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
            + (g ^ (e & (f ^ g)));
        d += sum;
        h = sum
            + (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
            + ((a & b) ^ (c & (a ^ b)));
    }

    /// <summary>The 64 words of a block, each with its round's constant added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Schedule(ReadOnlySpan<byte> block, Span<uint> scheduled)
    {
        Vector128<uint> words0 = BigEndianWords(block);
        Vector128<uint> words1 = BigEndianWords(block[16..]);
        Vector128<uint> words2 = BigEndianWords(block[32..]);
        Vector128<uint> words3 = BigEndianWords(block[48..]);
        for (int round = 0; round < Rounds; round += 4)
        {
            (words0 + Vector128.Create(RoundConstants[round..])).CopyTo(scheduled[round..]);
            (words0, words1, words2, words3) = (words1, words2, words3, NextWords(words0, words1, words2, words3));
        }
    }

    /// <summary>Words 16 to 19 after 0 to 15. The last two depend on the first two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> NextWords(Vector128<uint> words0, Vector128<uint> words1, Vector128<uint> words2, Vector128<uint> words3)
    {
        Vector128<uint> words1To4 = OneLater(words0, words1);
        Vector128<uint> sum = words0 + OneLater(words2, words3)
            + (RotateRight(words1To4, 7) ^ RotateRight(words1To4, 18) ^ (words1To4 >>> 3));
        Vector128<uint> first = sum + SmallSigma1(Vector128.Shuffle(words3, Vector128.Create(2u, 3, 4, 4))); // 4: zero, whose sigma is zero
        return first + SmallSigma1(Vector128.Shuffle(first, Vector128.Create(4u, 4, 0, 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> OneLater(Vector128<uint> words, Vector128<uint> next) =>
        Vector128.ConditionalSelect(
            Vector128.Create(~0u, ~0u, ~0u, 0), Vector128.Shuffle(words, Vector128.Create(1u, 2, 3, 3)), Vector128.Shuffle(next, Vector128.Create(0u, 0, 0, 0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> SmallSigma1(Vector128<uint> words) => RotateRight(words, 17) ^ RotateRight(words, 19) ^ (words >>> 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RotateRight(Vector128<uint> words, int count) => (words >>> count) | (words << (32 - count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> BigEndianWords(ReadOnlySpan<byte> bytes) =>
        Vector128.Shuffle(
            Vector128.Create(bytes), Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)).AsUInt32();
}
