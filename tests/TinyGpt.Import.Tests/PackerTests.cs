using Xunit;

namespace TinyGpt.Import.Tests;

public sealed class PackerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_holds_what_memory_holds_and_the_report_tells(bool compress)
    {
        TokenizerContent tokenizer = new("byte_bpe", "some tokenizer, some tokenizer, some tokenizer, some tokenizer, some tokenizer."u8.ToArray());
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        List<PackProgress> steps = [];
        PackReport report = Packer.Pack(
            folder.Name, folder.At("model.tgpt"), new PackOptions { Compress = compress, Tokenizer = tokenizer }, new Steps(steps), Cancellation);
        using TgptFile memory = Packer.PackInMemory(folder.Name, new PackOptions { Tokenizer = tokenizer }, cancellation: Cancellation);
        using TgptFile file = ModelSource.LoadAny(folder.At("model.tgpt"), cancellation: Cancellation);
        file.Verify();
        memory.Verify();
        Assert.Equal(memory.Config, file.Config);
        Assert.True(tokenizer.Data.Span.SequenceEqual(file.TokenizerData));
        Assert.True(tokenizer.Data.Span.SequenceEqual(memory.TokenizerData));
        Assert.All(ModelTensors.Of(file.Config), shape => Assert.Equal(Bytes(memory, shape), Bytes(file, shape)));

        Assert.Equal(new FileInfo(folder.At("model.tgpt")).Length, report.FileBytes);
        Assert.Equal(report.FileBytes, file.FileLength);
        Assert.Equal(TinyCheckpoint.Shapes.Sum(shape => shape.Shape.Aggregate(4L, (product, size) => product * size)), report.SourceBytes);
        Assert.Equal(ModelTensors.Of(file.Config), report.Tensors.Select(tensor => tensor.Shape));
        Assert.InRange(report.Error.Relative, 1e-4, 0.01);
        Assert.All(report.Tensors, tensor => Assert.Equal(tensor.Shape.Kind == TensorKind.Panels, tensor.Error.Relative > 0));
        Assert.Equal(compress, report.Tensors.Any(tensor => tensor.Chunk.Codec == TgptCodec.Lz4));
        Assert.Equal(report.Tensors.Count, steps.Count);
        Assert.Equal(steps[^1].Bytes, steps[^1].BytesDone);
        Assert.Equal((0, file.Info.MappedBytes), (memory.MappedBytes, file.MappedBytes));
    }

    [Fact]
    public void Packing_twice_gives_the_same_bytes()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        Packer.Pack(folder.Name, folder.At("a.tgpt"), cancellation: Cancellation);
        Packer.Pack(folder.Name, folder.At("b.tgpt"), cancellation: Cancellation);
        Assert.Equal(File.ReadAllBytes(folder.At("a.tgpt")), File.ReadAllBytes(folder.At("b.tgpt")));
    }

    [Fact]
    public void A_failure_or_a_cancellation_leaves_the_old_file_and_nothing_else()
    {
        TinyCheckpoint checkpoint = new();
        checkpoint.Tensors["lm_head.weight"].Values[3] = float.PositiveInfinity;
        using TemporaryFolder folder = checkpoint.Write();
        string output = folder.Write("model.tgpt", "old");
        string[] before = Directory.GetFiles(folder.Name);
        Assert.Throws<ModelFormatException>(() => Packer.Pack(folder.Name, output, cancellation: Cancellation));
        Assert.Throws<OperationCanceledException>(() => Packer.Pack(folder.Name, output, cancellation: new CancellationToken(canceled: true)));
        Assert.Equal(before.Order(), Directory.GetFiles(folder.Name).Order());
        Assert.Equal("old", File.ReadAllText(output));
    }

    [Fact]
    public void A_writer_demands_every_tensor_and_no_more()
    {
        ModelConfig config = SyntheticModelTests.Small;
        using TgptFile model = SyntheticModel.Open(config, cancellation: Cancellation);
        using MemoryStream stream = new();
        stream.Write([1, 2, 3]);
        using TgptWriter writer = new(stream, config);
        foreach (TensorShape shape in ModelTensors.Of(config))
        {
            Assert.Throws<InvalidOperationException>(() => writer.Finish());
            writer.Write(Bytes(model, shape));
        }

        Assert.Throws<InvalidOperationException>(() => writer.Write([1]));
        long length = writer.Finish();
        Assert.Equal(3 + length, stream.Length);
        using TgptFile file = TgptFile.Open(stream.ToArray().AsMemory(3), "written");
        file.Verify();
    }

    [Fact]
    public void A_writer_refuses_what_no_reader_would_take()
    {
        using MemoryStream stream = new();
        ModelConfig config = SyntheticModelTests.Small;
        Assert.Throws<ArgumentException>(() => new TgptWriter(stream, config with { Heads = 7 }));
        Assert.Throws<ArgumentException>(() => new TgptWriter(stream, config, new TokenizerContent("runes", new byte[1])));
        Assert.Throws<ArgumentException>(() => new TgptWriter(stream, config, new TokenizerContent("byte_bpe", default)));
        Assert.Throws<ArgumentException>(() => new TgptWriter(new MemoryStream([], writable: false), config));
        using TgptWriter writer = new(stream, config);
        Assert.Throws<ArgumentException>(() => writer.Write(new byte[7]));
    }

    private static unsafe byte[] Bytes(TgptFile file, TensorShape shape) =>
        new ReadOnlySpan<byte>(file.Tensor(shape.Name), (int)shape.Bytes).ToArray();

    // Progress<T> reports from other threads, and late.
    private sealed class Steps(List<PackProgress> steps) : IProgress<PackProgress>
    {
        public void Report(PackProgress value) => steps.Add(value);
    }
}
