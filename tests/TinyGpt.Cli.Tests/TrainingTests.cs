using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class TrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_trained_model_answers_and_can_be_fine_tuned()
    {
        string model = _folder.At("model");
        string log = (await CommandLineRun.Of(Train(model, steps: 30))).Succeeded();
        Assert.Contains("vocabulary: 300 tokens", log, StringComparison.Ordinal);
        Assert.Contains("step 30/30  loss ", log, StringComparison.Ordinal);
        Assert.Contains("tinygpt generate -m " + model, log, StringComparison.Ordinal);
        Assert.StartsWith("step,loss,validation_loss", await File.ReadAllTextAsync(Path.Combine(model, "losses.csv")), StringComparison.Ordinal);
        Assert.StartsWith("<svg", await File.ReadAllTextAsync(Path.Combine(model, "losses.svg")), StringComparison.Ordinal);
        JsonElement answer = (await CommandLineRun.Of("generate", "-m", model, "-p", "the", "-n", "5", "--json")).Json();
        Assert.Equal(5, answer.GetProperty("ids").GetArrayLength());

        string tales = _folder.Write("tales.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 50).Select(number =>
            $$"""{"segments":[{"text":"Who sings? ","train":false},{"text":"The bard sings {{number % 3}} songs.","train":true}]}""" + "\n"))));
        string tuned = _folder.At("tuned");
        JsonElement report = (await CommandLineRun.Of(
            "finetune", "--from", model, "--data", tales, "--validation", tales, "-o", tuned, "--steps", "20", "--learning-rate", "0.003", "--json")).Json();
        Assert.Equal(20, report.GetProperty("steps").GetInt32());
        double[] validation = [.. File.ReadLines(Path.Combine(tuned, "losses.csv")).Skip(1)
            .Select(line => line.Split(',')[2]).Where(cell => cell.Length > 0)
            .Select(cell => double.Parse(cell, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(validation[^1], report.GetProperty("validationLoss").GetDouble(), 4);
        Assert.True(validation[^1] < 0.7 * validation[0], $"{validation[0]}, then {validation[^1]}");
        foreach (string name in (string[])["vocab.json", "merges.txt"])
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(model, name)), await File.ReadAllBytesAsync(Path.Combine(tuned, name)));
        }

        string packed = _folder.At("tuned.tgpt");
        (await CommandLineRun.Of("pack", tuned, "-o", packed)).Succeeded();
        string again = _folder.At("again");
        (await CommandLineRun.Of("finetune", "--from", packed, "--data", tales, "-o", again, "--steps", "2")).Succeeded();
        string packedAgain = _folder.At("again.tgpt");
        (await CommandLineRun.Of("pack", again, "-o", packedAgain)).Succeeded();
        Assert.Equal(await TokenizerHash(packed), await TokenizerHash(packedAgain));
    }

    [Fact]
    public async Task Ctrl_C_saves_and_a_resumed_training_ends_with_the_same_bits()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signal.");

        // Seconds of training, of which the first line comes after a hundredth: the signal meets it under way.
        const int Steps = 400;
        string whole = _folder.At("whole");
        (await CommandLineRun.Of(Train(whole, Steps))).Succeeded();
        string stopped = _folder.At("stopped");
        using Process training = CommandLineRun.Start(Train(stopped, Steps));
        while (await training.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
            && !line.StartsWith("step ", StringComparison.Ordinal))
        {
        }

        Interrupt.Send(training);
        CommandLineRun run = await CommandLineRun.Finish(training, []);
        Assert.Equal(130, run.ExitCode);
        Assert.StartsWith("tinygpt: stopped after step ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith($"of {Steps} and saved; go on with 'tinygpt train --resume -o {stopped}'{Environment.NewLine}", run.Error, StringComparison.Ordinal);

        string log = (await CommandLineRun.Of("train", "--resume", "-o", stopped)).Succeeded();
        Assert.Contains("going on after step ", log, StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(whole, "model.safetensors")),
            await File.ReadAllBytesAsync(Path.Combine(stopped, "model.safetensors")));
    }

    [Fact]
    public async Task A_classifier_finds_the_intent_of_lines_that_it_has_not_read()
    {
        string[] trades = ["smith", "guard", "bard", "priest", "thief", "farmer", "sailor", "miller"];
        (string Label, string Line)[] intents =
        [
            ("greet", "good day to you, {0}"), ("farewell", "i must go now, {0}"), ("price", "what does the {0} ask for it"),
            ("rumour", "any news about the {0}"), ("threat", "i will hurt the {0}"), ("thanks", "thanks a lot, {0}"),
            ("way", "where is the {0}"), ("joke", "make the {0} laugh"), ("drink", "bring the {0} ale"),
        ];
        string[] openings = ["", "well, ", "hey! ", "please: ", "so then, ", "excuse me, "];
        string data = _folder.Write("intents.jsonl", Encoding.UTF8.GetBytes(string.Concat(
            from intent in intents
            from trade in trades
            from opening in openings
            let line = opening + string.Format(System.Globalization.CultureInfo.InvariantCulture, intent.Line, trade)
            select JsonSerializer.Serialize(new { text = line, label = intent.Label }) + "\n")));
        string model = _folder.At("model");
        (await CommandLineRun.Of(
            "train", "--data", data, "-o", model, "--vocab-size", "400", "--layers", "2", "--width", "32", "--heads", "2", "--context", "32",
            "--learning-rate", "0.003", "--steps", "100")).Succeeded();
        string classifier = _folder.At("intents");
        JsonElement report = (await CommandLineRun.Of(
            "finetune", "--from", model, "--task", "classify", "--data", data, "--validation", "0.2", "-o", classifier, "--steps", "250", "--batch", "16",
            "--learning-rate", "0.005", "--json")).Json();
        double accuracy = report.GetProperty("validationAccuracy").GetDouble();
        Assert.True(accuracy >= 0.95, $"{accuracy}");

        JsonElement answer = (await CommandLineRun.Of("classify", "-m", classifier, "-p", "hey! where is the guard", "--json")).Json();
        Assert.Equal("way", answer.GetProperty("label").GetString());
        JsonElement[] classes = [.. answer.GetProperty("classes").EnumerateArray()];
        Assert.Equal(intents.Select(intent => intent.Label).Order(), classes.Select(one => one.GetProperty("label").GetString()).Order());
        Assert.Equal(1, classes.Sum(one => one.GetProperty("probability").GetDouble()), 5);
        Assert.StartsWith("class", (await CommandLineRun.Of("classify", "-m", classifier, "-p", "thanks a lot, smith")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLineRun.Of("generate", "-m", classifier, "-p", "the", "-n", "3")).ExitCode);

        (await CommandLineRun.Of("classify", "-m", model, "-p", "x")).FailedWith("the model has no classifier");
        string bare = _folder.Write("bare.jsonl", "{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\"a\"}\n"u8.ToArray());
        (await CommandLineRun.Of("finetune", "--from", model, "--task", "classify", "--data", bare, "-o", _folder.At("bare")))
            .FailedWith("line 2: the line has no \"label\"");
    }

    [Fact]
    public async Task Minutes_become_steps_that_can_be_asked_for_again()
    {
        string model = _folder.At("model");
        string[] arguments = [.. Train(model, steps: 1).SkipLast(2), "--minutes", "0.02"];
        string log = (await CommandLineRun.Of(arguments)).Succeeded();
        string line = Assert.Single(log.Split(Environment.NewLine), line => line.StartsWith("steps: ", StringComparison.Ordinal));
        string steps = line.Split(' ')[1];
        Assert.Contains($"--steps {steps} does the same again", line, StringComparison.Ordinal);
        Assert.Contains($"step {steps}/{steps}", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_trainings_do_not_share_a_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signal.");
        string model = _folder.At("model");
        using Process training = CommandLineRun.Start(Train(model, steps: 1_000_000));
        while (await training.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
            && !line.StartsWith("model: ", StringComparison.Ordinal))
        {
        }

        while (!File.Exists(Path.Combine(model, "checkpoint.bin")))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        (await CommandLineRun.Of("train", "--resume", "-o", model)).FailedWith("another training is under way in this folder");
        Interrupt.Send(training);
        Assert.Equal(130, (await CommandLineRun.Finish(training, [])).ExitCode);
        Assert.False(File.Exists(Path.Combine(model, "training.lock")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_found_out_before_a_vocabulary_is_learned()
    {
        string file = _folder.Write("file", [1]);
        string line = (await CommandLineRun.Of(Train(Path.Combine(file, "model"), steps: 1))).Failed();
        Assert.Contains(file, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_without_a_checkpoint_do_not_keep_a_new_training_out()
    {
        Directory.CreateDirectory(_folder.At("model"));
        await File.WriteAllTextAsync(Path.Combine(_folder.At("model"), "training.json"), "{}");
        (await CommandLineRun.Of("train", "--resume", "-o", _folder.At("model"))).FailedWith("leave --resume out to begin one");
        (await CommandLineRun.Of(Train(_folder.At("model"), steps: 1))).Succeeded();
        (await CommandLineRun.Of(Train(_folder.At("model"), steps: 1))).FailedWith("go on with 'tinygpt train --resume");
    }

    [Fact]
    public async Task More_memory_than_there_is_is_refused_with_numbers()
    {
        string[] arguments = [.. Train(_folder.At("model"), steps: 1).Select(argument => argument == "4" ? "65536" : argument), "--accumulate", "65536"];
        CommandLineRun run = await CommandLineRun.Of(arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the training needs", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.At("model"), "checkpoint.bin")));
    }

    [Fact]
    public async Task A_folder_with_a_model_is_not_overwritten()
    {
        Directory.CreateDirectory(_folder.At("model"));
        await File.WriteAllTextAsync(Path.Combine(_folder.At("model"), "model.safetensors"), "precious");
        (await CommandLineRun.Of(Train(_folder.At("model"), steps: 1))).FailedWith("the folder holds a training or a model");
    }

    [Fact]
    public async Task What_is_wrong_with_the_input_is_named()
    {
        string output = _folder.At("model");
        (await CommandLineRun.Of("train", "--data", _folder.At("nothing.txt"), "-o", output)).FailedWith("nothing.txt: there is no such file");
        string bad = _folder.Write("bad.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n"u8.ToArray());
        (await CommandLineRun.Of("train", "--data", bad, "-o", output)).FailedWith("bad.jsonl, line 2: ");
        string text = _folder.Write("text.txt", "some text, and some more of that text"u8.ToArray());
        (await CommandLineRun.Of("train", "--data", text, "-o", output, "--width", "30", "--heads", "4")).FailedWith("width 30 is no multiple of heads 4");
        (await CommandLineRun.Of("train", "--data", text, "-o", output, "--validation", "1.5")).FailedWith("--validation takes a file, or a share");
        (await CommandLineRun.Of("train", "--resume", "-o", output)).FailedWith("there is no training to go on with");
        (await CommandLineRun.Of("finetune", "--from", output, "--data", text, "-o", _folder.At("tuned"))).FailedWith("model: there is no such file, and no folder with a model.safetensors");
        Assert.False(Directory.Exists(output));
    }

    private static async Task<string?> TokenizerHash(string packed) =>
        (await CommandLineRun.Of("inspect", packed, "--json")).Json().GetProperty("tokenizer").GetProperty("sha256").GetString();

    private string[] Train(string model, int steps)
    {
        string data = _folder.Write("words.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 600).Select(
            number => $"the smith asks for {number * 7 % 13} coins and the innkeeper {(number % 3 == 0 ? "sings" : "pours ale")}.\n"))));
        return
        [
            "train", "--data", data, "--validation", "0.1", "-o", model, "--vocab-size", "300", "--layers", "1", "--width", "32", "--heads", "2",
            "--context", "64", "--batch", "4", "--learning-rate", "0.003", "--steps", $"{steps}",
        ];
    }
}
