using TinyGpt.Tests.Reference;

namespace TinyGpt.Training.Tests;

/// <summary>The head for classes: its loss and gradients against float64, and that it learns.</summary>
public sealed class ClassifierTests
{
    private const int Classes = 3;

    [Fact]
    public void Gradients_are_the_differences_of_task_loss_plus_weighted_language_loss()
    {
        const double Step = 1e-5;
        ModelConfig config = SmallNetworks.Config();
        ClassifierOptions classifier = new() { Classes = Classes, LanguageWeight = 0.3f };
        using GptTrainer trainer = new(config, new TrainingOptions { Threads = 2 }, classifier);
        SmallNetworks.Stir(trainer, 1);
        TrainingBatch plain = SmallNetworks.Batch(config, 3, 7, 8);
        TrainingBatch batch = new(3, 7, plain.Tokens, plain.Targets) { Classes = new ClassTargets([2, -1, 0], [6, 4, 3]) };
        trainer.ComputeGradients([batch], default, out _, out ClassReport report);

        // The reference's head is a matrix on the normed last state: a second reference with the score matrix there has class logits.
        ReferenceWeights weights = SmallNetworks.Weights(trainer);
        NamedParameter score = trainer.Parameters.Single(parameter => parameter.Name == "score.weight");
        double[][] scoreRows = [.. score.Values.ToArray().Select(value => (double)value).Chunk(config.Width)];
        double Task()
        {
            ReferenceGpt2 reference = new(config, weights with { Head = new(scoreRows, null) }, quantizeActivations: false);
            double sum = 0;
            foreach (int sequence in new[] { 0, 2 })
            {
                double[] logits = reference.Logits(batch.Tokens.AsSpan(sequence * 7, 7))[batch.Classes.LastPositions[sequence]];
                sum += Math.Log(logits.Sum(Math.Exp)) - logits[batch.Classes.Labels[sequence]];
            }

            return sum / 2;
        }

        Assert.Equal(Task(), report.Loss, 1e-5);
        Assert.Equal(2, report.Labels);
        double Loss() => Task() + (classifier.LanguageWeight * SmallNetworks.Loss(config, weights, batch));
        double Slope(double[] row, int i)
        {
            double before = row[i];
            row[i] = before + Step;
            double above = Loss();
            row[i] = before - Step;
            double below = Loss();
            row[i] = before;
            return (above - below) / (2 * Step);
        }

        float[] scoreGradient = trainer.GradientOf(score).ToArray();
        for (int i = 0; i < scoreGradient.Length; i++)
        {
            Assert.Equal(Slope(scoreRows[i / config.Width], i % config.Width), scoreGradient[i], 1e-5);
        }

        float[] words = trainer.GradientOf(trainer.Parameters[0]).ToArray();
        float[] gain = trainer.GradientOf(trainer.Parameters.Single(parameter => parameter.Name == "ln_f.weight")).ToArray();
        float[] inner = trainer.GradientOf(trainer.Parameters.Single(parameter => parameter.Name == "h.0.mlp.c_proj.bias")).ToArray();
        for (int i = 0; i < config.Width; i++)
        {
            Assert.Equal(Slope(weights.TokenEmbedding[batch.Tokens[0]], i), words[(batch.Tokens[0] * config.Width) + i], 1e-5);
            Assert.Equal(Slope(weights.FinalNorm.Gain, i), gain[i], 1e-5);
            Assert.Equal(Slope(weights.Blocks[0].FeedForwardOut.Bias!, i), inner[i], 1e-5);
        }
    }

    [Fact]
    public void Classes_are_learned_and_kept_in_the_state()
    {
        // The class is the remainder of the first token, which the last position has to look up.
        ModelConfig config = SmallNetworks.Config();
        TrainingOptions options = new() { LearningRate = 1e-2f, WarmupSteps = 5, TotalSteps = 150, Threads = 2 };
        using GptTrainer trainer = new(config, options, new ClassifierOptions { Classes = Classes });
        Random random = new(3);
        int[] tokens = [.. Enumerable.Range(0, 44 * 5).Select(i => i % 5 == 0 ? i / 5 % config.VocabularySize : random.Next(config.VocabularySize))];
        TrainingBatch batch = new(44, 5, tokens, [.. Enumerable.Repeat(TrainingBatch.NoTarget, tokens.Length)])
        {
            Classes = new ClassTargets([.. Enumerable.Range(0, 44).Select(i => tokens[i * 5] % Classes)], [.. Enumerable.Repeat(4, 44)]),
        };
        for (int step = 0; step < options.TotalSteps; step++)
        {
            trainer.Step([batch]);
        }

        int[] predicted = new int[44];
        ClassReport report = trainer.EvaluateClasses(batch, predicted);
        Assert.Equal(1, report.Accuracy);
        Assert.Equal(batch.Classes.Labels, predicted);

        MemoryStream state = new();
        trainer.SaveState(state);
        state.Position = 0;
        using GptTrainer loaded = new(config, options, new ClassifierOptions { Classes = Classes });
        loaded.LoadState(state);
        Assert.Equal(report, loaded.EvaluateClasses(batch, predicted));
        state.Position = 0;
        using GptTrainer without = new(config, options);
        Assert.Throws<InvalidDataException>(() => without.LoadState(state));
        Assert.Throws<InvalidOperationException>(() => without.EvaluateClasses(new TrainingBatch(1, 1, [0], [0]), predicted));
    }

    [Fact]
    public void Class_targets_that_do_not_fit_are_refused()
    {
        using GptTrainer trainer = new(SmallNetworks.Config(), new TrainingOptions(), new ClassifierOptions { Classes = Classes });
        Assert.Throws<ArgumentException>(() => Step(new ClassTargets([3], [0])));
        Assert.Throws<ArgumentException>(() => Step(new ClassTargets([0], [2])));
        Assert.Throws<ArgumentException>(() => Step(new ClassTargets([0, 0], [0, 0])));
        Assert.Throws<ArgumentException>(() => new GptTrainer(SmallNetworks.Config(), new TrainingOptions(), new ClassifierOptions { Classes = 1 }));

        void Step(ClassTargets classes) => trainer.Step([new TrainingBatch(1, 2, [0, 1], [1, -1]) { Classes = classes }]);
    }
}
