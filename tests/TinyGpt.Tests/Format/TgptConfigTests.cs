using System.Text;
using System.Text.Json;
using TinyGpt.Format;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Configurations of all architectures, to the file and back, and ones that are wrong.</summary>
public sealed class TgptConfigTests
{
    public static TheoryData<string> Shapes => [.. TestModels.ShapeNames];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_configuration_of_any_architecture_is_read_as_it_was_written(string shape)
    {
        using TgptFile file = TestModels.RandomFile(TestModels.Shape(shape));
        Assert.Equal(TestModels.Shape(shape), file.Config);
    }

    [Fact]
    public void A_configuration_like_GPT_2_is_written_as_ever() => Assert.Equal(
        """
        {"architecture":"gpt2","vocabularySize":300,"contextLength":256,"width":128,"layers":3,"heads":2,"feedForwardWidth":512,
        "normEpsilon":1E-05,"activation":"gelu_tanh","tiedHead":true,"endOfTextToken":299}
        """.ReplaceLineEndings(""),
        Written(TestModels.Even));

    [Theory]
    [InlineData("\"keyValueHeads\":3", "keyValueHeads 3")]
    [InlineData("\"headSize\":-1", "headSize -1")]
    [InlineData("\"scoreScale\":\"1\"", "scoreScale")]
    [InlineData("\"queryKeyNorm\":1", "queryKeyNorm")]
    [InlineData("\"attentionWindow\":{\"length\":0,\"firstLayer\":0,\"layerStep\":1}", "attentionWindow.length 0")]
    [InlineData("\"attentionWindow\":{\"length\":9}", "firstLayer")]
    [InlineData("\"attentionWindow\":9", "attentionWindow")]
    [InlineData("\"rotary\":{\"base\":10000,\"dimensions\":3}", "rotary.dimensions 3")]
    [InlineData("\"rotary\":{\"base\":10000,\"dimensions\":4,\"pairs\":1}", "pairs")]
    [InlineData("\"rotary\":{\"base\":10000,\"dimensions\":4,\"scaling\":{\"kind\":\"yarn\"}}", "yarn")]
    [InlineData("\"gated\":\"yes\"", "gated")]
    [InlineData("\"norm\":\"batch_norm\"", "batch_norm")]
    [InlineData("\"normPlacement\":\"between\"", "between")]
    [InlineData("\"normPlacement\":\"after\",\"parallelResidual\":true", "normPlacement after")]
    [InlineData("\"queryKeyValueBias\":0", "queryKeyValueBias")]
    [InlineData("\"experts\":8", "experts")]
    public void A_member_that_is_wrong_or_unknown_is_refused_by_name(string member, string words)
    {
        string text = Written(TestModels.Odd).Replace("\"heads\":7,", $"\"heads\":7,{member},", StringComparison.Ordinal);
        using JsonDocument document = CheckedJson.Parse(
            Encoding.UTF8.GetBytes(text), new JsonLimits(8, 1000, 256), "test", offset: null, out CheckedJson json);
        Assert.Contains(words, Assert.Throws<ModelFormatException>(() => TgptConfig.Read(json)).Message, StringComparison.Ordinal);
    }

    private static string Written(ModelConfig config)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            TgptConfig.Write(json, config);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
