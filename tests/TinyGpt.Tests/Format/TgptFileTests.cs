using System.Security.Cryptography;
using Xunit;

namespace TinyGpt.Tests.Format;

public sealed class TgptFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_way_to_open_gives_the_same_aligned_tensors(bool compressed)
    {
        byte[] image = compressed ? SampleFile.Compressed : SampleFile.Raw;
        using TemporaryFile path = new(image);
        byte[] shifted = new byte[image.Length + 1];
        image.CopyTo(shifted, 1);
        using TgptFile mapped = TgptFile.Open(path.Name);
        using TgptFile streamed = TgptFile.Open(new MemoryStream(image), "stream");
        using TgptFile dripped = TgptFile.Open(new DrippingStream(image), "drip");
        using TgptFile memory = TgptFile.Open(image, "memory");
        using TgptFile unaligned = TgptFile.Open(shifted.AsMemory(1), "unaligned");
        foreach (TgptFile file in new[] { mapped, streamed, dripped, memory, unaligned })
        {
            Assert.Equal(SampleFile.Config, file.Config);
            Assert.Equal("byte_bpe", file.TokenizerKind);
            Assert.True(SampleFile.Tokenizer.SequenceEqual(file.TokenizerData));
            Assert.Equal(image.Length, file.FileLength);
            Assert.True(file.ContentHash.SequenceEqual(mapped.ContentHash));
            file.Verify();
            foreach (TensorShape shape in ModelTensors.Of(file.Config))
            {
                Assert.Equal(0, Address(file, shape) % 64);
                Assert.Equal(SampleFile.Tensor(mapped, shape), SampleFile.Tensor(file, shape));
            }
        }

        Assert.Equal(0, streamed.MappedBytes);
        Assert.True(streamed.ArenaBytes > 0);
    }

    [Fact]
    public void A_raw_file_is_mapped_and_a_compressed_chunk_is_allocated_as_planned()
    {
        using TemporaryFile raw = new(SampleFile.Raw);
        using TgptFile mapped = TgptFile.Open(raw.Name);
        Assert.Equal(0, mapped.ArenaBytes);
        Assert.Equal(mapped.Info.MappedBytes, mapped.MappedBytes);

        using TemporaryFile path = new(SampleFile.Compressed);
        TgptInfo plan = TgptFile.ReadInfo(path.Name);
        using TgptFile compressed = TgptFile.Open(path.Name);
        Assert.True(plan.ArenaBytes > 0);
        Assert.Equal(plan.ArenaBytes, compressed.ArenaBytes);
        Assert.Equal(plan.MappedBytes, compressed.MappedBytes);
    }

    [Fact]
    public void Info_tells_configuration_tensors_and_chunks_without_the_chunks()
    {
        // The chunks are zeros here, which loading would refuse by their hashes.
        byte[] image = (byte[])SampleFile.Raw.Clone();
        image.AsSpan(SampleFile.HeaderLength + SampleFile.MetadataLength(image)).Clear();
        using TemporaryFile path = new(image);
        TgptInfo info = TgptFile.ReadInfo(path.Name);
        Assert.Equal(SampleFile.Config, info.Config);
        Assert.Equal(ModelTensors.Of(SampleFile.Config), info.Tensors);
        Assert.Equal(info.Tensors.Count + 1, info.Chunks.Count);
        Assert.Equal("byte_bpe", info.TokenizerKind);
        Assert.All(Enumerable.Range(0, info.Tensors.Count), i => Assert.Equal(info.Tensors[i].Bytes, info.ChunkOf(i).Length));
    }

    [Fact]
    public void A_stream_is_read_from_where_it_stands_and_no_further_than_the_file()
    {
        using MemoryStream stream = new([1, 2, 3, .. SampleFile.Compressed, 4, 5]);
        stream.Position = 3;
        using TgptFile file = TgptFile.Open(stream, "stream");
        Assert.Equal(3 + SampleFile.Compressed.Length, stream.Position);
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        foreach (byte[] image in new[] { SampleFile.Raw, SampleFile.Compressed, SampleFile.Int4 })
        {
            for (int length = 0; length < image.Length; length++)
            {
                Assert.Throws<ModelFormatException>(() => TgptFile.Open(image.AsMemory(0, length), "cut"));
                Assert.Throws<ModelFormatException>(() => TgptFile.Open(new MemoryStream(image, 0, length), "cut"));
            }
        }
    }

    [Fact]
    public void A_short_file_on_disk_is_refused_and_a_missing_one_not_found()
    {
        foreach (int length in new[] { 0, 1, 63, 64, 65, SampleFile.Raw.Length - 1 })
        {
            using TemporaryFile path = new(SampleFile.Raw[..length]);
            Assert.Throws<ModelFormatException>(() => TgptFile.Open(path.Name));
            Assert.Throws<ModelFormatException>(() => TgptFile.ReadInfo(path.Name));
        }

        Assert.Throws<FileNotFoundException>(() => TgptFile.Open(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }

    [Fact]
    public void A_byte_too_many_is_refused()
    {
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(new byte[SampleFile.Raw.Length + 1].AsMemory(), "zeros"));
        Assert.Throws<ModelFormatException>(() => SampleFile.Open([.. SampleFile.Raw, 0]));
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_changes_nothing()
    {
        foreach (byte[] image in new[] { SampleFile.Raw, SampleFile.Compressed, SampleFile.Int4 })
        {
            using TgptFile intact = SampleFile.Open(image);
            byte[] damaged = (byte[])image.Clone();
            for (int i = 0; i < image.Length; i++)
            {
                // All bits of the header and its neighbourhood, one bit of every other byte.
                for (int bit = i < 100 ? 0 : i % 8; bit < (i < 100 ? 8 : (i % 8) + 1); bit++)
                {
                    damaged[i] ^= (byte)(1 << bit);
                    try
                    {
                        using TgptFile file = SampleFile.Open(damaged, verify: true);
                        Assert.True(MayBeHarmless(intact.Info, i), $"byte {i}");
                        Assert.All(
                            file.Info.Tensors, shape => Assert.Equal(SampleFile.Tensor(intact, shape), SampleFile.Tensor(file, shape)));
                    }
                    catch (ModelFormatException exception)
                    {
                        Assert.Equal("sample", exception.File);
                    }

                    damaged[i] = image[i];
                }
            }
        }
    }

    [Fact]
    public void Damage_in_place_is_found_by_Verify_or_on_request()
    {
        byte[] image = (byte[])SampleFile.Raw.Clone();
        using TemporaryFile intact = new(image);
        TgptChunk chunk = TgptFile.ReadInfo(intact.Name).Chunks[0];
        image[chunk.Offset] ^= 1;
        using TemporaryFile path = new(image);
        using TgptFile file = TgptFile.Open(path.Name);
        ModelFormatException failure = Assert.Throws<ModelFormatException>(file.Verify);
        Assert.Contains(chunk.Name, failure.Message, StringComparison.Ordinal);
        Assert.Equal(chunk.Offset, failure.Offset);
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(path.Name, new TgptReadOptions { VerifyChecksums = true }));
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(new MemoryStream(image), "stream"));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(2e18f)]
    [InlineData(-1f)]
    public void A_scale_that_is_no_scale_is_refused_even_where_it_is_mapped(float scale)
    {
        byte[] image = SampleFile.WithChunk(SampleFile.Raw, "token_embedding", bytes => BitConverter.TryWriteBytes(bytes.AsSpan(1024 + 8), scale));
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => SampleFile.Open(image));
        Assert.Contains("scale", failure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-2e18f)]
    public void A_float_that_is_not_finite_is_refused_even_where_it_is_mapped(float number)
    {
        byte[] image = SampleFile.WithChunk(SampleFile.Raw, "final_norm.gain", bytes => BitConverter.TryWriteBytes(bytes.AsSpan(4), number));
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => SampleFile.Open(image));
        Assert.Contains("final_norm.gain", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_of_minus_128_is_refused()
    {
        byte[] image = SampleFile.WithChunk(SampleFile.Raw, "token_embedding", bytes => bytes[7] = 0x80);
        Assert.Contains("-128", Assert.Throws<ModelFormatException>(() => SampleFile.Open(image)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_block_is_refused_even_without_checksums()
    {
        using TgptFile intact = SampleFile.Open(SampleFile.Compressed);
        TgptChunk chunk = intact.Info.Chunks.First(candidate => candidate.Codec == TgptCodec.Lz4);
        byte[] image = (byte[])SampleFile.Compressed.Clone();
        image.AsSpan((int)chunk.Offset, (int)chunk.StoredLength).Fill(0xFF);
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => SampleFile.Open(image, verify: false));
        Assert.Contains("LZ4", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void More_memory_than_allowed_is_refused()
    {
        TgptReadOptions options = new() { MemoryLimit = 1000 };
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(new MemoryStream(SampleFile.Raw), "stream", options));
        using TemporaryFile path = new(SampleFile.Raw);
        using TgptFile inPlace = TgptFile.Open(path.Name, options);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TgptReadOptions { Threads = 0 });
    }

    [Fact]
    public void A_disposed_file_gives_nothing_more()
    {
        TgptFile file = SampleFile.Open(SampleFile.Raw);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.TokenizerData.Length);
        Assert.Throws<ObjectDisposedException>(file.Verify);
        Assert.Throws<ObjectDisposedException>(() => Address(file, ModelTensors.Of(file.Config)[0]));
    }

    [Fact]
    public void The_content_hash_is_that_of_the_metadata()
    {
        using TgptFile file = SampleFile.Open(SampleFile.Raw);
        byte[] expected = SHA256.HashData(SampleFile.Raw.AsSpan(SampleFile.HeaderLength, SampleFile.MetadataLength(SampleFile.Raw)));
        Assert.True(file.ContentHash.SequenceEqual(expected));
    }

    private static unsafe long Address(TgptFile file, TensorShape shape) => (long)file.Tensor(shape.Name);

    // A gap between chunks, or a block, where some bits can change without changing what it decompresses to.
    private static bool MayBeHarmless(TgptInfo info, int position) =>
        position >= SampleFile.HeaderLength + info.MetadataLength
        && info.Chunks.All(chunk =>
            position < chunk.Offset || position >= chunk.Offset + chunk.StoredLength || chunk.Codec == TgptCodec.Lz4);

    /// <summary>Cannot seek, and gives few bytes at a time.</summary>
    private sealed class DrippingStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 13)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 13));
    }
}
