using System.Buffers.Binary;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>
/// A small SentencePiece vocabulary in version 2 of the binary form, written by hand: an unknown token, a space, a, space and a, a line feed that
/// stands for its byte.
/// </summary>
internal static class SamplePieces
{
    public const int Tokens = 5;
    public const int KindAt = 24;
    public const int FlagsAt = 28;
    public const int BeginAt = 32;
    public const int UnknownAt = 36;
    public const int LengthsAt = 40;
    public const int BlobAt = LengthsAt + (2 * Tokens);
    public const int AddedTokensAt = BlobAt + 10;
    public const int ScoresAt = AddedTokensAt + 8;
    public const int ByteTokensAt = ScoresAt + (4 * Tokens);
    public const int Length = ByteTokensAt + (4 * 256);

    public static readonly byte[] Bytes = Make();

    private static byte[] Make()
    {
        byte[] bytes = new byte[Length];
        "TGTV"u8.CopyTo(bytes);
        Write(bytes, 4, 2, Tokens, 0, 1, 10);
        bytes[KindAt] = 1; // pieces, not split, not normalized, always with a prefix space
        bytes[KindAt + 3] = 1;
        Write(bytes, FlagsAt, 1 | 2 | 8, -1, 0);
        ReadOnlySpan<byte> lengths = [5, 0, 1, 0, 1, 0, 2, 0, 1, 0];
        lengths.CopyTo(bytes.AsSpan(LengthsAt));
        "<unk> a a\n"u8.CopyTo(bytes.AsSpan(BlobAt));
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(ScoresAt + 12), 1.5f);
        bytes.AsSpan(ByteTokensAt).Fill(0xFF);
        Write(bytes, ByteTokensAt + (4 * '\n'), 4);
        return bytes;
    }

    private static void Write(byte[] bytes, int at, params ReadOnlySpan<int> values)
    {
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
            at += sizeof(int);
        }
    }
}
