using TinyGpt.Format;
using TinyGpt.Model;

namespace TinyGpt;

/// <summary>
/// A loaded model: configuration, weights and tokenizer. Immutable and thread-safe; any number of engines can share one. Dispose it
/// after them.
/// </summary>
public sealed class GptModel : IDisposable
{
    private readonly TgptFile _file;

    /// <summary>Makes a model of an open file and owns that from here on.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="ModelFormatException">The tokenizer or the classifier is damaged or contradicts the configuration.</exception>
    public unsafe GptModel(TgptFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        _file = file;
        Config = file.Config;
        Weights = new ModelWeights(Config, file.Info.Tensors, file.Tensor);
        if (file.TokenizerKind is { } kind)
        {
            Tokenizer = OpenTokenizer(file, kind);
            ChatTemplate = file.Info.Chat is { } chat && chat.Family != ChatFamily.Unknown ? OpenChatTemplate(file, chat, Tokenizer) : null;
        }

        if (file.Info.HasClassifier)
        {
            Classifier = ClassifierFormat.Read(file.PartData(TgptPart.Classifier), Config.Width, file.Info.File);
        }
    }

    /// <summary>The shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>The tokenizer, or null for a model that knows ids only.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>How to talk with the model; null if it was not taught to, or by a template that is not known (<see cref="TgptInfo.Chat"/>).</summary>
    public ChatTemplate? ChatTemplate { get; }

    /// <summary>What tells texts apart beside the model, for <see cref="TextClassifier"/>; null if the file has none.</summary>
    public ClassifierWeights? Classifier { get; }

    /// <summary>What the file says of itself.</summary>
    public TgptInfo Info => _file.Info;

    /// <summary>What identifies the model's content: equal for equal models, 32 bytes.</summary>
    public ReadOnlySpan<byte> ContentHash => _file.ContentHash;

    internal ModelWeights Weights { get; }

    /// <summary>Loads a <c>.tgpt</c> file; tensors that are stored raw are memory-mapped and used in place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How far a file is trusted, or null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The file is damaged or not supported.</exception>
    public static GptModel Load(string path, TgptReadOptions? options = null) => Owning(TgptFile.Open(path, options));

    /// <summary>Loads a model from a stream: an asset of a packed game file, say. The stream is read to the model's end and left open.</summary>
    /// <param name="stream">A readable stream at the model's first byte; it need not be seekable.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">How far a file is trusted, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The data is damaged or not supported.</exception>
    public static GptModel Load(Stream stream, string name = "stream", TgptReadOptions? options = null) =>
        Owning(TgptFile.Open(stream, name, options));

    /// <summary>Loads a model from memory. The memory is copied, so that it can be let go.</summary>
    /// <param name="data">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">How far a file is trusted, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The data is damaged or not supported.</exception>
    public static GptModel Load(ReadOnlyMemory<byte> data, string name = "memory", TgptReadOptions? options = null) =>
        Owning(TgptFile.Open(data, name, options));

    /// <summary>Frees the weights. Engines of this model must not be used any more.</summary>
    public void Dispose() => _file.Dispose();

    private static Tokenizer OpenTokenizer(TgptFile file, string kind)
    {
        TokenVocabulary vocabulary = TokenVocabulary.Read(file.TokenizerData, file.Info.File);
        string reason = TgptTokenizer.Kinds[(int)vocabulary.Rules.Kind] is var found && found != kind
                ? $"the tokenizer is of kind {found}, and the metadata says {kind}"
            : vocabulary.Count > file.Config.VocabularySize
                ? $"the tokenizer has {vocabulary.Count} tokens, the model's vocabulary {file.Config.VocabularySize}"
            : "";
        return reason.Length == 0 ? TinyGpt.Tokenizer.Create(vocabulary) : throw new ModelFormatException(file.Info.File, reason);
    }

    private static ChatTemplate OpenChatTemplate(TgptFile file, ChatFormat format, Tokenizer tokenizer)
    {
        try
        {
            return new ChatTemplate(format, tokenizer, file.Config.EndOfTextToken);
        }
        catch (ArgumentException exception)
        {
            throw new ModelFormatException(file.Info.File, exception.Message, null, exception);
        }
    }

    private static GptModel Owning(TgptFile file)
    {
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
}
