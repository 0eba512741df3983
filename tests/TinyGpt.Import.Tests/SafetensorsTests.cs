using System.Buffers.Binary;
using Xunit;

namespace TinyGpt.Import.Tests;

public sealed class SafetensorsTests
{
    [Fact]
    public void Tensors_are_listed_and_read()
    {
        using TemporaryFolder folder = new();
        byte[] file = new SafetensorsBuilder().AddEntry("\"__metadata__\":{\"format\":\"pt\"}")
            .Add("a", [1, 2, 3, 4, 5, 6], 2, 3).Add("b", "U8", [7]).Add("empty", [], 0, 5).Build();
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(folder.Write("model.safetensors", file));
        Assert.Equal(["a", "b", "empty"], checkpoint.Tensors.Keys.Order());
        SafetensorsTensor tensor = checkpoint.Tensors["a"];
        Assert.Equal([2L, 3L], tensor.Shape);
        float[] numbers = new float[4];
        tensor.Read(2, numbers);
        Assert.Equal([3f, 4f, 5f, 6f], numbers);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(3, numbers));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(-1, numbers));
        Assert.Contains("U8", Assert.Throws<ModelFormatException>(() => checkpoint.Tensors["b"].Read(0, numbers.AsSpan(0, 1))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_F16_pattern_converts_as_the_standard_says()
    {
        float[] found = ReadAll("F16");
        for (int bits = 0; bits < 65536; bits++)
        {
            int exponent = (bits >> 10) & 31;
            int fraction = bits & 1023;
            double magnitude = exponent switch
            {
                0 => fraction * Math.Pow(2, -24),
                31 => fraction == 0 ? double.PositiveInfinity : double.NaN,
                _ => (1024 + fraction) * Math.Pow(2, exponent - 25),
            };
            float expected = (float)(bits < 0x8000 ? magnitude : -magnitude);
            bool equal = float.IsNaN(expected) ? float.IsNaN(found[bits])
                : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(found[bits]);
            Assert.True(equal, $"{bits:x4}");
        }
    }

    [Fact]
    public void Every_BF16_pattern_is_the_upper_half_of_its_float()
    {
        float[] found = ReadAll("BF16");
        for (int bits = 0; bits < 65536; bits++)
        {
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(found[bits]));
        }
    }

    [Theory]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}", "shape")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}", "shape")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}", "shape")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,2],\"data_offsets\":[0,0]}", "shape")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}", "shape")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[8,20]}", "is at")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}", "is at")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}", "is at")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}", "is at")]
    [InlineData("\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}", "Q4")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1]}", "data_offsets")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}", "x")]
    [InlineData("\"a\":7", "object")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}", "JSON")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}", "overlap")]
    [InlineData("\"a\":{\"dtype\":\"F32\",\"shape\":[[[[[[[[[[1]]]]]]]]]],\"data_offsets\":[0,8]}", "JSON")]
    public void A_header_that_is_wrong_is_refused(string entries, string word)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("model.safetensors", new SafetensorsBuilder().AddEntry(entries).AddData(16).Build());
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(file));
        Assert.Contains(word, failure.Reason, StringComparison.Ordinal);
        Assert.Equal(file, failure.File);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    [InlineData((16L << 20) + 1)]
    [InlineData(300L)]
    public void A_header_length_that_cannot_be_is_refused(long length)
    {
        using TemporaryFolder folder = new();
        byte[] file = new SafetensorsBuilder().Add("a", [1, 2], 2).Build();
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(folder.Write("model.safetensors", file)));
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] file = new SafetensorsBuilder().Add("a", [1, 2], 2).Build();
        for (int length = 0; length < file.Length; length++)
        {
            string path = folder.Write("model.safetensors", file[..length]);
            Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(path));
        }
    }

    [Fact]
    public void Shards_are_found_through_their_index()
    {
        using TemporaryFolder folder = new();
        folder.Write("model-1.safetensors", new SafetensorsBuilder().Add("a", [1], 1).Build());
        folder.Write("model-2.safetensors", new SafetensorsBuilder().Add("b", [2], 1).Build());
        folder.Write("model.safetensors.index.json", """{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""");
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(folder.Name);
        float[] number = new float[1];
        checkpoint.Tensors["b"].Read(0, number);
        Assert.Equal(2, number[0]);
        Assert.Equal(2, checkpoint.Tensors.Count);
    }

    [Theory]
    [InlineData("../model-1.safetensors", "beside")]
    [InlineData("/tmp/model-1.safetensors", "beside")]
    [InlineData("sub\\\\model-1.safetensors", "beside")]
    [InlineData("C:model-1.safetensors", "beside")]
    [InlineData("model-1.bin", "beside")]
    [InlineData("model-1.safetensors", "does not hold")]
    public void An_index_that_is_wrong_is_refused(string shard, string word)
    {
        using TemporaryFolder folder = new();
        folder.Write("model-1.safetensors", new SafetensorsBuilder().Add("a", [1], 1).Build());
        folder.Write("model.safetensors.index.json", $$$"""{"weight_map":{"other":"{{{shard}}}"}}""");
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(folder.Name));
        Assert.Contains(word, failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_and_an_empty_folder_are_files_not_found()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<FileNotFoundException>(() => SafetensorsCheckpoint.Open(folder.Name));
        folder.Write("model.safetensors.index.json", """{"weight_map":{"a":"model-1.safetensors"}}""");
        Assert.Throws<FileNotFoundException>(() => SafetensorsCheckpoint.Open(folder.Name));
    }

    private static float[] ReadAll(string type)
    {
        byte[] patterns = new byte[2 * 65536];
        for (int bits = 0; bits < 65536; bits++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(patterns.AsSpan(2 * bits), (ushort)bits);
        }

        using TemporaryFolder folder = new();
        string file = folder.Write("model.safetensors", new SafetensorsBuilder().Add("all", type, patterns, 65536).Build());
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(file);
        float[] numbers = new float[65536];
        checkpoint.Tensors["all"].Read(0, numbers);
        return numbers;
    }
}
