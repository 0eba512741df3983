using System.Text.Json;
using System.Text.Json.Serialization;
using TinyGpt.Format;

namespace TinyGpt.Training;

/// <summary>
/// All that decides what a training computes, apart from the model's shape and the tokenizer: they lie beside it in the folder. Immutable
/// and thread-safe.
/// </summary>
public sealed record TrainingSettings
{
    /// <summary>The file's name in a training's folder.</summary>
    public const string FileName = "training.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

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
    /// <exception cref="TrainingDataException">There is no such file, or it is damaged.</exception>
    public static TrainingSettings Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            throw new TrainingDataException(file, "there is no such file, so there is no training to go on with");
        }

        try
        {
            return JsonSerializer.Deserialize<TrainingSettings>(File.ReadAllBytes(file), Json)
                ?? throw new TrainingDataException(file, "the file has to be an object");
        }
        catch (JsonException exception)
        {
            throw new TrainingDataException(file, $"not the settings of a training: {exception.Message}");
        }
    }

    /// <summary>Writes the settings, by a temporary file that takes its name.</summary>
    /// <param name="folder">An existing folder.</param>
    public void Write(string folder) =>
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, Json));
}
