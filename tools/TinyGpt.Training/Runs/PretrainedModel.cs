using TinyGpt.Import;
using TinyGpt.Import.HuggingFace;
using TinyGpt.Import.Packing;

namespace TinyGpt.Training;

/// <summary>
/// A GPT-2 to go on from: a Hugging Face folder, a <c>.safetensors</c> or <c>.gguf</c> file, or a <c>.tgpt</c> file, opened and checked as
/// everywhere else. Quantized weights are read as their rounded values; training soon corrects them. Reading is thread-safe; disposing
/// is not.
/// </summary>
public sealed class PretrainedModel : IDisposable
{
    private readonly CheckpointModel _model;
    private readonly string _path;

    private PretrainedModel(CheckpointModel model, string path)
    {
        _model = model;
        _path = path;
        RequireTrainable(model.Config, path);
        Config = model.Config with { Architecture = GptTrainer.Architecture };
    }

    /// <summary>The shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>Opens a model and checks that all of its tensors are there.</summary>
    /// <param name="path">The folder or file.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">It is damaged, contradicts itself or is not supported.</exception>
    /// <exception cref="TrainingDataException">The model cannot be trained: it is not of GPT-2's shape.</exception>
    public static PretrainedModel Open(string path)
    {
        CheckpointModel model = ModelSource.Open(path);
        try
        {
            return new PretrainedModel(model, path);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads the shape of the model that a training's folder holds.</summary>
    /// <param name="folder">The folder, with a <c>config.json</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or not supported.</exception>
    /// <exception cref="TrainingDataException">The model cannot be trained.</exception>
    public static ModelConfig ReadConfig(string folder)
    {
        string file = Path.Combine(folder, "config.json");
        ModelConfig config = HuggingFaceConfig.Read(file);
        RequireTrainable(config, file);
        return config;
    }

    /// <summary>Reads the tokenizer that a training's folder holds.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="ModelFormatException">There is none, or it is damaged.</exception>
    /// <exception cref="TrainingDataException">It is not GPT-2's kind.</exception>
    public static BytePairTokenizer ReadTokenizer(string folder, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return RequireByteLevel(TokenizerFiles.Read(folder, config.VocabularySize), folder);
    }

    /// <summary>Reads the tokenizer of the model.</summary>
    /// <exception cref="TrainingDataException">There is none, or it is not GPT-2's kind.</exception>
    public BytePairTokenizer ReadTokenizer() => RequireByteLevel(TokenVocabulary.Read(RequireTokenizer().Data.Span, _path), _path);

    /// <summary>
    /// Puts the model's tokenizer into a folder, whole: a folder's own files, or a <c>tokenizer.json</c> and <c>tokenizer_config.json</c> that
    /// say the same as a file's.
    /// </summary>
    /// <param name="folder">An existing folder.</param>
    public void CopyTokenizer(string folder)
    {
        string? source = Directory.Exists(_path) ? _path
            : SafetensorsCheckpoint.IsAt(_path) ? Path.GetDirectoryName(Path.GetFullPath(_path))
            : null;
        if (source is not null)
        {
            Gpt2TokenizerFiles.Copy(source, folder);
        }
        else
        {
            TokenizerJson.Write(folder, ReadTokenizer().Vocabulary, RequireTokenizer().Chat, Config.EndOfTextToken);
        }
    }

    /// <summary>Gives a trainer the weights of the model; a classifier's head keeps its first ones.</summary>
    /// <param name="trainer">A trainer of the same shape.</param>
    /// <exception cref="ModelFormatException">A weight is not finite.</exception>
    public void LoadWeights(GptTrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        CheckpointWeights weights = new(_model);
        try
        {
            trainer.LoadParameters(weights.Read);
        }
        catch (InvalidDataException exception)
        {
            throw new ModelFormatException(_path, exception.Message, innerException: exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private TokenizerContent RequireTokenizer() =>
        _model.Tokenizer ?? throw new TrainingDataException(_path, "the model has no tokenizer, so it cannot learn a text");

    private static void RequireTrainable(ModelConfig config, string file)
    {
        if (!GptTrainer.CanTrain(config, out string problem))
        {
            throw new TrainingDataException(file, problem);
        }
    }

    private static BytePairTokenizer RequireByteLevel(TokenVocabulary vocabulary, string file) =>
        Tokenizer.Create(vocabulary) as BytePairTokenizer
        ?? throw new TrainingDataException(file, "the tokenizer is not byte-level, as GPT-2's is, and only such models can be trained");
}
