using System.Buffers.Binary;
using System.Text.Json.Nodes;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Files with 4-bit weights: version 2 of the format.</summary>
public sealed class Int4FileTests
{
    private const int VersionAt = 4;
    private const string Matrix = "blocks.0.feed_forward_in";

    private static readonly IReadOnlyList<TensorShape> Tensors = ModelTensors.Of(SampleFile.Config, WeightPrecision.Int4);

    [Fact]
    public void Every_way_to_open_gives_the_same_tensors_and_what_is_raw_is_mapped()
    {
        using TemporaryFile path = new(SampleFile.Int4);
        using TgptFile mapped = TgptFile.Open(path.Name);
        using TgptFile streamed = TgptFile.Open(new MemoryStream(SampleFile.Int4), "stream");
        using TgptFile memory = SampleFile.Open(SampleFile.Int4);
        Assert.Equal(0, mapped.ArenaBytes);
        foreach (TgptFile file in new[] { mapped, streamed, memory })
        {
            Assert.Equal(Tensors, file.Info.Tensors);
            file.Verify();
            Assert.All(Tensors, shape => Assert.Equal(SampleFile.Tensor(mapped, shape), SampleFile.Tensor(file, shape)));
        }
    }

    [Fact]
    public void Only_a_file_with_4_bit_weights_is_of_version_2()
    {
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(SampleFile.Raw.AsSpan(VersionAt)));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(SampleFile.Int4.AsSpan(VersionAt)));
    }

    [Fact]
    public void Blocks_are_4_bit_and_embedding_and_head_are_not()
    {
        Assert.Equal(
            ["blocks.0.query_key_value", "blocks.0.attention_output", Matrix, "blocks.0.feed_forward_out"],
            Tensors.Where(shape => shape.Kind == TensorKind.Int4Panels).Select(shape => shape.Name));
        Assert.Equal(["token_embedding", "head"], Tensors.Where(shape => shape.Kind == TensorKind.Panels).Select(shape => shape.Name));
    }

    [Fact]
    public void Version_2_with_int8_weights_only_is_read_as_well()
    {
        byte[] image = SampleFile.WithMetadata(SampleFile.Raw, json => json["format"] = 2);
        image[VersionAt] = 2;
        using TgptFile file = SampleFile.Open(image);
        Assert.Equal(ModelTensors.Of(SampleFile.Config), file.Info.Tensors);
    }

    [Fact]
    public void A_version_that_header_and_metadata_do_not_agree_on_is_refused()
    {
        byte[] image = (byte[])SampleFile.Int4.Clone();
        image[VersionAt] = 1;
        Refuses(image, "format 2");
        image[VersionAt] = 3;
        Refuses(image, "version 3");
        Refuses(SampleFile.WithMetadata(SampleFile.Int4, json => json["format"] = 1), "format 1");
    }

    [Fact]
    public void Version_1_has_no_4_bit_weights()
    {
        byte[] image = SampleFile.WithMetadata(SampleFile.Int4, json => json["format"] = 1);
        image[VersionAt] = 1;
        Refuses(image, "int4_panels");
    }

    [Theory]
    [InlineData("token_embedding")]
    [InlineData("head")]
    [InlineData("position_embedding")]
    [InlineData("blocks.0.feed_forward_in.bias")]
    public void A_tensor_that_cannot_be_4_bit_is_refused(string tensor) =>
        Refuses(SampleFile.WithMetadata(SampleFile.Int4, json => SampleFile.Tensor(json, tensor)["kind"] = "int4_panels"), tensor);

    [Fact]
    public void A_length_that_is_that_of_the_other_precision_is_refused() =>
        Refuses(SampleFile.WithMetadata(SampleFile.Int4, json => SampleFile.Tensor(json, Matrix)["kind"] = "panels"), "bytes");

    [Theory]
    [InlineData("rows", 21)]
    [InlineData("columns", 25)]
    public void A_shape_that_the_configuration_does_not_call_for_is_refused(string member, int value) =>
        Refuses(SampleFile.WithMetadata(SampleFile.Int4, json => SampleFile.Tensor(json, Matrix)[member] = JsonValue.Create(value)), "20 × 24");

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-2e18f)]
    public void A_scale_that_is_no_scale_is_refused_even_where_it_is_mapped(float scale) => Refuses(
        SampleFile.WithChunk(SampleFile.Int4, Matrix, bytes => BitConverter.TryWriteBytes(bytes.AsSpan(576 + 512 + 8), scale)), "scale");

    [Fact]
    public void Every_byte_of_weights_and_a_negative_scale_are_allowed()
    {
        byte[] image = SampleFile.WithChunk(SampleFile.Int4, Matrix, bytes =>
        {
            for (int i = 0; i < 512; i++)
            {
                bytes[i] = (byte)i;
            }

            BitConverter.TryWriteBytes(bytes.AsSpan(512), -1f);
        });
        using TgptFile file = SampleFile.Open(image);
        Assert.Equal(Tensors, file.Info.Tensors);
    }

    [Fact]
    public void The_memory_plan_counts_the_tensors_that_there_are()
    {
        using GptModel model = TestModels.Random(TestModels.Even, precision: WeightPrecision.Int4);
        using GptEngine engine = new(model, new GptEngineOptions());
        long expected = model.Info.Tensors.Sum(tensor => tensor.Bytes);
        Assert.Equal(expected, engine.MemoryPlan.Weights);
        Assert.Equal(expected, model.Info.Chunks.Sum(chunk => chunk.Length));
        Assert.InRange(expected, 1, MemoryPlan.For(TestModels.Even, new GptEngineOptions()).Weights - 1);
    }

    private static void Refuses(byte[] image, string word)
    {
        Assert.Contains(word, Assert.Throws<ModelFormatException>(() => SampleFile.Open(image)).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => TgptFile.Open(new MemoryStream(image), "stream"));
    }
}
