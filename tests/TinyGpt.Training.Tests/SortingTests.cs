using System.Diagnostics;
using TinyGpt.Kernels;
using TinyGpt.Tests.Reference;

namespace TinyGpt.Training.Tests;

/// <summary>gpt-nano-sort's task from scratch: six letters of three, then the same letters sorted.</summary>
public sealed class SortingTests(ITestOutputHelper output)
{
    private const int Letters = 3;
    private const int Count = 6;
    private const int Length = (2 * Count) - 1;

    private static readonly ModelConfig Nano = new()
    {
        Architecture = "gpt2",
        VocabularySize = Letters,
        ContextLength = Length,
        Width = 48,
        Layers = 3,
        Heads = 3,
        FeedForwardWidth = 192,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = false,
    };

    [Fact]
    public void All_729_inputs_are_sorted_after_300_steps()
    {
        const int Steps = 300;
        const int Sequences = 128;
        long start = Stopwatch.GetTimestamp();
        TrainingOptions options = new()
        {
            LearningRate = 3e-3f, MinimumLearningRate = 1e-4f, WarmupSteps = 20, TotalSteps = Steps, WeightDecay = 0.1f, Threads = 1, Seed = 1,
        };
        using GptTrainer trainer = new(Nano, options);
        Random random = new(1);
        for (int step = 0; step < Steps; step++)
        {
            trainer.Step([Batch([.. Enumerable.Range(0, Sequences).Select(_ => random.Next(729))])]);
        }

        output.WriteLine($"{Steps} steps in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");

        // Where the sum of a sequence's losses is below ln 2, each right letter has more than half: greedy decoding cannot go wrong.
        int[] sorted = [.. Enumerable.Range(0, 729).Where(input => trainer.Evaluate(Batch([input]), out long counted) * counted < Math.Log(2))];
        Assert.Equal(729, sorted.Length);

        // And decoded letter by letter by the float64 reference, for some.
        ReferenceGpt2 reference = new(Nano, SmallNetworks.Weights(trainer), quantizeActivations: false);
        for (int input = 5; input < 729; input += 181)
        {
            List<int> letters = [.. Unsorted(input)];
            while (letters.Count < 2 * Count)
            {
                double[] logits = reference.Logits(letters.ToArray())[^1];
                letters.Add(Array.IndexOf(logits, logits.Max()));
            }

            Assert.Equal(Unsorted(input).Order(), letters[Count..]);
        }
    }

    private static int[] Unsorted(int input)
    {
        int[] letters = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            letters[i] = input % Letters;
            input /= Letters;
        }

        return letters;
    }

    private static TrainingBatch Batch(int[] inputs)
    {
        int[][] texts = [.. inputs.Select(Unsorted).Select(letters => (int[])[.. letters, .. letters.Order()])];
        int[] targets = [.. texts.SelectMany(text => text[1..].Select((letter, i) => i < Count - 1 ? TrainingBatch.NoTarget : letter))];
        return new TrainingBatch(texts.Length, Length, [.. texts.SelectMany(text => text[..^1])], targets);
    }
}
