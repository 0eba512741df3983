using TinyGpt.Kernels;
using TinyGpt.Training;

namespace TinyGpt.TrainingBenchmarks;

/// <summary>Tokens a second of whole training steps.</summary>
internal static class StepBenchmark
{
    private const int Sequences = 16;

    /// <summary>Trains on random tokens and prints each step.</summary>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="steps">Steps; the first one warms up.</param>
    /// <param name="dropout">The share that is dropped.</param>
    /// <param name="peak">Multiply-adds that registers alone reach with these threads, in 10⁹ a second.</param>
    public static void Run(int threads, int steps, float dropout, double peak)
    {
        ModelConfig config = new()
        {
            Architecture = "gpt2",
            VocabularySize = 2048,
            ContextLength = 384,
            Width = 256,
            Layers = 6,
            Heads = 8,
            FeedForwardWidth = 1024,
            NormEpsilon = 1e-5f,
            Activation = Activation.GeluTanh,
            TiedHead = true,
        };
        Random random = new(1);
        int positions = Sequences * config.ContextLength;
        int[] tokens = [.. Enumerable.Range(0, positions + 1).Select(_ => random.Next(config.VocabularySize))];
        TrainingBatch batch = new(Sequences, config.ContextLength, tokens[..^1], tokens[1..]);
        using GptTrainer trainer = new(config, new TrainingOptions { Threads = threads, Dropout = dropout });
        double best = 0;
        for (int step = 0; step < steps; step++)
        {
            StepReport report = trainer.Step([batch]);
            double rate = report.Tokens / report.Elapsed.TotalSeconds;
            best = Math.Max(best, rate);
            Console.WriteLine($"step {report.Step}: loss {report.Loss:F4}, norm {report.GradientNorm:F3}, {rate:F0} tokens/s");
        }

        double perToken = 3 * MultiplyAdds(config);
        Console.WriteLine($"{threads} threads, dropout {dropout}: best {best:F0} tokens/s, {best / threads:F0} a thread, "
            + $"{2 * perToken / 1e6:F1} MFLOP a token, {best * perToken / 1e9 / peak:P0} of peak");
    }

    /// <summary>Multiply-adds of a token's forward pass: matrices, and attention over half the context.</summary>
    private static double MultiplyAdds(ModelConfig config) =>
        (config.Layers * ((4.0 * config.Width * config.Width) + (2.0 * config.Width * config.FeedForwardWidth) + (config.ContextLength * config.Width)))
        + ((double)config.VocabularySize * config.Width);
}
