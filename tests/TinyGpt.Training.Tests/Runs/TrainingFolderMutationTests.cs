using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace TinyGpt.Training.Tests;

/// <summary>
/// Every field of a training's folder with values that it must not have: a training goes on, or a typed error names the file. Never anything
/// else, and never much memory. Alone, because what the whole process allocates is measured.
/// </summary>
[Collection(nameof(TrainingFolderMutationTests))]
[CollectionDefinition(nameof(TrainingFolderMutationTests), DisableParallelization = true)]
public sealed class TrainingFolderMutationTests : IDisposable
{
    private const int HeaderNumbers = 10;
    private const int MagicLength = 8;

    private static readonly TrainingOptions Options = new() { LearningRate = 3e-3f, WarmupSteps = 2, TotalSteps = 4, Threads = 1 };

    private readonly TemporaryFolder _folder = new();
    private readonly string _run;

    public TrainingFolderMutationTests()
    {
        string data = _folder.Write("words.txt", SampleText.OfWords(300));
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.Open(data), 280);
        _run = Directory.CreateDirectory(_folder.At("run")).FullName;
        Gpt2TokenizerFiles.Write(_run, vocabulary);
        TrainingData tokens = TrainingData.Tokenize(
            TrainingData.OpenSources(data, null, 0.1, Options.Seed), new BytePairTokenizer(vocabulary), 32, Options);
        TrainingSettings settings = TinyTraining.Settings(tokens, Options) with { Data = data, ValidationShare = 0.1 };
        using TrainingRun run = TrainingRun.Begin(_run, settings, TinyTraining.Shape(vocabulary, width: 16, layers: 1), tokens);
        OneStep(run);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_as_it_is_goes_on() => Assert.Null(Resume());

    [Fact]
    public void Every_value_of_the_settings_is_in_its_range_or_refused_by_name()
    {
        string file = Path.Combine(_run, TrainingSettings.FileName);
        string content = File.ReadAllText(file);
        string[] values =
        [
            "-1", "0", "1", "0.5", "1.5", "-0.5", "65537", "2147483647", "-2147483648", "2147483648", "18446744073709551615", "1e30", "1e400", "-1e400",
            "null", "true", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"NaN\"", "[]", "{}",
        ];
        List<string> paths = [.. Paths(JsonNode.Parse(content)!.AsObject(), ""), "classifier", "validation", "from", "stranger"];
        Assert.True(paths.Count > 18, $"{paths.Count}");
        List<string> refused = [];
        foreach (string path in paths)
        {
            foreach (string value in values.Append(""))
            {
                File.WriteAllText(file, Changed(content, path, value));
                if (Resume() is { } problem)
                {
                    refused.Add($"{path} = {value}: {problem}");
                }
            }
        }

        // These were "unexpected": a division by zero, memory without end, an argument that was not given.
        foreach (string wrong in (string[])["batchSize = 0", "validationInterval = 0", "context = -1", "options.threads = 2147483647",
            "options.accumulationSteps = 65537", "data = \"\"", "validationShare = 1.5", "options.dropout = 1", "batchSize = 2147483647"])
        {
            Assert.Contains(refused, line => line.StartsWith(wrong + ": ", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"data\":\"a\",\"data\":\"b\"}")]
    public void Settings_that_are_none_are_refused(string content)
    {
        File.WriteAllText(Path.Combine(_run, TrainingSettings.FileName), content);
        Assert.NotNull(Resume());
    }

    [Fact]
    public void Settings_with_a_byte_order_mark_are_read()
    {
        string file = Path.Combine(_run, TrainingSettings.FileName);
        File.WriteAllText(file, File.ReadAllText(file), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Null(Resume());
    }

    [Fact]
    public void Every_number_of_a_checkpoints_head_is_checked_even_with_a_checksum_that_is_right()
    {
        string file = Path.Combine(_run, "checkpoint.bin");
        byte[] content = File.ReadAllBytes(file);
        for (int number = 0; number <= HeaderNumbers; number++)
        {
            foreach (long value in (long[])[0, -1, 1, 3, 5, int.MaxValue, long.MaxValue, long.MinValue])
            {
                byte[] changed = [.. content];
                BinaryPrimitives.WriteInt64LittleEndian(changed.AsSpan(MagicLength + (number * sizeof(long))), value);
                bool isSame = changed.AsSpan().SequenceEqual(content);
                SHA256.HashData(changed.AsSpan(0, changed.Length - SHA256.HashSizeInBytes), changed.AsSpan(changed.Length - SHA256.HashSizeInBytes));
                File.WriteAllBytes(file, changed);
                bool isStep = number == HeaderNumbers && value is >= 0 and <= 4;
                Assert.True(isSame || isStep == (Resume() is null), $"number {number} = {value}");
            }
        }
    }

    [Fact]
    public void A_checkpoint_with_a_byte_changed_lost_or_added_is_refused()
    {
        string file = Path.Combine(_run, "checkpoint.bin");
        byte[] content = File.ReadAllBytes(file);
        Random random = new(7);
        for (int round = 0; round < 60; round++)
        {
            byte[] changed = [.. content];
            changed[round < 20 ? round * 4 : random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
            byte[] cut = round % 3 == 0 ? changed : round % 3 == 1 ? content[..random.Next(content.Length)] : [.. content, 0];
            File.WriteAllBytes(file, cut);
            Assert.Contains("the checkpoint is damaged", Resume(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cells_of_the_history_are_numbers_or_refused()
    {
        string file = Path.Combine(_run, "losses.csv");
        string[] lines = File.ReadAllLines(file);
        int columns = lines[1].Split(',').Length;
        for (int column = 0; column < columns; column++)
        {
            foreach (string value in (string[])["", "-1", "NaN", "Infinity", "1e308", "9223372036854775807", "99999999999999999999", "x", "\"", "1,1"])
            {
                string[] cells = lines[^1].Split(',');
                cells[column] = value;
                File.WriteAllLines(file, [.. lines[..^1], string.Join(',', cells)]);
                Resume();
            }
        }
    }

    [Fact]
    public void A_model_of_another_shape_than_the_checkpoint_is_refused_before_memory_is_taken_for_it()
    {
        string file = Path.Combine(_run, "config.json");
        string content = File.ReadAllText(file);
        foreach (string path in Paths(JsonNode.Parse(content)!.AsObject(), ""))
        {
            foreach (string value in (string[])["0", "-1", "1000000", "2147483647", "1e30", "null", "\"x\"", "[]"])
            {
                File.WriteAllText(file, Changed(content, path, value));
                long before = GC.GetTotalAllocatedBytes();
                Resume();
                Assert.True(GC.GetTotalAllocatedBytes() - before < 64 << 20, $"{path} = {value}");
            }
        }
    }

    [Fact]
    public void A_training_without_its_checkpoint_can_be_begun_again_and_says_so()
    {
        File.Delete(Path.Combine(_run, "checkpoint.bin"));
        Assert.True(TrainingRun.IsTaken(_run)); // the model
        Assert.Contains($"'finetune --from {_run}' goes on from the folder's model", Resume(), StringComparison.Ordinal);
        File.Delete(Path.Combine(_run, "model.safetensors"));
        Assert.False(TrainingRun.IsTaken(_run));
        Assert.Contains("leave --resume out to begin one", Resume(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_training_at_a_time_has_a_folder()
    {
        string folder = _folder.At("locked");
        using (TrainingLock.Take(folder))
        {
            for (int attempt = 0; attempt < 2; attempt++)
            {
                TrainingDataException exception = Assert.Throws<TrainingDataException>(() => TrainingLock.Take(folder).Dispose());
                Assert.Contains("another training is under way", exception.Message, StringComparison.Ordinal);
            }
        }

        Assert.False(Directory.Exists(folder)); // it was made for nothing
        TrainingLock.Take(_run).Dispose();
        Assert.True(Directory.Exists(_run));
        Assert.DoesNotContain(Directory.GetFiles(_run), file => file.EndsWith(".lock", StringComparison.Ordinal));
    }

    /// <summary>Goes on for a step; the message of the typed error, or null. Anything else fails the test.</summary>
    private string? Resume()
    {
        try
        {
            TrainingRun.RequireResumable(_run);
            TrainingSettings settings = TrainingSettings.Read(_run);
            ModelConfig config = PretrainedModel.ReadConfig(_run);
            BytePairTokenizer tokenizer = PretrainedModel.ReadTokenizer(_run, config);
            (TextSource Training, TextSource? Validation) sources =
                TrainingData.OpenSources(settings.Data, settings.Validation, settings.ValidationShare, settings.Options.Seed);
            LabelSet? labels = settings.Classifier is null ? null : LabelSet.Of(sources.Training);
            TrainingData data = TrainingData.Tokenize(sources, tokenizer, settings.Context, settings.Options, labels: labels);
            using TrainingRun run = TrainingRun.Resume(_run, settings, config, data);
            return null;
        }
        catch (Exception exception) when (exception is TrainingDataException or ModelFormatException or FileNotFoundException or TrainingDivergedException)
        {
            return exception.Message;
        }
    }

    private static void OneStep(TrainingRun run)
    {
        using CancellationTokenSource stop = new();
        run.Run(TimeSpan.FromDays(1), new Stop(stop), stop.Token);
    }

    private static IEnumerable<string> Paths(JsonObject node, string prefix) => node.SelectMany(member =>
        member.Value is JsonObject inner ? Paths(inner, prefix + member.Key + ".").Append(prefix + member.Key) : [prefix + member.Key]);

    /// <summary>The text with one value replaced, or left out where the value is empty.</summary>
    private static string Changed(string content, string path, string value)
    {
        const string Mark = "the place of the value";
        JsonObject root = JsonNode.Parse(content)!.AsObject();
        string[] names = path.Split('.');
        JsonObject owner = names.Length == 1 ? root : root[names[0]]!.AsObject();
        owner.Remove(names[^1]);
        if (value.Length > 0)
        {
            owner[names[^1]] = Mark;
        }

        return root.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }
}
