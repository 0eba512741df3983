using System.Buffers.Binary;
using TinyGpt.Inference;

namespace TinyGpt.Snapshots;

/// <summary>
/// The first 128 bytes of a saved session, little-endian: magic <c>TGSS</c>, version 1, the model's content hash (32 bytes), then int32:
/// tokens, pinned tokens, the answer's first token, generated tokens, tokens left to generate, whether an answer is under way,
/// <see cref="FinishReason"/>, unread bytes, held-back bytes, positions with keys and values, floats of one position; uint64: the
/// random generator's state; int32: <see cref="KvPrecision"/>, 1 + the state of the answer's constraint or 0; zeros. After it: the tokens (int32), the unread bytes, the held-back
/// bytes, the pages of keys and values, and the SHA-256 of everything before it.
/// </summary>
internal readonly record struct SnapshotHeader
{
    public const int Length = 128;

    private const uint Magic = 0x53534754;
    private const int Version = 1;
    private const int HashLength = 32;
    private const int NumbersAt = 8 + HashLength;
    private const int RandomAt = NumbersAt + (11 * sizeof(int));
    private const int PrecisionAt = RandomAt + sizeof(ulong);
    private const int ConstraintAt = PrecisionAt + sizeof(int);

    public int Tokens { get; init; }

    public int Pinned { get; init; }

    public int AnswerStart { get; init; }

    public int Generated { get; init; }

    public int Remaining { get; init; }

    public bool IsAnswering { get; init; }

    public FinishReason Finish { get; init; }

    public int Unread { get; init; }

    public int Held { get; init; }

    /// <summary>Positions whose keys and values are saved; 0 for none.</summary>
    public int Positions { get; init; }

    /// <summary>Floats of one position, all layers and heads, keys and values: what the model's shape calls for.</summary>
    public int PositionFloats { get; init; }

    public ulong Random { get; init; }

    /// <summary>How the keys and values are saved.</summary>
    public KvPrecision Precision { get; init; }

    /// <summary>The state of the constraint of the answer under way, or <see cref="GptSession.NoState"/>.</summary>
    public int ConstraintState { get; init; }

    public void Write(Span<byte> target, ReadOnlySpan<byte> modelHash)
    {
        target.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], Version);
        modelHash.CopyTo(target[8..]);
        ReadOnlySpan<int> numbers =
        [
            Tokens, Pinned, AnswerStart, Generated, Remaining, IsAnswering ? 1 : 0, (int)Finish, Unread, Held, Positions, PositionFloats,
        ];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(target[(NumbersAt + (i * sizeof(int)))..], numbers[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(target[RandomAt..], Random);
        BinaryPrimitives.WriteInt32LittleEndian(target[PrecisionAt..], (int)Precision);
        BinaryPrimitives.WriteInt32LittleEndian(target[ConstraintAt..], ConstraintState + 1);
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="source">128 bytes.</param>
    /// <param name="modelHash">The hash of the model that the session is to continue with.</param>
    /// <param name="contextLength">The most tokens of a sequence: <see cref="GptEngine.ContextLength"/>.</param>
    /// <param name="positionFloats">Floats of one position of that model.</param>
    /// <param name="header">The header.</param>
    /// <param name="problem">What is wrong, or empty.</param>
    /// <returns>Whether everything is in its range and fits the rest.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> modelHash, int contextLength, int positionFloats, out SnapshotHeader header, out string problem)
    {
        int Number(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(NumbersAt + (index * sizeof(int)))..]);

        header = new SnapshotHeader
        {
            Tokens = Number(source, 0),
            Pinned = Number(source, 1),
            AnswerStart = Number(source, 2),
            Generated = Number(source, 3),
            Remaining = Number(source, 4),
            IsAnswering = Number(source, 5) == 1,
            Finish = (FinishReason)Number(source, 6),
            Unread = Number(source, 7),
            Held = Number(source, 8),
            Positions = Number(source, 9),
            PositionFloats = Number(source, 10),
            Random = BinaryPrimitives.ReadUInt64LittleEndian(source[RandomAt..]),
            Precision = (KvPrecision)BinaryPrimitives.ReadInt32LittleEndian(source[PrecisionAt..]),
            ConstraintState = BinaryPrimitives.ReadInt32LittleEndian(source[ConstraintAt..]) - 1,
        };
        int version = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        problem = BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic ? "this is no saved session"
            : version != Version ? $"version {version} is not supported (supported: {Version})"
            : !source.Slice(8, HashLength).SequenceEqual(modelHash) ? "the session was saved with another model"
            : !Within(header.Tokens, contextLength + 1) ? $"{header.Tokens} tokens are not in 0 … {contextLength + 1}"
            : !Within(header.Pinned, header.Tokens) ? $"{header.Pinned} pinned tokens are not among {header.Tokens}"
            : !Within(header.AnswerStart, header.Tokens) ? $"the answer's start, {header.AnswerStart}, is not among {header.Tokens} tokens"
            : header.Generated < 0 ? $"{header.Generated} generated tokens are fewer than none"
            : header.Remaining < 0 ? $"{header.Remaining} tokens left are fewer than none"
            : !Within(Number(source, 5), 1) ? "whether an answer is under way is neither 0 nor 1"
            : !Enum.IsDefined(header.Finish) ? $"the finish reason {(int)header.Finish} is unknown"
            : header.IsAnswering && header.Finish != FinishReason.None ? "an answer is under way that has ended"
            : header.IsAnswering && (header.Tokens == 0 || header.Remaining == 0) ? "an answer is under way that has nothing left to do"
            : !Within(header.Unread, SessionSnapshot.MostTextBytes) ? $"{header.Unread} unread bytes are not in 0 … {SessionSnapshot.MostTextBytes}"
            : !Within(header.Held, SessionSnapshot.MostTextBytes) ? $"{header.Held} held-back bytes are not in 0 … {SessionSnapshot.MostTextBytes}"
            : !Within(header.Positions, Math.Min(header.Tokens, contextLength)) ? $"{header.Positions} positions are not among {header.Tokens} tokens"
            : header.IsAnswering && header.Positions == header.Tokens ? "an answer is under way that has nothing left to compute"
            : header.PositionFloats != positionFloats ? $"a position has {header.PositionFloats} floats, the model's {positionFloats}"
            : !Enum.IsDefined(header.Precision) ? $"the precision {(int)header.Precision} of its keys and values is unknown"
            : header.ConstraintState < GptSession.NoState || (header.ConstraintState != GptSession.NoState && !header.IsAnswering)
                ? "the state of its constraint is none"
            : source[(ConstraintAt + sizeof(int))..].ContainsAnyExcept((byte)0) ? "reserved bytes are not zero"
            : "";
        return problem.Length == 0;
    }

    private static bool Within(int value, int largest) => value >= 0 && value <= largest;
}
