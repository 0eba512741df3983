using System.CommandLine;
using System.Globalization;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Training;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt train</c>: a model from a text.</summary>
internal sealed class TrainCommand : TrainingCommand
{
    private const float DefaultLearningRate = 1e-3f;
    private const int DefaultContext = 256;
    private const float NormEpsilon = 1e-5f; // GPT-2's
    private const int FeedForwardFactor = 4;
    private const long Megabyte = 1_000_000;

    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "A folder whose tokenizer the model takes; by default one is learned from the data.",
        HelpName = "FOLDER",
    };

    private readonly Option<int> _vocabularySize = NumberOption.Create(
        "--vocab-size", "Tokens of the vocabulary that is learned.", 2048,
        size => size is >= BytePairTraining.SmallestVocabulary and <= TokenVocabulary.MostTokens,
        $"a whole number from {BytePairTraining.SmallestVocabulary} to {TokenVocabulary.MostTokens}");

    private readonly Option<int> _tokenizerSample = NumberOption.Create(
        "--tokenizer-sample", "Megabytes of the data that the vocabulary is learned from; 0 for all.", 0,
        size => size >= 0, "a whole number, 0 or more");

    private readonly Option<int> _layers = Whole("--layers", "Transformer blocks.", 6);
    private readonly Option<int> _width = Whole("--width", "The hidden size: features of the residual stream.", 256);
    private readonly Option<int> _heads = Whole("--heads", "Attention heads of a block; the hidden size is a multiple of them.", 8);

    public TrainCommand()
        : base(
            "train",
            "Train a GPT-2 model from a text.",
            "The folder holds a Hugging Face model from the first checkpoint on, so it can be tried while training runs.",
            "Plain text is one running text, or documents with <|endoftext|> between them. A line of a .jsonl file is",
            "{\"text\": …} or {\"segments\": [{\"text\": …, \"train\": false}, …]}: what is not trained is read, but not learned.",
            "Ctrl-C saves; --resume continues, and the result is the same to the bit.")
    {
        Add(_vocabularySize);
        Add(_tokenizer);
        Add(_tokenizerSample);
        Add(_layers);
        Add(_width);
        Add(_heads);
        Training.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt train --data book.txt --validation 0.05 -o model --minutes 10",
        "tinygpt train --data talks.jsonl --validation held-out.jsonl -o model --vocab-size 4096 --layers 6 --width 320 --heads 10 --steps 5000",
        "tinygpt train --resume -o model",
    ];

    protected override TrainingArguments Training { get; } =
        new(DefaultLearningRate, DefaultContext, "Positions of the model: the most tokens that it sees.");

    protected override void Begin(
        ParseResult arguments,
        (TextSource Training, TextSource? Validation) sources,
        TrainingOptions options,
        string folder,
        TrainingCommandRun run,
        CancellationToken cancellation)
    {
        RequireValid(Shape(arguments, arguments.GetValue(_vocabularySize))); // before the work of a vocabulary
        string? tokenizerFolder = arguments.GetValue(_tokenizer);
        TokenVocabulary vocabulary = tokenizerFolder is not null
            ? TokenizerFiles.Read(tokenizerFolder)
            : Learn(arguments, sources.Training, options.Threads, run, cancellation);
        BytePairTokenizer tokenizer = new(vocabulary);
        ModelConfig config = Shape(arguments, vocabulary.Count) with
        {
            EndOfTextToken = tokenizer.TryGetEndOfText(out int endOfText) ? endOfText : null,
        };
        RequireValid(config);
        Action<string> writeTokenizer = tokenizerFolder is not null
            ? target => Gpt2TokenizerFiles.Copy(tokenizerFolder, target)
            : target => Gpt2TokenizerFiles.Write(target, vocabulary);
        Train(arguments, sources, new TrainingStart(config, tokenizer, writeTokenizer), run, cancellation);
    }

    private ModelConfig Shape(ParseResult arguments, int vocabularySize) => new()
    {
        Architecture = "gpt2",
        VocabularySize = vocabularySize,
        ContextLength = Training.Context(arguments),
        Width = arguments.GetValue(_width),
        Layers = arguments.GetValue(_layers),
        Heads = arguments.GetValue(_heads),
        FeedForwardWidth = (int)Math.Min(int.MaxValue, FeedForwardFactor * (long)arguments.GetValue(_width)),
        NormEpsilon = NormEpsilon,
        Activation = Activation.GeluTanh,
        TiedHead = true,
    };

    private static void RequireValid(ModelConfig config)
    {
        if (!config.TryValidate(out string problem))
        {
            throw new CommandFailedException($"such a model is impossible: {problem}");
        }
    }

    private TokenVocabulary Learn(
        ParseResult arguments, TextSource source, int threads, TrainingCommandRun run, CancellationToken cancellation)
    {
        int size = arguments.GetValue(_vocabularySize);
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        TokenVocabulary vocabulary = ProgressDisplay.Run<int, TokenVocabulary>(
            "learning a vocabulary",
            tokens => (double)tokens / size,
            progress => BytePairTraining.Train(
                source, size, arguments.GetValue(_tokenizerSample) * Megabyte, threads, progress, cancellation));
        double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds;
        run.Say(string.Create(CultureInfo.InvariantCulture, $"vocabulary: {vocabulary.Count} tokens, learned in {seconds:0.0} s")
            + (vocabulary.Count < size ? $"; no pair is left that occurs twice, so there are not {size}" : ""));
        return vocabulary;
    }

    private static Option<int> Whole(string name, string description, int defaultValue) =>
        NumberOption.Create(name, description, defaultValue, value => value >= 1, "a whole number, 1 or more");
}
