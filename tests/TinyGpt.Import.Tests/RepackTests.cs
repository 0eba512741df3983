using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Packed models that are packed again, and classifiers that go with them.</summary>
public sealed class RepackTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_same_precision_gives_the_same_file()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        WriteClassifier(folder);
        folder.Write("generation_config.json", """{"eos_token_id": [1, 2]}""");
        Packer.Pack(folder.Name, folder.At("a.tgpt"), cancellation: Cancellation);
        PackReport report = Packer.Pack(folder.At("a.tgpt"), folder.At("b.tgpt"), cancellation: Cancellation);

        Assert.Equal(File.ReadAllBytes(folder.At("a.tgpt")), File.ReadAllBytes(folder.At("b.tgpt")));
        Assert.Equal(0, report.Error.Relative);
    }

    [Fact]
    public void Four_bits_are_those_of_the_numbers_that_eight_stand_for()
    {
        PackOptions four = new() { Precision = WeightPrecision.Int4 };
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        Packer.Pack(folder.Name, folder.At("8.tgpt"), cancellation: Cancellation);
        Packer.Pack(folder.Name, folder.At("4.tgpt"), four, cancellation: Cancellation);
        PackReport report = Packer.Pack(folder.At("8.tgpt"), folder.At("4-again.tgpt"), four, cancellation: Cancellation);
        using TgptFile direct = TgptFile.Open(folder.At("4.tgpt"));
        using TgptFile again = TgptFile.Open(folder.At("4-again.tgpt"));

        Assert.Equal(direct.Info.Tensors, again.Info.Tensors);
        Assert.InRange(report.Error.Relative, 0.01, 0.2); // four bits of uniform numbers
        Assert.Equal(direct.Config, again.Config);
    }

    [Fact]
    public void More_bits_are_refused_with_what_to_do()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        Packer.Pack(folder.Name, folder.At("4.tgpt"), new PackOptions { Precision = WeightPrecision.Int4 }, cancellation: Cancellation);
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(
            () => Packer.Pack(folder.At("4.tgpt"), folder.At("8.tgpt"), cancellation: Cancellation));

        Assert.StartsWith(folder.At("4.tgpt"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--bits 4", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.At("8.tgpt")));
    }

    [Fact]
    public void A_classifier_goes_into_the_file_and_the_engine_reads_it_by_itself()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        float[] values = WriteClassifier(folder);
        Packer.Pack(folder.Name, folder.At("x.tgpt"), cancellation: Cancellation);
        using GptModel model = GptModel.Load(folder.At("x.tgpt"));
        ClassifierWeights weights = Assert.IsType<ClassifierWeights>(model.Classifier);

        Assert.Equal(3, File.ReadAllBytes(folder.At("x.tgpt"))[4]);
        Assert.Equal(["ale", "wetter ist schön"], weights.Labels);
        Assert.Equal(TinyCheckpoint.Width, weights.Width);
        Assert.Equal(values, weights.Row(0).ToArray().Concat(weights.Row(1).ToArray()));
    }

    [Fact]
    public void A_classifier_of_another_hidden_size_stops_packing()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        WriteClassifier(folder, width: 20);

        Assert.Contains(
            "hidden size 20, not 24",
            Assert.Throws<ModelFormatException>(() => Packer.Pack(folder.Name, folder.At("x.tgpt"), cancellation: Cancellation)).Message,
            StringComparison.Ordinal);
    }

    private static float[] WriteClassifier(TemporaryFolder folder, int width = TinyCheckpoint.Width)
    {
        float[] values = [.. Enumerable.Range(0, 2 * width).Select(i => TinyCheckpoint.Value("score", i))];
        folder.Write("classifier.safetensors", new SafetensorsBuilder().Add("score.weight", values, [2, width]).Build());
        string labels = "\"id2label\":{\"0\":\"ale\",\"1\":\"wetter ist schön\"},";
        folder.Write("config.json", TinyCheckpoint.Config.Replace("{\"model_type\"", $"{{{labels}\"model_type\"", StringComparison.Ordinal));
        return values;
    }
}
