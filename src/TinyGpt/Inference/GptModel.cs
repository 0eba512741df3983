using TinyGpt.Format;
using TinyGpt.Model;
using TinyGpt.Text;

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
    /// <exception cref="ModelFormatException">The tokenizer is damaged or contradicts the configuration.</exception>
    public unsafe GptModel(TgptFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        _file = file;
        Config = file.Config;
        Weights = new ModelWeights(Config, file.Tensor);
        if (file.TokenizerKind is not null)
        {
            Tokenizer = new BytePairTokenizer(TokenVocabulary.Read(file.TokenizerData, file.Info.File));
            if (Tokenizer.VocabularySize > Config.VocabularySize)
            {
                throw new ModelFormatException(
                    file.Info.File, $"the tokenizer has {Tokenizer.VocabularySize} tokens, the model's vocabulary {Config.VocabularySize}");
            }
        }
    }

    /// <summary>The shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>The tokenizer, or null for a model that knows ids only.</summary>
    public BytePairTokenizer? Tokenizer { get; }

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
