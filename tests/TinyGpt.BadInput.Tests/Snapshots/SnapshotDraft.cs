using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K4os.Compression.LZ4;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Tgpt;
using TinyGpt.BadInput.Tests.Tokenizers;
using TinyGpt.BadInput.Victim;

namespace TinyGpt.BadInput.Tests.Snapshots;

/// <summary>A saved session in parts, in the middle of an answer, and the ways to damage it that the table of cases is written in.</summary>
internal sealed class SnapshotDraft
{
    public const int HeaderLength = 128;
    public const int ContextLength = 150;
    public const int Tokens = 101;
    public const int Positions = 100;

    /// <summary>The places of the header's numbers.</summary>
    public const int TokensAt = 40, PinnedAt = 44, StartAt = 48, GeneratedAt = 52, RemainingAt = 56, AnsweringAt = 60, FinishAt = 64,
        UnreadAt = 68, HeldAt = 72, PositionsAt = 76, FloatsAt = 80, PrecisionAt = 92, ConstraintAt = 96, ReservedAt = 100;

    private const int HashLength = 32;
    private const int ModelHashAt = 8;

    // Two layers of two heads of 16 floats, keys and values.
    private const int Layers = 2;
    private const int PositionFloats = Layers * 2 * 2 * 16;
    private const int LayerBytes = PositionFloats / Layers * sizeof(float);
    private const int PagePositions = 64;

    private static readonly byte[] Model = MakeModel();

    private SnapshotDraft()
    {
    }

    public byte[] Header { get; } = MakeHeader();

    public int[] TokenIds { get; } = [.. Enumerable.Range(0, Tokens).Select(i => i % 3)];

    public byte[] Unread { get; private set; } = "ab"u8.ToArray();

    /// <summary>A length and that number of bytes for each page and layer: 64 positions, then 36.</summary>
    public List<byte[]> Blocks { get; } = [Block(PagePositions), Block(PagePositions), Block(Positions - PagePositions), Block(Positions - PagePositions)];

    public static InputFiles Valid { get; } = File(new SnapshotDraft().Build());

    /// <summary>A save without keys and values, small enough for sweeps.</summary>
    public static byte[] Smallest()
    {
        SnapshotDraft draft = new();
        draft.Blocks.Clear();
        draft.Set(PositionsAt, 0);
        return draft.Build();
    }

    public static InputFiles File(byte[] save) => InputFiles.Folder().With(Ways.SnapshotModel, Model).With(Ways.SnapshotSession, save);

    /// <summary>Other bytes, and nothing put right.</summary>
    public static Func<InputFiles> Bytes(Func<byte[], byte[]> change) => () => File(change(new SnapshotDraft().Build()));

    /// <summary>Other parts, with a hash that fits.</summary>
    public static Func<InputFiles> Parts(Action<SnapshotDraft> change) => () =>
    {
        SnapshotDraft draft = new();
        change(draft);
        return File(draft.Build());
    };

    /// <summary>A number of the header, with a hash that fits.</summary>
    public static Func<InputFiles> Number(int at, int value) => Parts(draft => draft.Set(at, value));

    /// <summary>A block with the length that belongs to it, in the place of one of 64 positions.</summary>
    public static Func<InputFiles> Stored(params byte[] block) => Parts(draft => draft.Blocks[1] = WithLength(block, block.Length));

    /// <summary>Makes the hash at the end right.</summary>
    public static byte[] Rehash(byte[] save)
    {
        if (save.Length >= HashLength)
        {
            SHA256.HashData(save.AsSpan(0, save.Length - HashLength), save.AsSpan(save.Length - HashLength));
        }

        return save;
    }

    public static byte[] WithLength(byte[] block, int length)
    {
        byte[] result = [0, 0, 0, 0, .. block];
        BinaryPrimitives.WriteInt32LittleEndian(result, length);
        return result;
    }

    /// <summary>The bytes of keys and values of some positions in one layer.</summary>
    public static byte[] Planes(int positions) => new byte[positions * LayerBytes];

    public void Set(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(Header.AsSpan(at), value);

    public void SetUnread(int bytes)
    {
        Unread = Encoding.ASCII.GetBytes(new string('a', bytes));
        Set(UnreadAt, bytes);
    }

    public byte[] Build()
    {
        using MemoryStream save = new();
        save.Write(Header);
        save.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(TokenIds.AsSpan()));
        save.Write(Unread);
        Blocks.ForEach(block => save.Write(block));
        save.Write(new byte[HashLength]);
        return Rehash(save.ToArray());
    }

    private static byte[] Block(int positions)
    {
        byte[] planes = Planes(positions);
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(planes.Length)];
        int length = LZ4Codec.Encode(planes, block);
        return WithLength(block[..length], length);
    }

    private static byte[] MakeHeader()
    {
        byte[] header = new byte[HeaderLength];
        "TGSS"u8.CopyTo(header);
        header[4] = 1;
        SHA256.HashData(Model.AsSpan(TgptDraft.HeaderLength, BitConverter.ToInt32(Model, TgptDraft.MetadataLengthAt)), header.AsSpan(ModelHashAt));
        int[] numbers = [Tokens, 3, 90, 11, 7, 1, 0, 2, 0, Positions, PositionFloats];
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()).CopyTo(header.AsSpan(TokensAt));
        header[84] = 9;
        return header;
    }

    private static byte[] MakeModel()
    {
        TgptDraft draft = TgptDraft.Of(TgptDamage.Config with { Layers = Layers, ContextLength = ContextLength });
        draft.AddTokenizer(SampleVocabulary.Bytes);
        return draft.Build();
    }
}
