using TinyGpt.Cli.Output;
using TinyGpt.Import;
using TinyGpt.Tavern;

namespace TinyGpt.Cli;

/// <summary>Opens whatever <c>-m</c> names.</summary>
internal static class ModelLoading
{
    // Smaller checkpoints are packed in the time that a progress bar takes to appear.
    private const long WorthProgress = 64L << 20;

    /// <summary>What errors call a model: its path, or the name of the one that is built in.</summary>
    public static string NameOf(string? path) => path ?? TavernModel.Name;

    /// <summary>Opens a model, and says before what memory it will take if that is wanted.</summary>
    /// <param name="path">A .tgpt file or a checkpoint; null for the model that is built in.</param>
    /// <param name="planFor">The engine to print the memory plan for, or null for no plan.</param>
    /// <param name="cancellation">Stops packing.</param>
    public static GptModel Open(string? path, GptEngineOptions? planFor, CancellationToken cancellation)
    {
        if (path is null)
        {
            return TavernModel.Load();
        }

        bool isTgpt = ModelSource.IsTgpt(path);
        if (isTgpt)
        {
            RequireFile(path);
        }

        if (planFor is not null)
        {
            MemoryPlan plan = Plan(path, planFor, isTgpt);
            Console.Error.WriteLine($"memory: {ByteSize.Format(plan)}");
        }

        if (isTgpt)
        {
            return GptModel.Load(path);
        }

        TgptFile file = Pack(path, cancellation);
        try
        {
            return new GptModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the tokenizer of a model, or of a folder that has nothing else.</summary>
    public static Tokenizer OpenTokenizer(string path, CancellationToken cancellation)
    {
        string? folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path));
        if (!ModelSource.IsTgpt(path) && !GgufFile.IsAt(path) && Path.Exists(path) && TokenizerFiles.Exists(folder!))
        {
            return Tokenizer.Create(TokenizerFiles.Read(folder!));
        }

        using GptModel model = Open(path, planFor: null, cancellation);
        return RequireTokenizer(model, path, "");
    }

    /// <summary>The tokenizer of a model.</summary>
    /// <exception cref="CommandFailedException">It has none.</exception>
    public static Tokenizer RequireTokenizer(GptModel model, string path, string instead) =>
        model.Tokenizer ?? throw new CommandFailedException($"{path}: the model has no tokenizer{instead}");

    /// <summary>Refuses a path that is no file.</summary>
    public static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandFailedException($"{path}: {(Directory.Exists(path) ? "this is a folder" : "there is no such file")}");
        }
    }

    private static MemoryPlan Plan(string path, GptEngineOptions options, bool isTgpt)
    {
        if (!isTgpt)
        {
            return MemoryPlan.For(ModelSource.ReadConfig(path), options);
        }

        TgptInfo info = TgptFile.ReadInfo(path);
        return MemoryPlan.For(info.Config, info.Tensors, options);
    }

    private static TgptFile Pack(string path, CancellationToken cancellation)
    {
        if (WeightBytes(path) < WorthProgress)
        {
            return ModelSource.LoadAny(path, cancellation: cancellation);
        }

        return ProgressDisplay.Run<PackProgress, TgptFile>(
            $"packing {path}",
            progress => (double)progress.BytesDone / progress.Bytes,
            progress => ModelSource.LoadAny(path, progress: progress, cancellation: cancellation));
    }

    private static long WeightBytes(string path) =>
        Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*.safetensors").Sum(file => file.Length)
        : File.Exists(path) ? new FileInfo(path).Length
        : 0;
}
