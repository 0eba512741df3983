using TinyGpt.Training.Optimization;

namespace TinyGpt.Training.Tests;

public sealed class OptimizationTests
{
    [Fact]
    public void Learning_rate_rises_linearly_and_falls_as_half_a_cosine()
    {
        TrainingOptions options = new() { LearningRate = 1f, MinimumLearningRate = 0.1f, WarmupSteps = 4, TotalSteps = 24 };
        Assert.Equal([0.25f, 0.5f, 0.75f, 1f, 1f], Enumerable.Range(0, 5).Select(step => LearningRateSchedule.At(options, step)));
        Assert.Equal(0.55, LearningRateSchedule.At(options, 14), 1e-6);
        Assert.Equal(0.1, LearningRateSchedule.At(options, 24), 1e-6);
        Assert.Equal(0.1, LearningRateSchedule.At(options, 1000), 1e-6);
    }

    [Fact]
    public void Steps_are_those_of_AdamW_in_float64_with_clipping_and_decay_of_matrices_alone()
    {
        TrainingOptions options = new()
        {
            LearningRate = 0.01f, MinimumLearningRate = 0.001f, WarmupSteps = 1, TotalSteps = 4, GradientClip = 0.5f, WeightDecay = 0.3f, Threads = 2,
        };
        ModelConfig config = SmallNetworks.Config();
        TrainingBatch batch = SmallNetworks.Batch(config, 3, 8, 2);
        using GptTrainer trainer = new(config, options);
        SmallNetworks.Stir(trainer, 2);
        double[][] weights = [.. trainer.Parameters.Select(Doubles)];
        double[][] means = [.. weights.Select(weight => new double[weight.Length])];
        double[][] squares = [.. weights.Select(weight => new double[weight.Length])];
        for (int step = 1; step <= 3; step++)
        {
            trainer.ComputeGradients([batch], default, out _, out _);
            double[][] gradients = [.. trainer.Parameters.Select(
                parameter => trainer.GradientOf(parameter).ToArray().Select(value => (double)value).ToArray())];
            double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(value => value * value)));
            StepReport report = trainer.Step([batch]);
            Assert.True(norm > options.GradientClip);
            Assert.Equal(norm, report.GradientNorm, 1e-5);
            for (int tensor = 0; tensor < weights.Length; tensor++)
            {
                double decay = trainer.Parameters[tensor].Shape.Count == 2 ? options.WeightDecay : 0;
                for (int i = 0; i < weights[tensor].Length; i++)
                {
                    double gradient = gradients[tensor][i] * options.GradientClip / norm;
                    means[tensor][i] = (options.Beta1 * means[tensor][i]) + ((1 - options.Beta1) * gradient);
                    squares[tensor][i] = (options.Beta2 * squares[tensor][i]) + ((1 - options.Beta2) * gradient * gradient);
                    double mean = means[tensor][i] / (1 - Math.Pow(options.Beta1, step));
                    double deviation = Math.Sqrt(squares[tensor][i] / (1 - Math.Pow(options.Beta2, step)));
                    weights[tensor][i] -= report.LearningRate * ((mean / (deviation + 1e-8)) + (decay * weights[tensor][i]));
                    Assert.Equal(weights[tensor][i], trainer.Parameters[tensor].Values[i], 2e-5);
                }
            }
        }
    }

    [Fact]
    public void First_weights_are_those_of_GPT2()
    {
        ModelConfig config = SmallNetworks.Config() with { VocabularySize = 500, Width = 96, FeedForwardWidth = 384, Layers = 8 };
        using GptTrainer trainer = new(config, new TrainingOptions());
        Assert.Equal(0.02, Deviation("wte.weight"), 5e-4);
        Assert.Equal(0.02, Deviation("h.3.attn.c_attn.weight"), 5e-4);
        Assert.Equal(0.02 / 4, Deviation("h.3.attn.c_proj.weight"), 2e-4);
        Assert.Equal(0.02 / 4, Deviation("h.7.mlp.c_proj.weight"), 2e-4);
        Assert.Equal(0, Deviation("h.0.mlp.c_fc.bias"));
        Assert.All(Find("ln_f.weight").Values.ToArray(), value => Assert.Equal(1, value));
        Assert.Equal([96, 288], Find("h.0.attn.c_attn.weight").Shape);
        Assert.Equal(config.ParameterCount, trainer.Parameters.Sum(parameter => (long)parameter.Count));

        NamedParameter Find(string name) => trainer.Parameters.Single(parameter => parameter.Name == name);
        double Deviation(string name) => Math.Sqrt(Doubles(Find(name)).Average(value => value * value));
    }

    private static double[] Doubles(NamedParameter parameter) => [.. parameter.Values.ToArray().Select(value => (double)value)];
}
