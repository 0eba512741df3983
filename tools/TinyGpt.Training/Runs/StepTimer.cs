using System.Diagnostics;

namespace TinyGpt.Training;

/// <summary>Finds how many steps fit into a time, by doing some. Thread-safe.</summary>
public static class StepTimer
{
    private const double MeasuredShare = 0.02;
    private const double ShareOfSteps = 0.95; // the rest is for validation and checkpoints
    private const int FewestSteps = 3;
    private const int SampledBatches = 256;

    /// <summary>Counts the steps that fit.</summary>
    /// <param name="minutes">The time for the whole training; the measurement takes about a fiftieth of it.</param>
    /// <param name="config">The network's shape.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="data">What is learned.</param>
    /// <param name="batchSize">Sequences of a micro-batch.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <returns>The steps, 1 or more.</returns>
    public static int StepsWithin(
        double minutes, ModelConfig config, TrainingOptions options, TokenDataset data, int batchSize, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        Stopwatch all = Stopwatch.StartNew();
        double secondsPerPosition = Measure(minutes * 60 * MeasuredShare, config, options, data, batchSize, cancellation);
        double seconds = secondsPerPosition * MeanPositions(data, batchSize) * options.AccumulationSteps;
        return (int)Math.Clamp(((minutes * 60) - all.Elapsed.TotalSeconds) * ShareOfSteps / seconds, 1, int.MaxValue);
    }

    private static double Measure(
        double seconds, ModelConfig config, TrainingOptions options, TokenDataset data, int batchSize, CancellationToken cancellation)
    {
        // A separate network, so that the training itself starts at its first step, however long was measured.
        using GptTrainer trainer = new(config, options);
        trainer.Step([data.Batch(0, batchSize)], cancellation); // compiles everything
        long positions = 0;
        Stopwatch watch = Stopwatch.StartNew();
        for (int step = 1; step <= FewestSteps || watch.Elapsed.TotalSeconds < seconds; step++)
        {
            TrainingBatch batch = data.Batch(step, batchSize);
            trainer.Step([batch], cancellation);
            positions += batch.Tokens.Length;
        }

        return watch.Elapsed.TotalSeconds / positions;
    }

    private static double MeanPositions(TokenDataset data, int batchSize)
    {
        int batches = Math.Min(SampledBatches, data.BatchesPerEpoch(batchSize));
        return Enumerable.Range(0, batches).Average(batch => (double)data.Batch(batch, batchSize).Tokens.Length);
    }
}
