using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Tests;

/// <summary>What a training loop relies on.</summary>
public sealed class TrainingLoopTests
{
    private static readonly TrainingOptions Options = new()
    {
        LearningRate = 1e-2f, MinimumLearningRate = 1e-3f, WarmupSteps = 5, TotalSteps = 150, Dropout = 0.1f, Threads = 2, Seed = 7,
    };

    [Fact]
    public void Loss_falls_on_sequences_that_count_upwards()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer trainer = new(config, Options with { Dropout = 0, WeightDecay = 0 });
        TrainingBatch batch = Counting(config, 8);
        double first = trainer.Step([batch]).Loss;
        StepReport last = default;
        for (int step = 1; step < Options.TotalSteps; step++)
        {
            last = trainer.Step([batch]);
        }

        Assert.Equal(Math.Log(config.VocabularySize), first, 0.3);
        Assert.True(last.Loss < 0.3, $"The loss is {last.Loss}.");
        Assert.Equal(Options.TotalSteps, last.Step);
        Assert.Equal(batch.Tokens.Length, last.Tokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Same_seed_gives_the_same_weights_with_any_number_of_threads(int threads)
    {
        Assert.Equal(Weights(Options), Weights(Options with { Threads = threads }));
        Assert.NotEqual(Weights(Options), Weights(Options with { Seed = 8 }));

        static float[] Weights(TrainingOptions options)
        {
            ModelConfig config = SmallNetworks.Config() with { Width = 96, Heads = 3, FeedForwardWidth = 384, VocabularySize = 300, ContextLength = 120 };
            using GptTrainer trainer = new(config, options);
            for (int step = 0; step < 3; step++)
            {
                trainer.Step([SmallNetworks.Batch(config, 3, 110, step)]);
            }

            return All(trainer);
        }
    }

    [Fact]
    public void Every_vector_width_gives_the_same_weights()
    {
        ModelConfig config = SmallNetworks.Config() with { Width = 48, FeedForwardWidth = 320, ContextLength = 120 };
        (RowOperations Operations, MatrixMultiplier Multiplier)[] machines = [.. RowOperations.Supported().SelectMany(
            operations => MatrixMultiplier.Supported().Select(multiplier => (operations, multiplier)))];
        float[][] weights = [.. machines.Select(machine =>
        {
            using GptTrainer trainer = new(config, Options, null, machine.Operations, machine.Multiplier);
            trainer.Step([SmallNetworks.Batch(config, 3, 110, 1)]);
            trainer.Step([SmallNetworks.Batch(config, 2, 120, 2)]);
            return All(trainer);
        })];
        Assert.All(weights, weight => Assert.Equal(weights[0], weight));
    }

    [Fact]
    public void Gradients_that_are_not_finite_end_the_training_before_the_weights_move()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer trainer = new(config, Options);
        trainer.Parameters[0].Values[0] = float.NaN;
        float[] before = All(trainer);
        Assert.Contains("Step 1", Assert.Throws<TrainingDivergedException>(() => trainer.Step([Counting(config, 2)])).Message, StringComparison.Ordinal);
        Assert.Equal(before, All(trainer));
        Assert.Equal(0, trainer.StepsDone);
    }

    [Fact]
    public void Training_from_a_saved_state_continues_bit_for_bit()
    {
        ModelConfig config = SmallNetworks.Config(tiedHead: false);
        using GptTrainer straight = new(config, Options);
        MemoryStream state = new();
        for (int step = 0; step < 10; step++)
        {
            if (step == 5)
            {
                straight.SaveState(state);
            }

            straight.Step([SmallNetworks.Batch(config, 2, 9, step)]);
        }

        using GptTrainer resumed = new(config, Options with { Threads = 1 });
        state.Position = 0;
        resumed.LoadState(state);
        Assert.Equal(5, resumed.StepsDone);
        for (int step = 5; step < 10; step++)
        {
            resumed.Step([SmallNetworks.Batch(config, 2, 9, step)]);
        }

        Assert.Equal(All(straight), All(resumed));
    }

    [Fact]
    public void Damaged_truncated_and_foreign_states_are_refused()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer trainer = new(config, Options);
        MemoryStream saved = new();
        trainer.SaveState(saved);
        byte[] state = saved.ToArray();

        byte[] damaged = [.. state];
        damaged[state.Length / 2] ^= 1;
        Assert.Contains("checksum", Refusal(trainer, damaged), StringComparison.Ordinal);
        Assert.Contains("too early", Refusal(trainer, state[..^1]), StringComparison.Ordinal);
        Assert.Contains("TGTRAIN1", Refusal(trainer, [.. Enumerable.Repeat((byte)'x', 100)]), StringComparison.Ordinal);
        using GptTrainer other = new(config with { Layers = 1 }, Options);
        Assert.Contains("another network", Refusal(other, state), StringComparison.Ordinal);

        static string Refusal(GptTrainer trainer, byte[] state) =>
            Assert.Throws<InvalidDataException>(() => trainer.LoadState(new MemoryStream(state))).Message;
    }

    [Fact]
    public void Accumulated_gradients_are_those_of_one_large_batch()
    {
        ModelConfig config = SmallNetworks.Config();
        TrainingBatch whole = SmallNetworks.Batch(config, 4, 8, 1);
        TrainingBatch[] parts = [Part(whole, 0, 3), Part(whole, 3, 1)];
        using GptTrainer trainer = new(config, Options with { Dropout = 0 });
        double together = trainer.ComputeGradients([whole], default, out long tokens, out _);
        float[][] expected = [.. trainer.Parameters.Select(parameter => trainer.GradientOf(parameter).ToArray())];
        Assert.Equal(together, trainer.ComputeGradients(parts, default, out long partTokens, out _), 1e-6);
        Assert.Equal(tokens, partTokens);
        Assert.All(trainer.Parameters.Zip(expected), pair =>
        {
            float[] actual = trainer.GradientOf(pair.First).ToArray();
            Assert.All(pair.Second.Zip(actual), values => Assert.Equal(values.First, values.Second, 1e-6));
        });
    }

    [Fact]
    public void Cancelled_step_leaves_the_weights_as_they_were()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer trainer = new(config, Options);
        float[] before = All(trainer);
        Assert.Throws<OperationCanceledException>(() => trainer.Step([Counting(config, 2)], new CancellationToken(canceled: true)));
        Assert.Equal(before, All(trainer));
        Assert.Equal(0, trainer.StepsDone);
    }

    [Fact]
    public void Loaded_parameters_are_the_ones_that_are_evaluated()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer source = new(config, Options);
        SmallNetworks.Stir(source, 9);
        using GptTrainer target = new(config, Options);
        target.Step([Counting(config, 2)]);
        Dictionary<string, float[]> tensors = source.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Values.ToArray());
        target.LoadParameters(name => tensors[name]);
        Assert.Equal(0, target.StepsDone);
        Assert.Equal(source.Evaluate(Counting(config, 2), out _), target.Evaluate(Counting(config, 2), out _));
        tensors["ln_f.bias"] = [1f];
        Assert.Contains("ln_f.bias", Assert.Throws<InvalidDataException>(() => target.LoadParameters(name => tensors[name])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_that_do_not_fit_are_refused()
    {
        ModelConfig config = SmallNetworks.Config();
        using GptTrainer trainer = new(config, Options);
        Assert.Throws<ArgumentException>(() => trainer.Step([new TrainingBatch(1, 10, new int[10], new int[10])]));
        Assert.Throws<ArgumentException>(() => trainer.Step([new TrainingBatch(1, 1, [11], [0])]));
        Assert.Throws<ArgumentException>(() => trainer.Step([new TrainingBatch(1, 1, [0], [-2])]));
        Assert.Throws<ArgumentException>(() => trainer.Step([new TrainingBatch(1, 1, [0], [-1])]));
        Assert.Throws<ArgumentException>(() => new TrainingBatch(2, 2, new int[4], new int[3]));
        Assert.Throws<ArgumentException>(() => new GptTrainer(config, Options with { Dropout = 1 }));
    }

    private static float[] All(GptTrainer trainer) => [.. trainer.Parameters.SelectMany(parameter => parameter.Values.ToArray())];

    private static TrainingBatch Counting(ModelConfig config, int sequences)
    {
        int[] tokens = [.. Enumerable.Range(0, sequences * 9).Select(i => ((i / 9) + (i % 9)) % config.VocabularySize)];
        return new TrainingBatch(sequences, 9, tokens, [.. tokens.Select(token => (token + 1) % config.VocabularySize)]);
    }

    private static TrainingBatch Part(TrainingBatch batch, int first, int sequences) => new(
        sequences, batch.Length, batch.Tokens[(first * batch.Length)..((first + sequences) * batch.Length)],
        batch.Targets[(first * batch.Length)..((first + sequences) * batch.Length)]);
}
