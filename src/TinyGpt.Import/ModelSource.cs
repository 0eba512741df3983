using TinyGpt.Format;
using TinyGpt.Import.Gguf;
using TinyGpt.Import.HuggingFace;
using TinyGpt.Import.Packing;

namespace TinyGpt.Import;

/// <summary>Recognizes what a path holds. Thread-safe.</summary>
public static class ModelSource
{
    private const string TgptExtension = ".tgpt";

    /// <summary>Opens a model of any kind that is known: a <c>.tgpt</c> file as it is, anything else packed in memory.</summary>
    /// <param name="path">
    /// A <c>.tgpt</c> file, a Hugging Face folder, a <c>.safetensors</c> file with its <c>config.json</c> beside it, or a <c>.gguf</c> file.
    /// </param>
    /// <param name="options">How to open a <c>.tgpt</c> file, or null for the defaults.</param>
    /// <param name="progress">Told after each packed tensor and now and then within a large one, one report at a time; or null.</param>
    /// <param name="cancellation">Stops packing.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged, contradicts itself or is not supported.</exception>
    public static TgptFile LoadAny(
        string path, TgptReadOptions? options = null, IProgress<PackProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return IsTgpt(path)
            ? TgptFile.Open(path, options)
            : Packer.PackInMemory(path, null, progress, cancellation);
    }

    /// <summary>
    /// Reads the configuration that a model will have, and no weights: enough for
    /// <see cref="MemoryPlan.For(ModelConfig, GptEngineOptions)"/>, unless it is a file with 4-bit weights.
    /// </summary>
    /// <param name="path">As for <see cref="LoadAny"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged or not supported.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsTgpt(path))
        {
            return TgptFile.ReadInfo(path).Config;
        }

        using CheckpointModel source = Open(path);
        return source.Config;
    }

    /// <summary>Says what is in a checkpoint, and reads no weights.</summary>
    /// <param name="path">As for <see cref="LoadAny"/>. <see cref="TgptFile.ReadInfo"/> says more of <c>.tgpt</c> files.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged or not supported.</exception>
    public static SourceInfo ReadInfo(string path)
    {
        using CheckpointModel source = Open(path);
        return new SourceInfo(
            source.Config, source.Tokenizer, [.. source.Stored.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)]);
    }

    /// <summary>Whether a path names a <c>.tgpt</c> file, by its ending or by its first bytes. It need not exist for the former.</summary>
    /// <param name="path">The path.</param>
    public static bool IsTgpt(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.EndsWith(TgptExtension, StringComparison.OrdinalIgnoreCase) || RegularFile.BeginsWith(path, "TGPT"u8);
    }

    /// <summary>Opens a model of any kind that is known, to pack it, to train it, or to look at it.</summary>
    internal static CheckpointModel Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return IsTgpt(path) && File.Exists(path) ? TgptModel.Open(path)
            : SafetensorsCheckpoint.IsAt(path) ? HuggingFaceModel.Open(path)
            : GgufFile.IsAt(path) ? GgufModel.Open(path)
            : File.Exists(path)
                ? throw new ModelFormatException(
                    path, RegularFile.Problem(path) ?? "not a kind of model file that is known (supported: .tgpt, .gguf, .safetensors, Hugging Face folders)")
            : throw new FileNotFoundException($"{path}: there is no such file, and no folder with a model.safetensors", path);
    }
}
