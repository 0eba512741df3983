using System.Text;
using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Training.Tests;

/// <summary>The classifier that the engine runs, against the trainer that made it.</summary>
public sealed class TextClassifierTests : IDisposable
{
    private const int Context = 32;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_engine_finds_the_classes_that_the_trainer_finds_the_same_on_every_tier()
    {
        string[] lines = Train(out string[] expected);
        using GptModel model = new(ModelSource.LoadAny(_folder.Path));
        ClassifierWeights weights = ClassifierFiles.Read(_folder.Path);
        Assert.Equal(["order", "rumour", "weather"], weights.Labels);
        using TextClassifier classifier = new(model, weights);
        Assert.Equal(expected, lines.Select(classifier.Classify));

        byte[] text = Encoding.UTF8.GetBytes(lines[0]);
        float[] probabilities = new float[3];
        int likeliest = classifier.Classify(text, probabilities);
        Assert.Equal(probabilities.Max(), probabilities[likeliest]);
        Assert.Equal(1, probabilities.Sum(), 5);
        foreach (KernelTier tier in KernelTiers.All.Where(KernelTiers.IsSupported))
        {
            float[] same = new float[3];
            using TextClassifier other = new(model, weights, threads: 2, tier);
            other.Classify(text, same);
            Assert.Equal(probabilities, same);
        }

        Assert.Equal(classifier.Classify(new string('a', 500)), classifier.Classify(new string('a', 400)));
        Assert.Throws<ArgumentException>(() => classifier.Classify(""));
    }

    [Fact]
    public void Damaged_classifiers_are_named()
    {
        Train(out _);
        string config = _folder.At("config.json");
        string whole = File.ReadAllText(config);
        File.WriteAllText(config, whole.Replace("\"2\": \"weather\"", "\"3\": \"weather\"", StringComparison.Ordinal));
        Assert.Contains("none with the id 2", Fault(), StringComparison.Ordinal);
        File.WriteAllText(config, whole.Replace(",\n    \"2\": \"weather\"", "", StringComparison.Ordinal));
        Assert.Contains("a row for each of the 2 classes", Fault(), StringComparison.Ordinal);
        File.WriteAllText(config, whole);
        string tensors = _folder.At("classifier.safetensors");
        byte[] bytes = File.ReadAllBytes(tensors);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(tensors, bytes);
        Assert.Contains("not finite", Fault(), StringComparison.Ordinal);
        File.Delete(tensors);
        Assert.Throws<FileNotFoundException>(() => ClassifierFiles.Read(_folder.Path));

        string Fault() => Assert.Throws<ModelFormatException>(() => ClassifierFiles.Read(_folder.Path)).Message;
    }

    /// <summary>Trains a classifier; gives lines that it has not read, and the classes that the trainer finds for them.</summary>
    private string[] Train(out string[] expected)
    {
        (string Label, string Text)[] kinds = [("order", "bring me {0} ale"), ("rumour", "is it true about the {0}"), ("weather", "{0} rain again")];
        string[] words = ["some", "more", "old", "cold", "long", "dark", "wet", "strange", "grey", "good", "new", "loud"];
        string[] texts = [.. kinds.SelectMany(kind => words.Select(word => kind.Text.Replace("{0}", word, StringComparison.Ordinal)))];
        bool IsHeldOut(int index) => ((index % words.Length) + (index / words.Length)) % 4 == 0; // each word is learned in other lines
        string Lines(Func<int, bool> isChosen) => string.Concat(texts.Select((text, index) =>
            isChosen(index) ? $$"""{"text":"{{text}}","label":"{{kinds[index / words.Length].Label}}"}""" + "\n" : ""));
        TextSource training = TextSource.Open(_folder.Write("training.jsonl", Lines(index => !IsHeldOut(index))));
        TextSource heldOut = TextSource.Open(_folder.Write("held-out.jsonl", Lines(IsHeldOut)));
        TokenVocabulary vocabulary = BytePairTraining.Train(training, 320);
        TrainingOptions options = new() { LearningRate = 5e-3f, WarmupSteps = 5, TotalSteps = 250, Threads = 2 };
        LabelSet labels = LabelSet.Of(training, heldOut);
        TrainingData data = TrainingData.Tokenize((training, heldOut), new BytePairTokenizer(vocabulary), Context, options, labels: labels);
        TrainingSettings settings = TinyTraining.Settings(data, options, Context, batchSize: 8) with
        {
            Classifier = new ClassifierOptions { Classes = 3, LanguageWeight = 0 },
        };
        Gpt2TokenizerFiles.Write(_folder.Path, vocabulary);
        using TrainingRun run = TrainingRun.Begin(_folder.Path, settings, TinyTraining.Shape(vocabulary, Context), data);
        Assert.True(run.Run(TimeSpan.FromDays(1)));
        double accuracy = run.History.ValidationAccuracy!.Value;
        // All held-out lines are told apart, so what the trainer finds is what the lines say.
        Assert.Equal(1, accuracy);
        string[] lines = [.. texts.Where((_, index) => IsHeldOut(index))];
        expected = [.. Enumerable.Range(0, texts.Length).Where(IsHeldOut).Select(index => kinds[index / words.Length].Label)];
        return lines;
    }
}
