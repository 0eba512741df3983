using System.Text;
using TinyGpt.Import;
using TinyGpt.Kernels;

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

    [Fact]
    public void Four_kilobytes_are_memorised_and_recited_to_the_last_byte()
    {
        const int Context = 1536;
        byte[] text = SampleText.BytesOfWords(1000)[..4096];
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.OfText("sample", text), 512);
        BytePairTokenizer tokenizer = new(vocabulary);
        Assert.True(tokenizer.Encode(text).Length < Context);
        TrainingOptions options = new() { LearningRate = 5e-3f, WarmupSteps = 10, TotalSteps = 150, WeightDecay = 0, Threads = 2 };
        TrainingData data = TrainingData.Tokenize(
            (TextSource.OfText("sample", [.. text, .. "<|endoftext|>"u8]), null), tokenizer, Context, options);
        Gpt2TokenizerFiles.Write(_folder.Path, vocabulary);
        using (TrainingRun run = TrainingRun.Begin(
            _folder.Path, TinyTraining.Settings(data, options, Context, batchSize: 1), TinyTraining.Shape(vocabulary, Context, width: 64), data))
        {
            Assert.True(run.Run(Never));
        }

        int opening = Array.IndexOf(text, (byte)' '); // where a token ends
        Assert.Equal(text[opening..], Recite(text[..opening], text.Length));
    }

    [Fact]
    public void Fine_tuning_lowers_the_held_out_loss_further_than_the_same_steps_from_nothing()
    {
        const int Context = 32;
        TrainingOptions options = new() { LearningRate = 3e-3f, WarmupSteps = 5, TotalSteps = 80, Threads = 2 };
        BytePairTokenizer tokenizer = Train(_folder.Path, SampleText.OfWords(2000), options, Context, width: 32, out _);
        using PretrainedModel pretrained = PretrainedModel.Open(_folder.Path);
        ModelConfig config = pretrained.Config;

        TrainingOptions few = options with { TotalSteps = 30 };
        TrainingData data = TinyTraining.Data(SampleText.OfSentences(200), tokenizer, few, Context);
        (double before, double after) = FineTune("tuned", pretrained.LoadWeights);
        (_, double scratch) = FineTune("scratch", load: null);
        Assert.True(after < before - 0.2, $"held-out loss {before:0.000}, then {after:0.000}");
        Assert.True(after < scratch - 0.2, $"held-out loss {after:0.000}, from nothing {scratch:0.000}");

        (double Before, double After) FineTune(string name, Action<GptTrainer>? load)
        {
            string folder = Directory.CreateDirectory(_folder.At(name)).FullName;
            pretrained.CopyTokenizer(folder);
            using TrainingRun run = TrainingRun.Begin(folder, TinyTraining.Settings(data, few, Context), config, data, load);
            Assert.True(run.Run(Never));
            return (run.History.Rows[0].ValidationLoss!.Value, run.History.ValidationLoss!.Value);
        }
    }

    [Fact]
    public void A_trained_folder_has_every_end_token_of_its_model()
    {
        ModelConfig config = SmallNetworks.Config() with { EndOfTextToken = 2, OtherEndTokens = TokenIdSet.Create([5, 3]) };
        using GptTrainer trainer = new(config, new TrainingOptions { Threads = 1 });
        HuggingFaceFolder.Write(_folder.Path, config, trainer.Parameters, dropout: 0);

        ModelConfig read = ModelSource.ReadInfo(_folder.Path).Config;

        Assert.Equal(2, read.EndOfTextToken);
        Assert.Equal([3, 5], read.OtherEndTokens);
    }

    [Theory]
    [InlineData(WeightPrecision.Int8, 1 / 253f)]
    [InlineData(WeightPrecision.Int4, 1 / 7f)] // scales are chosen for all weights of a group together, not for the largest
    public void A_packed_model_gives_back_the_weights_that_it_was_made_of_but_for_their_rounding(WeightPrecision precision, float rounding)
    {
        // No size is a multiple of 16, so that the file has padding of every kind.
        ModelConfig config = SmallNetworks.Config();
        TrainingOptions options = new() { Threads = 1 };
        using GptTrainer original = new(config, options);
        SmallNetworks.Stir(original, seed: 5);
        HuggingFaceFolder.Write(_folder.Path, config, original.Parameters, dropout: 0);
        string file = _folder.At("model.tgpt");
        Packer.Pack(_folder.Path, file, new PackOptions { Precision = precision });

        using PretrainedModel packed = PretrainedModel.Open(file);
        Assert.Equal(config.ParameterCount, packed.Config.ParameterCount);
        using GptTrainer read = new(config, options);
        packed.LoadWeights(read);
        foreach ((NamedParameter expected, NamedParameter actual) in original.Parameters.Zip(read.Parameters))
        {
            bool isQuantized = expected.Shape.Count == 2 && expected.Name != "wpe.weight";
            float tolerance = isQuantized ? expected.Values.ToArray().Max(MathF.Abs) * rounding : 0;
            Assert.All(
                expected.Values.ToArray().Zip(actual.Values.ToArray()),
                pair => Assert.True(MathF.Abs(pair.First - pair.Second) <= tolerance, $"{expected.Name}: {pair.First} became {pair.Second}"));
        }
    }

    private byte[] Recite(byte[] opening, int longest)
    {
        using GptModel model = new(ModelSource.LoadAny(_folder.Path));
        using GptEngine engine = new(model, new GptEngineOptions());
        using GptSession session = engine.CreateSession(new SamplingOptions(), new SessionOptions { MaxNewTokens = longest });
        session.Append(opening);
        List<byte> recited = [];
        byte[] buffer = new byte[256];
        StepStatus status;
        do
        {
            status = engine.Step(StepBudget.OnePass);
            while (session.TryRead(buffer, out int written))
            {
                recited.AddRange(buffer.AsSpan(0, written));
            }
        }
        while (status != StepStatus.Idle);

        Assert.Equal(FinishReason.EndOfText, session.Finish);
        return [.. recited];
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
