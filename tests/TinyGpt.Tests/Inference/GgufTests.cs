using TinyGpt.Import;
using TinyGpt.Import.Tests.Gguf;
using TinyGpt.Tests.Reference;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// The same random model as a GGUF file and as a Hugging Face folder: both must become the same bytes, and what the folder becomes is
/// compared with a float64 forward pass in <see cref="FamilyTests"/>.
/// </summary>
public sealed class GgufTests
{
    [Theory]
    [InlineData("llama", "llama", 20)]
    [InlineData("llama, one key head, biases", "llama", 20)]
    [InlineData("qwen2", "qwen2", 20)]
    [InlineData("qwen3", "qwen3", 12)]
    public void A_file_and_a_folder_become_the_same_model(string name, string architecture, int headSize)
    {
        FamilyCheckpoint checkpoint = FamilyModels.Make(name).With("use_sliding_window", null);
        RequireSame(checkpoint, GgufCheckpoint.Write(checkpoint, architecture, headSize));
    }

    [Fact]
    public void A_file_with_a_linear_scaling_and_a_folder_become_the_same_model()
    {
        FamilyCheckpoint checkpoint = FamilyModels.Make("llama").With("rope_scaling", """{"rope_type":"linear","factor":4.0}""");
        RequireSame(
            checkpoint,
            GgufCheckpoint.Write(checkpoint, "llama", 20).Text("llama.rope.scaling.type", "linear").Float32("llama.rope.scaling.factor", 4));
    }

    [Fact]
    public void A_file_with_Llama_3_s_frequency_factors_and_a_folder_become_the_same_model()
    {
        FamilyCheckpoint checkpoint = FamilyModels.Make("llama 3, tied");
        float[] factors = [.. Enumerable.Range(0, 16).Select(i =>
        {
            double turns = 64 * Math.Pow(500000, -i / 16.0) / (2 * Math.PI);
            return (float)(1 / ((Math.Clamp((turns - 1) / 3, 0, 1) * 7 / 8) + (1 / 8.0)));
        })];
        RequireSame(
            checkpoint,
            GgufCheckpoint.Write(checkpoint, "llama", 32).UInt32("llama.rope.scaling.original_context_length", 64)
                .Tensor("rope_freqs.weight", factors, 16));
    }

    private static void RequireSame(FamilyCheckpoint checkpoint, GgufDraft draft)
    {
        using TemporaryModel folder = checkpoint.Write();
        using TemporaryModel other = new();
        string path = Path.Combine(other.Path, "model.gguf");
        File.WriteAllBytes(path, draft.Build());
        using TgptFile expected = ModelSource.LoadAny(folder.Path);
        using TgptFile actual = ModelSource.LoadAny(path);
        Assert.Equal(expected.Config, actual.Config);
        Assert.Equal(expected.Info.ContentHash, actual.Info.ContentHash);
    }
}
