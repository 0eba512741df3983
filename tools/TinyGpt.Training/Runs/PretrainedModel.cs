using TinyGpt.Import;
using TinyGpt.Text;
using TinyGpt.Training.Network;

namespace TinyGpt.Training;

/// <summary>A GPT-2 folder as training reads it: to go on from, or to go on in. Thread-safe.</summary>
public static class PretrainedModel
{
    private const string Prefix = "transformer."; // which some checkpoints have before every name

    /// <summary>Reads the shape of the model in a folder.</summary>
    /// <param name="folder">The folder, with a <c>config.json</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or not supported.</exception>
    /// <exception cref="TrainingDataException">The model cannot be trained.</exception>
    public static ModelConfig ReadConfig(string folder)
    {
        string file = Path.Combine(folder, "config.json");
        ModelConfig config = HuggingFaceConfig.Read(file);
        return config.TiedHead
            ? config
            : throw new TrainingDataException(
                file, "the model's head is a matrix of its own; only models that share it with the token embedding can be trained");
    }

    /// <summary>Reads the tokenizer of the model in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="ModelFormatException">There is none, or it is damaged.</exception>
    public static BytePairTokenizer ReadTokenizer(string folder, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new BytePairTokenizer(TokenizerFiles.Read(folder, config.VocabularySize));
    }

    /// <summary>Gives a trainer the weights of the model in a folder; a classifier's head keeps its first ones.</summary>
    /// <param name="folder">The folder, with <c>model.safetensors</c> or its parts.</param>
    /// <param name="trainer">A trainer of the same shape.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or lacks a tensor.</exception>
    public static void LoadWeights(string folder, GptTrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(folder);
        Dictionary<string, NamedParameter> parameters = trainer.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        try
        {
            trainer.LoadParameters(name => name == ParameterSet.ScoreName ? default : Read(checkpoint, parameters[name]));
        }
        catch (InvalidDataException exception)
        {
            throw new ModelFormatException(checkpoint.File, exception.Message, innerException: exception);
        }
    }

    private static ReadOnlyMemory<float> Read(SafetensorsCheckpoint checkpoint, NamedParameter parameter)
    {
        if (!checkpoint.Tensors.TryGetValue(parameter.Name, out SafetensorsTensor? tensor)
            && !checkpoint.Tensors.TryGetValue(Prefix + parameter.Name, out tensor))
        {
            throw new ModelFormatException(checkpoint.File, $"tensor '{parameter.Name}' is missing");
        }

        if (!tensor.Shape.SequenceEqual(parameter.Shape.Select(size => (long)size)))
        {
            throw new ModelFormatException(
                tensor.File,
                $"tensor '{tensor.Name}' has shape [{string.Join(", ", tensor.Shape)}], "
                + $"and config.json calls for [{string.Join(", ", parameter.Shape)}]");
        }

        float[] values = new float[parameter.Count];
        tensor.Read(0, values);
        return values;
    }
}
