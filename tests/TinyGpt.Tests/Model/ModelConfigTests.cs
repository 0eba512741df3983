using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Model;

/// <summary>What configurations are refused, and by which name.</summary>
public sealed class ModelConfigTests
{
    public static TheoryData<string> Shapes => [.. TestModels.ShapeNames];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Shapes_of_every_architecture_are_valid(string shape) =>
        Assert.True(TestModels.Shape(shape).TryValidate(out string problem), problem);

    [Fact]
    public void Each_value_out_of_range_is_refused_by_its_name()
    {
        ModelConfig llama = TestModels.Family["llama"];
        RotaryPositions rotary = llama.Rotary!;
        RotaryScaling scaling = new(RotaryScalingKind.Llama3, 8);
        Refuses(llama with { Architecture = "mamba" }, "architecture 'mamba'");
        Refuses(llama with { KeyValueHeads = 0 }, "keyValueHeads 0");
        Refuses(llama with { KeyValueHeads = 3 }, "keyValueHeads 3");
        Refuses(llama with { KeyValueHeads = 8 }, "keyValueHeads 8");
        Refuses(llama with { HeadSize = 0 }, "headSize 0");
        Refuses(llama with { HeadSize = 4097 }, "headSize 4097");
        Refuses(llama with { Heads = 0 }, "heads 0");
        Refuses(llama with { Heads = 131072, KeyValueHeads = 1, HeadSize = 4096, Rotary = null }, "131072 of headSize 4096");
        Refuses(llama with { ScoreScale = 0 }, "scoreScale 0");
        Refuses(llama with { ScoreScale = float.PositiveInfinity }, "scoreScale");
        Refuses(llama with { ScoreScale = 1e38f }, "scoreScale 1E+38");
        Refuses(llama with { ScoreScale = 1e-30f }, "scoreScale 1E-30");
        Refuses(llama with { NormEpsilon = 1e30f }, "normEpsilon 1E+30");
        Refuses(llama with { NormEpsilon = 1e-40f }, "normEpsilon");
        Refuses(llama with { NormEpsilon = float.NaN }, "normEpsilon NaN");
        Refuses(llama with { Activation = (Activation)9 }, "activation 9");
        Refuses(llama with { Norm = (NormKind)2 }, "norm 2");
        Refuses(llama with { NormPlacement = (NormPlacement)2 }, "normPlacement 2");
        Refuses(llama with { NormPlacement = NormPlacement.After }, "normPlacement after");
        Refuses(TestModels.Family["gpt1"] with { ParallelResidual = true }, "normPlacement after");
        Refuses(llama with { AttentionWindow = new AttentionWindow(0) }, "attentionWindow.length 0");
        Refuses(llama with { AttentionWindow = new AttentionWindow(1, -1) }, "attentionWindow.firstLayer -1");
        Refuses(llama with { AttentionWindow = new AttentionWindow(1, 0, 0) }, "attentionWindow.layerStep 0");
        Refuses(llama with { Rotary = rotary with { Base = 1 } }, "rotary.base 1");
        Refuses(llama with { Rotary = rotary with { Base = float.NaN } }, "rotary.base");
        Refuses(llama with { Rotary = rotary with { Base = 1e38f } }, "rotary.base 1E+38");
        Refuses(llama with { Rotary = rotary with { Dimensions = 0 } }, "rotary.dimensions 0");
        Refuses(llama with { Rotary = rotary with { Dimensions = 19 } }, "rotary.dimensions 19");
        Refuses(llama with { Rotary = rotary with { Dimensions = 22 } }, "rotary.dimensions 22");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { Factor = 0 } } }, "rotary.scaling.factor 0");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { Factor = 1e-30f } } }, "rotary.scaling.factor 1E-30");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { Factor = 1e30f } } }, "rotary.scaling.factor 1E+30");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { HighFrequencyFactor = 1e30f } } }, "frequency factors 1 and 1E+30");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { Kind = (RotaryScalingKind)2 } } }, "rotary.scaling.kind 2");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { HighFrequencyFactor = 1 } } }, "frequency factors 1 and 1");
        Refuses(llama with { Rotary = rotary with { Scaling = scaling with { OriginalContext = 0 } } }, "originalContext 0");
    }

    [Fact]
    public void Windows_are_in_the_first_layer_named_and_every_so_many_behind_it()
    {
        AttentionWindow window = new(256, FirstLayer: 1, LayerStep: 2);
        Assert.Equal([false, true, false, true, false], Enumerable.Range(0, 5).Select(window.Includes));
        Assert.All(Enumerable.Range(0, 5), layer => Assert.True(new AttentionWindow(4096).Includes(layer)));
    }

    private static void Refuses(ModelConfig config, string words)
    {
        Assert.False(config.TryValidate(out string problem));
        Assert.Contains(words, problem, StringComparison.Ordinal);
    }
}
