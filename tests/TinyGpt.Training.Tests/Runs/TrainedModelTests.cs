using System.Text;
using TinyGpt.Format;
using TinyGpt.Import;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Training.Tests;

/// <summary>From a text to a model that the engine runs.</summary>
public sealed class TrainedModelTests : IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_engine_computes_the_loss_that_the_trainer_computed()
    {
        const int Context = 32;
        string text = SampleText.OfWords(600);
        TrainingOptions options = new() { LearningRate = 3e-3f, WarmupSteps = 5, TotalSteps = 60, Threads = 2 };
        BytePairTokenizer tokenizer = Train(_folder.Path, text, options, Context, width: 32, out double trainedLoss);
        using GptModel model = new(ModelSource.LoadAny(_folder.Path));
        Assert.Equal(tokenizer.VocabularySize, model.Config.VocabularySize);
        Assert.Equal(tokenizer.Encode(text), model.Tokenizer!.Encode(text));

        // int8 against float32, on the same windows.
        TrainingData data = TinyTraining.Data(text, tokenizer, options, Context);
        using LogitsEvaluator evaluator = new(model, threads: 1);
        double sum = 0;
        int windows = data.Validation!.BatchesPerEpoch(1);
        for (int window = 0; window < windows; window++)
        {
            TrainingBatch batch = data.Validation.Batch(window, 1);
            sum += Math.Log(evaluator.MeasurePerplexity([.. batch.Tokens, batch.Targets[^1]]).Perplexity);
        }

        Assert.Equal(trainedLoss, sum / windows, 0.02 * trainedLoss);
    }

    private static BytePairTokenizer Train(
        string folder, string text, TrainingOptions options, int context, int width, out double validationLoss)
    {
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.OfText("sample", Encoding.UTF8.GetBytes(text)), 320);
        BytePairTokenizer tokenizer = new(vocabulary);
        TrainingData data = TinyTraining.Data(text, tokenizer, options, context);
        Gpt2TokenizerFiles.Write(folder, vocabulary);
        using TrainingRun run = TrainingRun.Begin(
            folder, TinyTraining.Settings(data, options, context), TinyTraining.Shape(vocabulary, context, width), data);
        Assert.True(run.Run(Never));
        validationLoss = run.History.ValidationLoss!.Value;
        return tokenizer;
    }
}
