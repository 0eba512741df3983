namespace TinyGpt.Training;

/// <summary>What a training learns, and what its validation loss is measured on. Used by one thread at a time.</summary>
/// <param name="Training">The tokens that are learned.</param>
/// <param name="Validation">The tokens that are not, or null.</param>
public sealed record TrainingData(TokenDataset Training, TokenDataset? Validation)
{
    /// <summary>A hash of the tokens that are learned.</summary>
    public string Hash { get; } = Training.Hash();

    /// <summary>Opens the texts of a training.</summary>
    /// <param name="data">The file that is learned.</param>
    /// <param name="validation">The file for validation, or null.</param>
    /// <param name="validationShare">Without that file: the share of the data that is set apart, or 0 for no validation.</param>
    /// <param name="seed">Decides what is set apart.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="TrainingDataException">A file has no text, or too little.</exception>
    public static (TextSource Training, TextSource? Validation) OpenSources(string data, string? validation, double validationShare, ulong seed)
    {
        TextSource source = TextSource.Open(data);
        return validation is not null ? (source, TextSource.Open(validation))
            : validationShare > 0 ? source.Split(validationShare, seed)
            : (source, null);
    }

    /// <summary>Tokenizes the texts of a training.</summary>
    /// <param name="sources">The texts.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="context">The most positions of a sequence.</param>
    /// <param name="options">The training's seed and threads.</param>
    /// <param name="progress">Told the share that is done, or null.</param>
    /// <param name="labels">The classes that a classifier learns, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="TrainingDataException">A text cannot be read.</exception>
    public static TrainingData Tokenize(
        (TextSource Training, TextSource? Validation) sources,
        BytePairTokenizer tokenizer,
        int context,
        TrainingOptions options,
        IProgress<double>? progress = null,
        LabelSet? labels = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        TokenDataset training = TokenDataset.Tokenize(
            sources.Training, tokenizer, context, options.Seed, options.Threads, progress, labels, cancellation);
        TokenDataset? validation = sources.Validation is null
            ? null
            : TokenDataset.Tokenize(sources.Validation, tokenizer, context, options.Seed, options.Threads, progress: null, labels, cancellation);
        return new TrainingData(training, validation);
    }
}
