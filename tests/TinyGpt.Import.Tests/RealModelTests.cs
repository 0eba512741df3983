using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Trained checkpoints, where they are at hand: a folder <c>shared/models</c> beside or above the repository.</summary>
public sealed class RealModelTests
{
    [Theory]
    [InlineData("slm4096", true, 64, 4)]
    [InlineData("gpt-nano-sort", false, 48, 3)]
    public void A_trained_model_packs_with_a_small_error(string name, bool tied, int width, int layers)
    {
        string source = Find(name);
        using TemporaryFolder folder = new();
        PackReport report = Packer.Pack(source, folder.At("model.tgpt"), cancellation: TestContext.Current.CancellationToken);
        using TgptFile file = TgptFile.Open(folder.At("model.tgpt"));
        file.Verify();
        Assert.Equal((tied, width, layers), (file.Config.TiedHead, file.Config.Width, file.Config.Layers));
        Assert.InRange(report.Error.Relative, 0.001, 0.01);
        Assert.InRange(report.Ratio, 2.5, 4);

        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(source);
        float[] original = new float[width * 4 * width];
        checkpoint.Tensors["transformer.h.1.mlp.c_fc.weight"].Read(0, original);
        TensorShape shape = ModelTensors.Of(file.Config).Single(tensor => tensor.Name == "blocks.1.feed_forward_in");
        double squaredError = 0;
        double squaredNorm = 0;
        for (int i = 0; i < original.Length; i++)
        {
            double difference = PackedReader.Number(file, shape, i % (4 * width), i / (4 * width)) - original[i];
            squaredError += difference * difference;
            squaredNorm += (double)original[i] * original[i];
        }

        double reported = report.Tensors.Single(tensor => tensor.Shape == shape).Error.Relative;
        Assert.Equal(reported, Math.Sqrt(squaredError / squaredNorm), 1e-6);
    }

    private static string Find(string model)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "models", model);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        Assert.Skip($"the model {model} is not at hand");
        return "";
    }
}
