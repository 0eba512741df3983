using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TinyGpt.Format;
using TinyGpt.Text;

namespace TinyGpt.Training;

/// <summary>
/// Everything that decides what a training computes, except the model's shape and the tokenizer, which are in the same folder. Immutable
/// and thread-safe.
/// </summary>
public sealed record TrainingSettings
{
    /// <summary>The file's name in a training's folder.</summary>
    public const string FileName = "training.json";

    /// <summary>The most sequences of a micro-batch.</summary>
    public const int MaxBatchSize = 1 << 16;

    private const int LongestFile = 1 << 20;
    private const int HashDigits = 64;

    /// <summary>The text that is learned.</summary>
    public required string Data { get; init; }

    /// <summary>The text that the validation loss is measured on, or null.</summary>
    public string? Validation { get; init; }

    /// <summary>The share of <see cref="Data"/> that is set apart for validation; 0 for none.</summary>
    public double ValidationShare { get; init; }

    /// <summary>The folder of the model that a fine-tuning began from, or null.</summary>
    public string? From { get; init; }

    /// <summary>The most positions of a sequence.</summary>
    public required int Context { get; init; }

    /// <summary>Sequences of a micro-batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Steps between two measurements of the validation loss.</summary>
    public required int ValidationInterval { get; init; }

    /// <summary>The hash of the tokens that are learned: a training goes on with the same ones or not at all.</summary>
    public required string DataHash { get; init; }

    /// <summary>What a classifier learns, or null.</summary>
    public ClassifierOptions? Classifier { get; init; }

    /// <summary>How the network is trained.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Reads the settings of a training.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="TrainingDataException">There is no such file, it is damaged, or a value is outside its range.</exception>
    public static TrainingSettings Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            throw new TrainingDataException(file, "there is no such file, so there is no training to go on with");
        }

        if (new FileInfo(file).Length > LongestFile)
        {
            throw new TrainingDataException(file, $"the file has more than {LongestFile} bytes, which settings of a training never have");
        }

        byte[] content = File.ReadAllBytes(file);
        TrainingSettings settings;
        try
        {
            settings = JsonSerializer.Deserialize(content.AsSpan(ByteOrderMark.LengthIn(content)), TrainingSettingsJson.Default.TrainingSettings)
                ?? throw new TrainingDataException(file, "the file has to be an object");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair.
            throw new TrainingDataException(file, $"not the settings of a training: {exception.Message}");
        }

        return settings.FindProblem() is { } problem ? throw new TrainingDataException(file, problem) : settings;
    }

    /// <summary>Writes the settings, by a temporary file that takes its name.</summary>
    /// <param name="folder">An existing folder.</param>
    public void Write(string folder) => AtomicFile.Write(
        Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, TrainingSettingsJson.Default.TrainingSettings));

    /// <summary>What is wrong with the values, or null.</summary>
    private string? FindProblem()
    {
        if (Options.FindProblem() is var (name, value, range))
        {
            return string.Create(CultureInfo.InvariantCulture, $"'options.{JsonNamingPolicy.CamelCase.ConvertName(name)}' is {value}, and must be {range}");
        }

        return !IsPath(Data) ? "'data' is not the name of a file"
            : Validation is not null && !IsPath(Validation) ? "'validation' is not the name of a file"
            : ValidationShare is not (>= 0 and < 1) ? Wrong("validationShare", ValidationShare, "0 or more and below 1")
            : Context is < 1 or > ModelConfig.LargestContext ? Wrong("context", Context, $"1 to {ModelConfig.LargestContext}")
            : BatchSize is < 1 or > MaxBatchSize ? Wrong("batchSize", BatchSize, $"1 to {MaxBatchSize}")
            : ValidationInterval < 1 ? Wrong("validationInterval", ValidationInterval, "1 or more")
            : DataHash.Length != HashDigits || !DataHash.All(char.IsAsciiHexDigitLower) ? "'dataHash' is not a SHA-256 hash in hexadecimal digits"
            : Classifier is { IsValid: false } ? "'classifier' has fewer than two classes, or a language weight that is not 0 or more"
            : null;
    }

    private static string Wrong(string name, double value, string range) =>
        string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}, and must be {range}");

    private static bool IsPath(string text) => text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal);
}

/// <summary>How settings are read and written, made when the program is built: there is no reflection ahead of time.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrainingSettings))]
internal sealed partial class TrainingSettingsJson : JsonSerializerContext;
