using TinyGpt.Format;

namespace TinyGpt.Import;

/// <summary>Recognizes what a path holds. Thread-safe.</summary>
public static class ModelSource
{
    private const string TgptExtension = ".tgpt";

    /// <summary>Opens a model of any kind that is known: a <c>.tgpt</c> file as it is, anything else packed in memory.</summary>
    /// <param name="path">A <c>.tgpt</c> file, a Hugging Face folder, or a <c>.safetensors</c> file with its <c>config.json</c> beside it.</param>
    /// <param name="options">How to open a <c>.tgpt</c> file, or null for the defaults.</param>
    /// <param name="progress">Told after each packed tensor, or null.</param>
    /// <param name="cancellation">Stops packing.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged, contradicts itself or is not supported.</exception>
    public static TgptFile LoadAny(
        string path, TgptReadOptions? options = null, IProgress<PackProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.EndsWith(TgptExtension, StringComparison.OrdinalIgnoreCase)
            ? TgptFile.Open(path, options)
            : Packer.PackInMemory(path, null, progress, cancellation);
    }

    /// <summary>Opens a checkpoint for packing.</summary>
    internal static ITensorSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SafetensorsCheckpoint.IsAt(path) ? HuggingFaceGpt2.Open(path)
            : File.Exists(path) ? throw new ModelFormatException(path, "not a kind of model file that is known (supported: .tgpt, .safetensors, Hugging Face folders)")
            : throw new FileNotFoundException($"{path}: there is no such file, and no folder with a model.safetensors", path);
    }
}
