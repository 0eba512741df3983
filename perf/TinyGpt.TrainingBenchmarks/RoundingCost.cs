using System.Text.Json;
using TinyGpt.Import;
using TinyGpt.Training;

namespace TinyGpt.TrainingBenchmarks;

/// <summary>What int8 costs a trained model: its perplexity in the engine against the trainer's in float32, over the same tokens.</summary>
internal static class RoundingCost
{
    /// <summary>Prints both perplexities.</summary>
    /// <param name="folder">A training's folder.</param>
    /// <param name="talks">A .jsonl file with a document of segments a line.</param>
    /// <param name="threads">Threads that compute.</param>
    public static void Run(string folder, string talks, int threads)
    {
        using PretrainedModel pretrained = PretrainedModel.Open(folder);
        ModelConfig config = pretrained.Config;
        BytePairTokenizer tokenizer = pretrained.ReadTokenizer();
        using GptTrainer trainer = new(config, new TrainingOptions { Threads = threads });
        pretrained.LoadWeights(trainer);
        using GptModel model = new(ModelSource.LoadAny(folder));
        using LogitsEvaluator evaluator = new(model, threads);
        double exact = 0;
        double rounded = 0;
        long predicted = 0;
        foreach (string line in File.ReadLines(talks))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string text = string.Concat(document.RootElement.GetProperty("segments").EnumerateArray()
                .Select(segment => segment.GetProperty("text").GetString()));
            int[] tokens = [.. tokenizer.Encode(text).Take(config.ContextLength)];
            int positions = tokens.Length - 1;
            exact += positions * trainer.Evaluate(new TrainingBatch(1, positions, tokens[..^1], tokens[1..]), out _);
            rounded += positions * Math.Log(evaluator.MeasurePerplexity(tokens).Perplexity);
            predicted += positions;
        }

        double ratio = Math.Exp((rounded - exact) / predicted);
        Console.WriteLine($"{predicted} tokens: perplexity {Math.Exp(exact / predicted):F5} in float32, {Math.Exp(rounded / predicted):F5} in int8, ratio {ratio:F5}");
    }
}
