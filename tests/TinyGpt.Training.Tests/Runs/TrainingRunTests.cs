using System.Text;

namespace TinyGpt.Training.Tests;

public sealed class TrainingRunTests : IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    private static readonly TrainingOptions Options = new()
    {
        LearningRate = 3e-3f,
        WarmupSteps = 4,
        TotalSteps = 20,
        Dropout = 0.1f,
        AccumulationSteps = 2,
        Threads = 2,
    };

    private static readonly string Text = SampleText.OfWords(800);

    private static readonly TokenVocabulary Vocabulary =
        BytePairTraining.Train(TextSource.OfText("sample", Encoding.UTF8.GetBytes(Text)), 300);

    private static readonly BytePairTokenizer Tokenizer = new(Vocabulary);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_training_that_was_stopped_and_resumed_ends_with_the_same_bits(int stopAfter)
    {
        byte[] expected = Train(Subfolder("whole"), int.MaxValue);
        string folder = Subfolder("stopped");
        Assert.Null(TrainOrStop(folder, stopAfter));
        Assert.Equal(expected, Resume(folder));
        Assert.Equal(
            Losses(Path.Combine(_folder.At("whole"), "losses.csv")), Losses(Path.Combine(folder, "losses.csv")));
    }

    [Fact]
    public void What_came_after_the_last_checkpoint_is_computed_again()
    {
        byte[] expected = Train(Subfolder("whole"), int.MaxValue);
        string folder = Subfolder("killed");
        Assert.Null(TrainOrStop(folder, 6));
        byte[] checkpoint = File.ReadAllBytes(Path.Combine(folder, "checkpoint.bin"));
        Resume(folder, stopAfter: 9);

        // As after a kill: a history and a model that are newer than the checkpoint.
        File.WriteAllBytes(Path.Combine(folder, "checkpoint.bin"), checkpoint);
        Assert.Equal(expected, Resume(folder));
        Assert.Equal(
            Losses(Path.Combine(_folder.At("whole"), "losses.csv")), Losses(Path.Combine(folder, "losses.csv")));
    }

    [Fact]
    public void The_folder_has_the_model_the_settings_and_the_curve_from_the_beginning_and_no_leftovers()
    {
        string folder = Subfolder("run");
        Assert.False(TrainingRun.IsTaken(folder));
        Assert.Null(TrainOrStop(folder, 1));
        Assert.True(TrainingRun.IsTaken(folder));
        Assert.Equal(
            ["checkpoint.bin", "config.json", "losses.csv", "losses.svg", "merges.txt", "model.safetensors", "training.json", "vocab.json"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(Options, TrainingSettings.Read(folder).Options);
    }

    [Fact]
    public void Training_does_not_go_on_with_other_data()
    {
        string folder = Subfolder("run");
        TrainOrStop(folder, 1);
        TrainingSettings settings = TrainingSettings.Read(folder);
        TrainingData other = TinyTraining.Data(SampleText.OfWords(700, seed: 9), Tokenizer, Options);
        TrainingDataException exception = Assert.Throws<TrainingDataException>(
            () => TrainingRun.Resume(folder, settings, TinyTraining.Shape(Vocabulary), other));
        Assert.Contains("not the data", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint.bin")]
    [InlineData("training.json")]
    [InlineData("losses.csv")]
    public void A_damaged_file_is_named(string name)
    {
        string folder = Subfolder("run");
        TrainOrStop(folder, 3);
        string file = Path.Combine(folder, name);
        byte[] content = File.ReadAllBytes(file);
        File.WriteAllBytes(file, content[..(content.Length - 30)]);
        TrainingDataException exception = Assert.Throws<TrainingDataException>(() => Resume(folder));
        Assert.StartsWith(file, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_training_and_spares_the_checkpoint()
    {
        string folder = Subfolder("run");
        TrainingOptions wild = Options with { LearningRate = 1e30f, GradientClip = 0, WarmupSteps = 0 };
        TrainingData data = TinyTraining.Data(Text, Tokenizer, wild);
        Gpt2TokenizerFiles.Write(folder, Vocabulary);
        using TrainingRun run = TrainingRun.Begin(folder, TinyTraining.Settings(data, wild), TinyTraining.Shape(Vocabulary), data);
        byte[] first = File.ReadAllBytes(Path.Combine(folder, "checkpoint.bin"));
        Assert.Throws<TrainingDivergedException>(() => run.Run(Never));
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(folder, "checkpoint.bin")));
    }

    private static string[] Losses(string file) =>
        [.. File.ReadLines(file).Select(line => string.Join(',', line.Split(',')[..6]))]; // without the seconds

    private static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));

    private static byte[] Train(string folder, int stopAfter) => TrainOrStop(folder, stopAfter)!;

    private static byte[]? TrainOrStop(string folder, int stopAfter)
    {
        TrainingData data = TinyTraining.Data(Text, Tokenizer, Options);
        Gpt2TokenizerFiles.Write(folder, Vocabulary);
        using TrainingRun run = TrainingRun.Begin(folder, TinyTraining.Settings(data, Options), TinyTraining.Shape(Vocabulary), data);
        return Finish(run, stopAfter) ? Weights(folder) : null;
    }

    private static byte[] Resume(string folder, int stopAfter = int.MaxValue)
    {
        TrainingData data = TinyTraining.Data(Text, Tokenizer, Options);
        TrainingSettings settings = TrainingSettings.Read(folder);
        using TrainingRun run = TrainingRun.Resume(folder, settings, PretrainedModel.ReadConfig(folder), data);
        Finish(run, stopAfter);
        return Weights(folder);
    }

    private static bool Finish(TrainingRun run, int stopAfter)
    {
        using CancellationTokenSource stop = new();
        bool isFinished = run.Run(Never, new StopAt(stopAfter, stop), stop.Token);
        Assert.Equal(isFinished ? Options.TotalSteps : stopAfter, run.StepsDone);
        return isFinished;
    }

    private string Subfolder(string name) => Directory.CreateDirectory(_folder.At(name)).FullName;

    private sealed class StopAt(int step, CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Report.Step >= step)
            {
                stop.Cancel();
            }
        }
    }
}
