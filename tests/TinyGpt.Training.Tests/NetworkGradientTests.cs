using TinyGpt.Kernels;
using TinyGpt.Tests.Reference;

namespace TinyGpt.Training.Tests;

/// <summary>The whole network against GPT-2 in float64 and against the differences of its loss.</summary>
public sealed class NetworkGradientTests
{
    [Theory]
    [InlineData(Activation.GeluTanh, true)]
    [InlineData(Activation.GeluErf, false)]
    public void Loss_is_that_of_the_float64_reference(Activation activation, bool tiedHead)
    {
        using GptTrainer trainer = new(SmallNetworks.Config(activation, tiedHead), new TrainingOptions { Threads = 2 });
        SmallNetworks.Stir(trainer, 3);
        TrainingBatch batch = SmallNetworks.Batch(trainer.Config, 3, 8, 5);
        double expected = SmallNetworks.Loss(trainer.Config, SmallNetworks.Weights(trainer), batch);
        Assert.Equal(expected, trainer.Evaluate(batch, out long counted), 1e-5);
        Assert.Equal(batch.CountTargets(), counted);
        Assert.Equal(expected, trainer.ComputeGradients([batch], default, out _, out _), 1e-5);
    }

    [Theory]
    [InlineData(Activation.GeluTanh, true)]
    [InlineData(Activation.GeluErf, false)]
    public void Gradients_of_every_tensor_are_the_differences_of_the_float64_loss(Activation activation, bool tiedHead)
    {
        const double Step = 1e-5;
        const int Apart = 7; // every seventh number of a tensor: all rows and columns are met, and the test stays fast
        using GptTrainer trainer = new(SmallNetworks.Config(activation, tiedHead), new TrainingOptions { Threads = 2 });
        SmallNetworks.Stir(trainer, 4);
        TrainingBatch[] batches = [SmallNetworks.Batch(trainer.Config, 2, 7, 6)];
        trainer.ComputeGradients(batches, default, out _, out _);
        ReferenceWeights weights = SmallNetworks.Weights(trainer);
        foreach (NamedParameter parameter in trainer.Parameters)
        {
            float[] gradient = trainer.GradientOf(parameter).ToArray();
            for (int i = 0; i < parameter.Count; i += parameter.Shape.Count == 1 ? 2 : Apart)
            {
                ref double weight = ref Find(weights, parameter, i);
                double before = weight;
                weight = before + Step;
                double above = SmallNetworks.Loss(trainer.Config, weights, batches[0]);
                weight = before - Step;
                double below = SmallNetworks.Loss(trainer.Config, weights, batches[0]);
                weight = before;
                double expected = (above - below) / (2 * Step);
                Assert.True(
                    Math.Abs(expected - gradient[i]) <= 2e-6 + (1e-3 * Math.Abs(expected)),
                    $"{parameter.Name}[{i}]: {gradient[i]} instead of {expected}");
            }
        }
    }

    [Fact]
    public void Positions_and_words_that_do_not_occur_have_no_gradient()
    {
        ModelConfig config = SmallNetworks.Config(tiedHead: false);
        using GptTrainer trainer = new(config, new TrainingOptions { Threads = 1 });
        TrainingBatch batch = new(1, 3, [1, 2, 3], [2, 3, 4]);
        trainer.ComputeGradients([batch], default, out _, out _);
        NamedParameter words = trainer.Parameters.Single(parameter => parameter.Name == "wte.weight");
        NamedParameter positions = trainer.Parameters.Single(parameter => parameter.Name == "wpe.weight");
        Assert.DoesNotContain(trainer.GradientOf(words)[(4 * config.Width)..].ToArray(), value => value != 0);
        Assert.DoesNotContain(trainer.GradientOf(positions)[(3 * config.Width)..].ToArray(), value => value != 0);
        Assert.Contains(trainer.GradientOf(words)[(3 * config.Width)..(4 * config.Width)].ToArray(), value => value != 0);
    }

    /// <summary>Where the reference keeps a number of a checkpoint's tensor.</summary>
    private static ref double Find(ReferenceWeights weights, NamedParameter parameter, int index)
    {
        string[] path = parameter.Name.Split('.');
        if (path[0] is "wte" or "wpe" or "lm_head")
        {
            double[][] table = path[0] == "wte" ? weights.TokenEmbedding : path[0] == "wpe" ? weights.PositionEmbedding : weights.Head.Rows;
            return ref table[index / parameter.Shape[1]][index % parameter.Shape[1]];
        }

        ReferenceBlock? block = path[0] == "h" ? weights.Blocks[int.Parse(path[1])] : null;
        ReferenceNorm? norm = path[^2] switch
        {
            "ln_f" => weights.FinalNorm,
            "ln_1" => block!.AttentionNorm,
            "ln_2" => block!.FeedForwardNorm,
            _ => null,
        };
        if (norm is not null)
        {
            return ref (path[^1] == "weight" ? norm.Gain : norm.Bias)[index];
        }

        ReferenceMatrix matrix = (path[^3] + "." + path[^2]) switch
        {
            "attn.c_attn" => block!.QueryKeyValue,
            "attn.c_proj" => block!.AttentionOutput,
            "mlp.c_fc" => block!.FeedForwardIn,
            _ => block!.FeedForwardOut,
        };
        if (path[^1] == "bias")
        {
            return ref matrix.Bias![index];
        }

        return ref matrix.Rows[index % parameter.Shape[1]][index / parameter.Shape[1]];
    }
}
