using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Tgpt;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Snapshots.SnapshotDraft;

namespace TinyGpt.BadInput.Tests.Snapshots;

/// <summary>Saved sessions. Those whose header or parts are changed have a hash that fits.</summary>
internal static class SnapshotCases
{
    private const string Early = "ends too early";
    private const string Hash = "checksum is wrong";
    private const string Block = "cannot hold";
    private const string Lz4 = "does not decompress";
    private const int PageBytes = 64 * 64 * sizeof(float);

    public static readonly BadCase[] All =
    [
        new("an empty file", "an empty file", Bytes(_ => [])),
        new("one byte", Early, Bytes(save => save[..1])),
        new("a header less a byte", Early, Bytes(save => save[..127])),
        new("a header alone", Early, Bytes(save => save[..128])),
        new("half of the tokens", Early, Bytes(save => save[..300])),
        new("no text and nothing after it", Early, Bytes(save => save[..(128 + (4 * Tokens))])),
        new("a cut within a block's length", Early, Bytes(save => save[..(128 + (4 * Tokens) + 4)])),
        new("a cut within a block", Early, Bytes(save => save[..(128 + (4 * Tokens) + 20)])),
        new("no hash", Early, Bytes(save => save[..^32])),
        new("all but the last byte", Early, Bytes(save => save[..^1])),
        new("all zeros", "no saved session", Bytes(save => new byte[save.Length])),
        new("all ones", "no saved session", Bytes(save => [.. save.Select(_ => (byte)255)])),
        new("a model", "no saved session", Bytes(_ => TgptDamage.Image)),
        new("a byte order mark before it", "no saved session", Bytes(save => [0xEF, 0xBB, 0xBF, .. save])),
        new("magic in lower case", "no saved session", Bytes(save => [.. "tgss"u8, .. save[4..]])),
        new("a byte after it", "", Bytes(save => [.. save, 7])) { Expected = LoadResult.Loaded },
        new("another save after it", "", Bytes(save => [.. save, .. save])) { Expected = LoadResult.Loaded },
        new("a hash of zeros", Hash, Bytes(save => [.. save[..^32], .. new byte[32]])),
        new("the hash's last bit", Hash, Bytes(save => With(save, save.Length - 1, (byte)(save[^1] ^ 1)))),
        new("another pinned token without a new hash", Hash, Bytes(save => With(save, PinnedAt, 2))),
        new("another token without a new hash", Hash, Bytes(save => With(save, HeaderLength, 1))),
        new("another letter without a new hash", Hash, Bytes(save => With(save, HeaderLength + (4 * Tokens), (byte)'b'))),
        new("version 0", "version 0 is", Number(4, 0)),
        new("version 2", "version 2 is", Number(4, 2)),
        new("version 1 in the other byte order", "version 16777216 is", Number(4, 1 << 24)),
        new("a version below zero", "version -1 is", Number(4, -1)),
        new("the hash of no model", "another model", Parts(draft => draft.Header.AsSpan(8, 32).Clear())),
        new("another model's hash by a bit", "another model", Parts(draft => draft.Header[39] ^= 128)),
        new("tokens below zero", "-1 tokens", Number(TokensAt, -1)),
        new("the fewest tokens that 32 bits can hold", "-2147483648 tokens", Number(TokensAt, int.MinValue)),
        new("two tokens more than the context", "152 tokens", Number(TokensAt, ContextLength + 2)),
        new("as many tokens as 32 bits can hold", "2147483647 tokens", Number(TokensAt, int.MaxValue)),
        new("tokens whose length overflows to zero", "1073741824 tokens", Number(TokensAt, 1 << 30)),
        new("a token less than are pinned", "3 pinned tokens", Number(TokensAt, 2)),
        new("a token more than there are", "", Number(TokensAt, Tokens + 1)),
        new("as many tokens as the context, which are not there", "", Number(TokensAt, ContextLength)),
        new("no tokens and an answer", "nothing left to do", Parts(draft => Clear(draft, TokensAt, PinnedAt, StartAt))),
        new("pinned tokens below zero", "-1 pinned", Number(PinnedAt, -1)),
        new("more pinned tokens than tokens", "102 pinned", Number(PinnedAt, Tokens + 1)),
        new("as many pinned tokens as 32 bits can hold", "2147483647 pinned", Number(PinnedAt, int.MaxValue)),
        new("an answer that starts below zero", "start, -1", Number(StartAt, -1)),
        new("an answer that starts after the tokens", "start, 102", Number(StartAt, Tokens + 1)),
        new("an answer that starts at the end of 32 bits", "start, 2147483647", Number(StartAt, int.MaxValue)),
        new("generated tokens below zero", "-1 generated", Number(GeneratedAt, -1)),
        new("the fewest generated tokens there are", "-2147483648 generated", Number(GeneratedAt, int.MinValue)),
        new("the most generated tokens there are", "", Number(GeneratedAt, int.MaxValue)) { Expected = LoadResult.Loaded },
        new("tokens left below zero", "-1 tokens left", Number(RemainingAt, -1)),
        new("no tokens left in an answer", "nothing left to do", Number(RemainingAt, 0)),
        new("the most tokens left there are", "", Number(RemainingAt, int.MaxValue)) { Expected = LoadResult.Loaded },
        new("an answer that is half under way", "neither 0 nor 1", Number(AnsweringAt, 2)),
        new("an answer under way in the other byte order", "neither 0 nor 1", Number(AnsweringAt, 1 << 24)),
        new("an answer under way below zero", "neither 0 nor 1", Number(AnsweringAt, -1)),
        new("an answer that has ended and is under way", "that has ended", Number(FinishAt, 1)),
        new("an unknown end", "reason 10 is", Number(FinishAt, 10)),
        new("an end below zero", "reason -1 is", Number(FinishAt, -1)),
        new("unread text below zero", "-1 unread", Number(UnreadAt, -1)),
        new("more unread text than is accepted", "1048577 unread", Number(UnreadAt, (1 << 20) + 1)),
        new("as much unread text as 32 bits can hold", "2147483647 unread", Number(UnreadAt, int.MaxValue)),
        new("a megabyte of unread text that is not there", Early, Number(UnreadAt, 1 << 20)),
        new("unread text that takes a block's first byte", "", Number(UnreadAt, 3)),
        new("unread text that leaves a byte to the blocks", "", Number(UnreadAt, 1)),
        new("more unread text than there is room for", "OutputCapacity", Parts(draft => draft.SetUnread(100_000))),
        new("held text below zero", "-1 held-back", Number(HeldAt, -1)),
        new("more held text than is accepted", "1048577 held-back", Number(HeldAt, (1 << 20) + 1)),
        new("held and unread text that overflow together", "2147483646 held-back", Number(HeldAt, int.MaxValue - 1)),
        new("positions below zero", "-1 positions", Number(PositionsAt, -1)),
        new("more positions than tokens", "102 positions", Number(PositionsAt, Tokens + 1)),
        new("as many positions as 32 bits can hold", "2147483647 positions", Number(PositionsAt, int.MaxValue)),
        new("an answer with every position computed", "nothing left to compute", Number(PositionsAt, Tokens)),
        new("a position less than there are", "", Number(PositionsAt, Positions - 1)),
        new("a page less than there is", Hash, Number(PositionsAt, 64)),
        new("no positions, and pages", Hash, Number(PositionsAt, 0)),
        new("positions of no floats", "has 0 floats", Number(FloatsAt, 0)),
        new("positions of half the floats", "has 64 floats", Number(FloatsAt, 64)),
        new("positions of floats below zero", "has -128 floats", Number(FloatsAt, -128)),
        new("a precision that there is not", "precision 2", Number(PrecisionAt, 2)),
        new("a precision below zero", "precision -1", Number(PrecisionAt, -1)),
        new("the state of a constraint that is not given", "SessionOptions.Constraint", Number(ConstraintAt, 1)),
        new("the state of a constraint below zero", "state of its constraint", Number(ConstraintAt, -1)),
        new("the first reserved byte", "reserved bytes", Parts(draft => draft.Header[ReservedAt] = 1)),
        new("the last reserved byte", "reserved bytes", Parts(draft => draft.Header[^1] = 128)),
        new("a token below zero", "token id -1", Parts(draft => draft.TokenIds[0] = -1)),
        new("a token after the vocabulary", "token id 5", Parts(draft => draft.TokenIds[^1] = 5)),
        new("the highest token that 32 bits can hold", "token id 2147483647", Parts(draft => draft.TokenIds[50] = int.MaxValue)),
        new("a block of no bytes", Block, Parts(draft => draft.Blocks[0] = WithLength([], 0))),
        new("a block of bytes below zero", Block, Parts(draft => draft.Blocks[0] = WithLength([1], -1))),
        new("a block of the fewest bytes there are", Block, Parts(draft => draft.Blocks[3] = WithLength([1], int.MinValue))),
        new("a block of two gigabytes", Block, Parts(draft => draft.Blocks[0] = WithLength([1], int.MaxValue))),
        new("a block a byte longer than its content", Block, Parts(draft => draft.Blocks[0] = WithLength(new byte[PageBytes + 1], PageBytes + 1))),
        new("a block with offset 0", Lz4, Stored(0x1F, 0, 0, 0, 231, 0x50, 0, 0, 0, 0, 0)),
        new("a block with an offset beyond its output", Lz4, Stored(0x1F, 0, 9, 0, 231, 0x50, 0, 0, 0, 0, 0)),
        new("a block with too little output", Lz4, Stored(0x1F, 0, 1, 0, 231, 0x50, 0, 0, 0, 0, 0)),
        new("a block with too much output", Lz4, Stored([0x1F, 0, 1, 0, .. Enumerable.Repeat((byte)255, 200), 0, 0x50, 0, 0, 0, 0, 0])),
        new("a block that ends within its literals", Lz4, Stored(0xF0, 255, 255)),
        new("a block of ones", Lz4, Stored([.. Enumerable.Repeat((byte)255, 500)])),
        new("keys that are no numbers", "no finite number", Stored([.. Planes(64).Select(_ => (byte)255)])),
        new("an infinite key", "no finite number", Stored(Infinite())),
        new("huge keys", "", Stored([.. Planes(64).Select(_ => (byte)0x7E)])) { Expected = LoadResult.Loaded },
        new("a block too few", "", Parts(draft => draft.Blocks.RemoveAt(3))),
        new("a block too many", Hash, Parts(draft => draft.Blocks.Add(draft.Blocks[0]))),
        new("blocks in the other order", "", Parts(draft => draft.Blocks.Reverse())),
    ];

    private static byte[] With(byte[] save, int at, byte value)
    {
        save[at] = value;
        return save;
    }

    private static void Clear(SnapshotDraft draft, params int[] numbers)
    {
        foreach (int at in numbers)
        {
            draft.Set(at, 0);
        }

        draft.Set(PositionsAt, 0);
    }

    /// <summary>Four planes, lowest bytes first: the first float is 0x7F800000.</summary>
    private static byte[] Infinite()
    {
        byte[] planes = Planes(64);
        planes[planes.Length / 2] = 0x80;
        planes[planes.Length / 4 * 3] = 0x7F;
        return planes;
    }
}
