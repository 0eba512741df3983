using TinyGpt.Import.Gguf;
using Xunit;

namespace TinyGpt.Import.Tests.Gguf;

public sealed class GgufFileTests
{
    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Both_versions_are_read(uint version)
    {
        using TemporaryFolder folder = new();
        GgufDraft draft = new GgufDraft().Text("general.name", "añ").Tensor("a", [1, 2, 3, 4, 5, 6], 3, 2).Tensor("b", [7], 1);
        draft.Version = version;
        using GgufFile file = GgufFile.Open(folder.Write("x.gguf", draft.Build()));
        Assert.Equal(["a", "b"], file.Tensors.Keys.Order());
        GgufTensor tensor = file.Tensors["a"];
        Assert.Equal([3L, 2L], tensor.Shape);
        Assert.Equal(("F32", 3L, 2L, 24L), (tensor.TypeName, tensor.Columns, tensor.Rows, tensor.Bytes));
        float[] row = new float[3];
        tensor.ReadRow(1, row);
        Assert.Equal([4f, 5f, 6f], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRow(2, row));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRow(-1, row));
        Assert.Throws<ArgumentException>(() => tensor.ReadRow(0, row.AsSpan(1)));
        Assert.Equal("añ", file.Metadata.Text("general.name"));
    }

    [Fact]
    public void Metadata_of_every_type_is_read()
    {
        using TemporaryFolder folder = new();
        byte[] content = new GgufDraft()
            .Set("u8", 0, [200]).Set("i8", 1, [200]).Set("u16", 2, [1, 128]).Set("i16", 3, [1, 128]).UInt32("u32", 7).Set("i32", 5, [255, 255, 255, 255])
            .Set("u64", 10, [1, 2, 0, 0, 0, 0, 0, 0]).Set("i64", 11, [254, 255, 255, 255, 255, 255, 255, 255])
            .Float32("f32", 1.5f).Set("f64", 12, BitConverter.GetBytes(-2.25)).Bool("yes", true).Bool("no", false).Text("empty", "")
            .Texts("texts", "", "ab", "é").Float32s("floats", 1, 2).Int32s("ints", -1, 5).Texts("none").Build();
        using GgufFile file = GgufFile.Open(folder.Write("x.gguf", content));
        GgufMetadata metadata = file.Metadata;
        Assert.Equal([200, -56, 32769, -32767, 7, -1, 513, -2], new[] { "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64" }.Select(metadata.Int32));
        Assert.Equal([1.5f, -2.25f], new[] { "f32", "f64" }.Select(metadata.Single));
        Assert.True(metadata.Boolean("yes"));
        Assert.False(metadata.Boolean("no"));
        Assert.Equal("", metadata.Text("empty"));
        Assert.Equal(["", "ab", "é"], metadata.Texts("texts", 3, 2));
        Assert.Equal([1f, 2f], metadata.Singles("floats", 2));
        Assert.Equal([-1, 5], metadata.Int32s("ints", 9));
        Assert.Empty(metadata.Texts("none", 0, 0));
    }

    [Fact]
    public void A_value_of_another_type_or_size_is_refused_and_its_key_named()
    {
        using TemporaryFolder folder = new();
        byte[] content = new GgufDraft().Text("text", "x").UInt32("number", uint.MaxValue).Float32s("floats", 1, 2).Texts("texts", "abc").Build();
        using GgufFile file = GgufFile.Open(folder.Write("x.gguf", content));
        GgufMetadata metadata = file.Metadata;
        Refused("'absent' is missing", () => metadata.Int32("absent"));
        Refused("'text' must be a whole number and is Text", () => metadata.Int32("text"));
        Refused("'number' must be text and is UInt32", () => metadata.Text("number"));
        Refused("4294967295, which is not in", () => metadata.Int32("number"));
        Refused("'number' must be a floating-point number", () => metadata.Single("number"));
        Refused("'text' must be true or false", () => metadata.Boolean("text"));
        Refused("'text' must be an array", () => metadata.Singles("text", 9));
        Refused("'floats' must be text and is an array of Float32", () => metadata.Text("floats"));
        Refused("'floats' must be an array of whole numbers", () => metadata.Int32s("floats", 9));
        Refused("'texts' must be an array of floating-point numbers", () => metadata.Singles("texts", 9));
        Refused("'floats' must be an array of texts", () => metadata.Texts("floats", 9, 9));
        Refused("'floats' has 2 elements, and at most 1", () => metadata.Singles("floats", 1));
        Refused("says 3 bytes of text, and at most 2", () => metadata.Texts("texts", 9, 2));

        static void Refused(string words, Action action) =>
            Assert.Contains(words, Assert.Throws<ModelFormatException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_is_not_supported_is_named_with_its_tensor()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.gguf", new GgufDraft().Tensor("blk.0.ffn_down.weight", 23, new byte[136], 256).Build());
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => GgufFile.Open(path));
        Assert.Equal(
            "tensor 'blk.0.ffn_down.weight' has type IQ4_XS, which is not supported "
            + "(supported: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K)",
            failure.Reason);
        Assert.Equal(path, failure.File);
    }

    [Fact]
    public void Tensors_lie_where_another_alignment_puts_them()
    {
        using TemporaryFolder folder = new();
        GgufDraft draft = new GgufDraft { Alignment = 256 }.UInt32("general.alignment", 256).Tensor("a", [1], 1).Tensor("b", [2], 1);
        using GgufFile file = GgufFile.Open(folder.Write("x.gguf", draft.Build()));
        float[] number = new float[1];
        file.Tensors["b"].ReadRow(0, number);
        Assert.Equal(2, number[0]);
        Assert.Equal(0, file.Tensors["b"].Offset % 256);
    }

    [Fact]
    public void A_file_cut_at_any_byte_of_what_it_needs_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] content = new GgufDraft().Texts("texts", "a", "bc").UInt32("n", 1).Tensor("a", [1, 2], 2).Build();
        for (int length = 0; length < content.Length; length++)
        {
            string path = folder.Write("x.gguf", content[..length]);
            ModelFormatException failure = Assert.Throws<ModelFormatException>(() => GgufFile.Open(path));
            Assert.Equal(path, failure.File);
        }
    }

    [Fact]
    public void A_file_is_known_by_its_ending_or_by_its_first_bytes()
    {
        using TemporaryFolder folder = new();
        Assert.True(GgufFile.IsAt(folder.Write("x.bin", new GgufDraft().Build())));
        Assert.True(GgufFile.IsAt(folder.Write("x.GGUF", [])));
        Assert.False(GgufFile.IsAt(folder.Write("y.bin", [1, 2, 3, 4])));
        Assert.False(GgufFile.IsAt(folder.Write("z.bin", [1])));
        Assert.False(GgufFile.IsAt(folder.At("absent.gguf")));
        Assert.False(GgufFile.IsAt(folder.Name));
    }

    /// <summary>Bytes changed at random, most of them in the header: whatever comes of it, it is the documented exception or a file that can be read.</summary>
    [Fact]
    public void Changed_bytes_never_end_in_anything_but_a_refusal_or_a_file()
    {
        using TemporaryFolder folder = new();
        byte[] content = TinyGguf.Rotary("llama").Build();
        Random random = new(1);
        int loaded = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            byte[] changed = (byte[])content.Clone();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                changed[random.Next(2400)] = (byte)random.Next(256);
            }

            string path = folder.Write("x.gguf", changed);
            try
            {
                using TgptFile packed = ModelSource.LoadAny(path);
                loaded++;
            }
            catch (ModelFormatException failure)
            {
                Assert.Equal(path, failure.File);
            }
        }

        Assert.InRange(loaded, 1, 399);
    }
}
