using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Tests;

public sealed unsafe class DropoutTests
{
    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    public void Share_is_dropped_and_the_mean_stays(float share)
    {
        float[] values = Dropped(new Dropout(share, 5), 100_000, 0);
        Assert.Equal(share, values.Count(value => value == 0) / 1e5, 0.005);
        Assert.Equal(1, values.Average(), 0.01);
        Assert.Equal(2, values.Distinct().Count());
    }

    [Fact]
    public void Choice_depends_on_key_and_index_alone()
    {
        Dropout dropout = new(0.3f, 9);
        float[] whole = Dropped(dropout, 1003, 0);
        Assert.Equal(whole, Dropped(dropout, 1003, 0));
        Assert.Equal(whole[16..83], Dropped(dropout, 67, 16));
        Assert.NotEqual(whole, Dropped(new Dropout(0.3f, 10), 1003, 0));
    }

    [Fact]
    public void Nothing_is_dropped_without_a_share() => Assert.False(new Dropout(0, 1).IsActive);

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Gradients_with_dropout_are_the_slope_of_the_loss_with_the_same_choice(int scale)
    {
        // The loss along its own gradient rises by the gradient's square; the choice only changes when a step is done.
        ModelConfig config = SmallNetworks.Config() with { Width = 24, FeedForwardWidth = 96, ContextLength = 9 };
        using GptTrainer trainer = new(config, new TrainingOptions { Dropout = 0.25f, Threads = 2, Seed = (ulong)scale });
        SmallNetworks.Stir(trainer, scale);
        TrainingBatch batch = SmallNetworks.Batch(config, 4, 9, scale);
        double Loss() => trainer.ComputeGradients([batch], default, out _, out _);
        Loss();
        float[][] gradients = [.. trainer.Parameters.Select(parameter => trainer.GradientOf(parameter).ToArray())];
        double square = gradients.Sum(gradient => gradient.Sum(value => (double)value * value));
        float step = (float)(1e-3 / Math.Sqrt(square));
        Move(trainer, gradients, step);
        double above = Loss();
        Move(trainer, gradients, -2 * step);
        double below = Loss();
        Assert.Equal(1, (above - below) / (2 * step * square), 0.01);
        Assert.NotEqual(Loss(), trainer.Evaluate(batch, out _), 1e-3);
    }

    private static void Move(GptTrainer trainer, float[][] gradients, float step)
    {
        foreach ((NamedParameter parameter, float[] gradient) in trainer.Parameters.Zip(gradients))
        {
            for (int i = 0; i < gradient.Length; i++)
            {
                parameter.Values[i] += step * gradient[i];
            }
        }
    }

    private static float[] Dropped(Dropout dropout, int count, long first)
    {
        float[] values = new float[count];
        Array.Fill(values, 1f);
        fixed (float* pointer = values)
        {
            dropout.Apply(pointer, count, first);
        }

        return values;
    }
}
