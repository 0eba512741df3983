using System.IO.Compression;
using K4os.Compression.LZ4;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>Blocks of LZ4 with a hash that is right for the content that they claim to be: 256 zero bytes.</summary>
internal static class TgptLz4Cases
{
    private const string Damaged = "LZ4 block does not decompress";

    private static readonly byte[] Zeros = new byte[256];

    // One literal, a match of 250 bytes at offset 1, five literals.
    private static readonly byte[] Good = [0x1F, 0, 1, 0, 231, 0x50, 0, 0, 0, 0, 0];

    public static readonly BadCase[] All =
    [
        new("a block with nothing wrong", "", Block(Good)) { Expected = LoadResult.Loaded },
        Bad("a block with offset 0", [0x1F, 0, 0, 0, 231, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block with an offset one beyond its output", [0x1F, 0, 2, 0, 231, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block with the greatest offset", [0x1F, 0, 255, 255, 231, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block that starts with a match", [0x0F, 1, 0, 232, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block with a byte less of output", [0x1F, 0, 1, 0, 230, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block with a byte more of output", [0x1F, 0, 1, 0, 232, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block with 65 kilobytes of output", [0x1F, 0, 1, 0, .. Enumerable.Repeat((byte)255, 255), 0, 0x50, 0, 0, 0, 0, 0]),
        Bad("a block whose last literals pass its output", [0x1F, 0, 1, 0, 231, 0x60, 0, 0, 0, 0, 0, 0]),
        Bad("a block whose last literals pass its end", [0x1F, 0, 1, 0, 231, 0x60, 0, 0, 0, 0, 0]),
        Bad("a block whose literals pass its end by far", [0xF0, 255, 255, 255, 0, 0, 0]),
        Bad("a block that ends within the length of its literals", [0xF0, 255, 255, 255]),
        Bad("a block that ends within the length of a match", [0x1F, 0, 1, 0]),
        Bad("a block that ends within an offset", [0x1F, 0, 1]),
        Bad("a block that ends after an offset", [0x10, 0, 1, 0]),
        Bad("a block that ends with a match", [0x1F, 0, 1, 0, 236]),
        Bad("a block of a token alone", [0x00, 0x00]),
        Bad("a block with a byte after its end", [.. Good, 0]),
        Bad("a block with another after it", [.. Good, .. Good]),
        Bad("a block of ones", [.. Enumerable.Repeat((byte)255, 200)]),
        Bad("a block of zeros", new byte[200]),
        Bad("a frame instead of a block", [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82, 11, 0, 0, 0, .. Good, 0, 0, 0, 0]),
        Bad("zlib instead of LZ4", Zlib(Zeros)),
        new("a block of other content", "SHA-256", Block([0x1F, 1, 1, 0, 231, 0x50, 1, 1, 1, 1, 1])) { OnlyWays = WithContent },
        new("a block of numbers that are none", "not finite", Parts(draft =>
        {
            byte[] ones = [.. Enumerable.Repeat((byte)255, 256)];
            draft.Chunk("final_norm.bias").SetBlock([0x1F, 255, 1, 0, 231, 0x50, 255, 255, 255, 255, 255], 256, ones);
        }))
        {
            OnlyWays = WithContent,
        },
        new("a megabyte that decompresses to a quarter of a gigabyte", "bytes of memory", Bomb(hash: true)) { OnlyWays = WithContent },
        new("a megabyte that claims a quarter of a gigabyte", "bytes of memory", Bomb(hash: false)) { OnlyWays = WithContent },
    ];

    private static BadCase Bad(string name, byte[] block) => new(name, Damaged, Block(block)) { OnlyWays = WithContent };

    private static Func<InputFiles> Block(byte[] block) => Parts(draft => draft.Chunk("final_norm.bias").SetBlock(block, 256, Zeros));

    private static byte[] Zlib(byte[] content)
    {
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Fastest))
        {
            zlib.Write(content);
        }

        return stream.ToArray();
    }

    /// <summary>The position embedding of a million positions, all zero.</summary>
    private static Func<InputFiles> Bomb(bool hash) => Parts(draft =>
    {
        const int Positions = 1 << 20;
        draft.Config["contextLength"] = Positions;
        Entry(draft.Metadata, "tensors", "position_embedding")["rows"] = Positions;
        byte[] content = new byte[Positions * 64 * sizeof(float)];
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(content.Length)];
        block = block[..LZ4Codec.Encode(content, block)];
        draft.Chunk("position_embedding").SetBlock(hash ? block : new byte[block.Length], content.Length, content);
    });
}
