using TinyGpt.Kernels;
using TinyGpt.Tests.Reference;

namespace TinyGpt.Training.Tests;

/// <summary>Networks that float64 can check in full, and the trainer's weights as the reference wants them.</summary>
internal static class SmallNetworks
{
    /// <summary>No size is a multiple of 16, so that every row has a remainder.</summary>
    public static ModelConfig Config(Activation activation = Activation.GeluTanh, bool tiedHead = true) => new()
    {
        Architecture = "gpt2",
        VocabularySize = 11,
        ContextLength = 9,
        Width = 12,
        Layers = 2,
        Heads = 3,
        FeedForwardWidth = 20,
        NormEpsilon = 1e-5f,
        Activation = activation,
        TiedHead = tiedHead,
    };

    /// <summary>Random tokens; about a third of the positions has no target, and the last sequence is short.</summary>
    public static TrainingBatch Batch(ModelConfig config, int sequences, int length, int seed)
    {
        Random random = new(seed);
        int[] tokens = new int[sequences * length];
        int[] targets = new int[sequences * length];
        for (int i = 0; i < tokens.Length; i++)
        {
            bool padding = i >= tokens.Length - (length / 2);
            tokens[i] = padding ? 0 : random.Next(config.VocabularySize);
            targets[i] = padding || random.Next(3) == 0 ? TrainingBatch.NoTarget : random.Next(config.VocabularySize);
        }

        return new TrainingBatch(sequences, length, tokens, targets);
    }

    /// <summary>Makes weights large enough that every part of the network matters, and norms and biases other than 1 and 0.</summary>
    public static void Stir(GptTrainer trainer, int seed)
    {
        Random random = new(seed);
        foreach (NamedParameter parameter in trainer.Parameters)
        {
            foreach (ref float value in parameter.Values)
            {
                value += (float)((random.NextDouble() - 0.5) * 0.8);
            }
        }
    }

    /// <summary>The weights in float64.</summary>
    public static ReferenceWeights Weights(GptTrainer trainer)
    {
        ModelConfig config = trainer.Config;
        Dictionary<string, NamedParameter> parameters = trainer.Parameters.ToDictionary(parameter => parameter.Name);

        double[] Row(string name) => [.. parameters[name].Values.ToArray().Select(value => (double)value)];
        double[][] Table(string name) => [.. Row(name).Chunk(parameters[name].Shape[1])];
        ReferenceNorm Norm(string name) => new(Row(name + ".weight"), Row(name + ".bias"));
        ReferenceMatrix Convolution(string name)
        {
            double[][] stored = Table(name + ".weight");
            return new([.. Enumerable.Range(0, stored[0].Length).Select(n => stored.Select(row => row[n]).ToArray())], Row(name + ".bias"));
        }

        double[][] embedding = Table("wte.weight");
        return new ReferenceWeights(
            embedding,
            Table("wpe.weight"),
            [.. Enumerable.Range(0, config.Layers).Select(layer => $"h.{layer}.").Select(block => new ReferenceBlock(
                Norm(block + "ln_1"), Convolution(block + "attn.c_attn"), Convolution(block + "attn.c_proj"),
                Norm(block + "ln_2"), Convolution(block + "mlp.c_fc"), Convolution(block + "mlp.c_proj")))],
            Norm("ln_f"),
            new(config.TiedHead ? embedding : Table("lm_head.weight"), null));
    }

    /// <summary>The mean cross-entropy of a batch in float64.</summary>
    public static double Loss(ModelConfig config, ReferenceWeights weights, TrainingBatch batch)
    {
        ReferenceGpt2 reference = new(config, weights, quantizeActivations: false);
        double sum = 0;
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            int first = sequence * batch.Length;
            double[][] logits = reference.Logits(batch.Tokens.AsSpan(first, batch.Length));
            for (int t = 0; t < batch.Length; t++)
            {
                int target = batch.Targets[first + t];
                if (target >= 0)
                {
                    double largest = logits[t].Max();
                    sum += largest + Math.Log(logits[t].Sum(logit => Math.Exp(logit - largest))) - logits[t][target];
                }
            }
        }

        return sum / batch.CountTargets();
    }
}
