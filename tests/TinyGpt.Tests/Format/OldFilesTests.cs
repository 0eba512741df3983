using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Files in <c>tests/Golden</c> that the first version wrote, with the project's former LZ4 encoder and the framework's SHA-256.</summary>
public sealed class OldFilesTests
{
    private static readonly int[] Answer =
    [
        88, 73, 179, 139, 46, 153, 28, 218, 93, 268, 46, 70, 255, 271, 267, 67, 170, 254, 201, 221, 50, 227, 211, 128, 183, 260, 241, 209, 108,
    ];

    [Fact]
    public void A_model_opens_and_its_checksums_hold()
    {
        using TgptFile file = TgptFile.Open(PathOf("first-lz4.tgpt"));
        Assert.Equal(15, file.Info.Chunks.Count(chunk => chunk.Codec == TgptCodec.Lz4));
        file.Verify();
    }

    [Theory]
    [InlineData(KvPrecision.Float32)]
    [InlineData(KvPrecision.Int8)]
    public void A_saved_session_goes_on_with_the_tokens_that_it_would_have_had(KvPrecision precision)
    {
        using GptModel model = GptModel.Load(PathOf("first-lz4.tgpt"));
        using GptEngine engine = new(model, new GptEngineOptions { KvPrecision = precision });
        using FileStream saved = File.OpenRead(PathOf($"first-lz4-{(precision == KvPrecision.Int8 ? "int8" : "float32")}.session"));
        using GptSession session = engine.Restore(
            saved, new SamplingOptions { Temperature = 0.9f, Seed = 11 }, new SessionOptions { MaxNewTokens = 40 });
        Assert.InRange(session.AnswerTokens.Length, 1, Answer.Length - 1);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(Answer, session.AnswerTokens.ToArray());
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);
}
