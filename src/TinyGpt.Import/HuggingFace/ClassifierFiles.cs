using System.Globalization;
using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import;

/// <summary>
/// Reads the classifier of a model folder: <c>classifier.safetensors</c> with the matrix <c>score.weight</c>, one row per class, and the
/// classes' names from <c>id2label</c> in <c>config.json</c>. Stateless and thread-safe.
/// </summary>
public static class ClassifierFiles
{
    private const string WeightsName = "classifier.safetensors";
    private const string ConfigName = "config.json";
    private const string TensorName = "score.weight";
    private const int LongestConfig = 1 << 20;

    private static readonly JsonLimits Limits = new(Depth: 32, Tokens: 1 << 18, TextBytes: 1 << 18);

    /// <summary>Whether a folder has a classifier. It says nothing of what is in its files.</summary>
    /// <param name="folder">The folder's path.</param>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, WeightsName));

    /// <summary>Reads a folder's classifier.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ModelFormatException">A file is damaged or contradicts the other.</exception>
    public static ClassifierWeights Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string file = Path.Combine(folder, WeightsName);
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: there is no such file, so the model tells no classes apart", file);
        }

        string[] labels = ReadLabels(Path.Combine(folder, ConfigName));
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(file);
        if (!checkpoint.Tensors.TryGetValue(TensorName, out SafetensorsTensor? tensor)
            || tensor.Shape.Count != 2 || tensor.Shape[0] != labels.Length || tensor.Shape[1] is < 1 or > ModelConfig.LargestWidth)
        {
            throw new ModelFormatException(
                file, $"there has to be a tensor '{TensorName}' with a row for each of the {labels.Length} classes in {ConfigName}");
        }

        if (labels.Length > ClassifierWeights.MaxClasses || tensor.Bytes > TgptPart.LongestChunk)
        {
            throw new ModelFormatException(
                file, $"{labels.Length} classes with {tensor.Bytes} bytes of weights are more than the {ClassifierWeights.MaxClasses} classes and "
                + $"{TgptPart.LongestChunk} bytes that are accepted");
        }

        float[] values = new float[tensor.Elements];
        tensor.Read(0, values);
        try
        {
            return new ClassifierWeights(labels, values);
        }
        catch (ArgumentException exception)
        {
            throw new ModelFormatException(file, exception.Message, innerException: exception);
        }
    }

    private static string[] ReadLabels(string file)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: there is no such file, and without it the classes have no names", file);
        }

        byte[] content = BoundedFile.Read(file, LongestConfig);
        using JsonDocument document = CheckedJson.Parse(content, Limits, file, offset: null, out CheckedJson json);
        CheckedJson map = json.Object("id2label");
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach ((string id, string name) in map.TextMembers())
        {
            names[id] = name;
        }

        string[] labels = new string[names.Count];
        for (int id = 0; id < labels.Length; id++)
        {
            labels[id] = names.TryGetValue(id.ToString(CultureInfo.InvariantCulture), out string? label)
                ? label
                : throw map.Failure($"has {labels.Length} classes, but none with the id {id}");
        }

        return labels;
    }
}
