using TinyGpt.Format;
using TinyGpt.Import;
using TinyGpt.Text;
using TinyGpt.Training.Network;

namespace TinyGpt.Training;

/// <summary>
/// A GPT-2 as training reads it, to go on from or to go on in: a folder, or a <c>.tgpt</c> file, whose rounded weights a training soon
/// mends. Thread-safe.
/// </summary>
public static class PretrainedModel
{
    private const string Prefix = "transformer."; // which some checkpoints have before every name

    /// <summary>Reads the shape of a model.</summary>
    /// <param name="model">A folder with a <c>config.json</c>, or a <c>.tgpt</c> file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or not supported.</exception>
    /// <exception cref="TrainingDataException">The model cannot be trained.</exception>
    public static ModelConfig ReadConfig(string model)
    {
        bool isPacked = IsPacked(model);
        string file = isPacked ? model : Path.Combine(model, "config.json");
        ModelConfig config = isPacked ? TgptFile.ReadInfo(file).Config : HuggingFaceConfig.Read(file);
        return config.TiedHead
            ? config
            : throw new TrainingDataException(
                file, "the model's head is a matrix of its own; only models that share it with the token embedding can be trained");
    }

    /// <summary>Reads the tokenizer of a model.</summary>
    /// <param name="model">The folder or <c>.tgpt</c> file.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="ModelFormatException">There is none, or it is damaged.</exception>
    /// <exception cref="TrainingDataException">It is not GPT-2's kind.</exception>
    public static BytePairTokenizer ReadTokenizer(string model, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!IsPacked(model))
        {
            return new BytePairTokenizer(TokenizerFiles.Read(model, config.VocabularySize));
        }

        using GptModel packed = GptModel.Load(model);
        return packed.Tokenizer as BytePairTokenizer
            ?? throw new TrainingDataException(model, "the file has no byte-level tokenizer, and only such models can be trained");
    }

    /// <summary>Puts a model's tokenizer into a folder: a folder's own files, or those that say the same as a <c>.tgpt</c> file's.</summary>
    /// <param name="model">The folder or <c>.tgpt</c> file.</param>
    /// <param name="tokenizer">What <see cref="ReadTokenizer"/> read.</param>
    /// <param name="folder">An existing folder.</param>
    public static void CopyTokenizer(string model, BytePairTokenizer tokenizer, string folder)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (IsPacked(model))
        {
            Gpt2TokenizerFiles.Write(folder, tokenizer.Vocabulary);
        }
        else
        {
            Gpt2TokenizerFiles.Copy(model, folder);
        }
    }

    /// <summary>Gives a trainer the weights of a model; a classifier's head keeps its first ones.</summary>
    /// <param name="model">A folder with <c>model.safetensors</c> or its parts, or a <c>.tgpt</c> file.</param>
    /// <param name="trainer">A trainer of the same shape.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or lacks a tensor.</exception>
    public static void LoadWeights(string model, GptTrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        if (IsPacked(model))
        {
            using PackedCheckpoint packed = new(model);
            trainer.LoadParameters(name => name == ParameterSet.ScoreName ? default : packed.Read(name));
            return;
        }

        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(model);
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

    private static bool IsPacked(string model) => File.Exists(model);

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
