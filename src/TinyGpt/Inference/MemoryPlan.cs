using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Sampling;

namespace TinyGpt;

/// <summary>
/// What a model and an engine will take of the machine's memory, known from the configuration and its tensors, before anything is loaded. The
/// first three are exact; the last is what the .NET runtime, the code and a tokenizer take beside them. All in bytes.
/// </summary>
/// <param name="Weights">The tensors, padding included, whether mapped or read.</param>
/// <param name="KvCache">The arena of keys and values.</param>
/// <param name="Scratch">Every buffer of the forward pass and of sampling.</param>
/// <param name="Runtime">An allowance for the process itself, measured on Linux.</param>
public readonly record struct MemoryPlan(long Weights, long KvCache, long Scratch, long Runtime)
{
    private const long BareRuntime = 50L << 20;
    private const long TokenizerBytesPerToken = 64;

    /// <summary>
    /// What vocabularies and compiled constraints of answers take. An engine does not know them, so a plan has 0 unless the caller adds them:
    /// <c>plan with { Constraints = vocabulary.MemoryBytes + compiled.PlannedBytes }</c>.
    /// </summary>
    public long Constraints { get; init; }

    /// <summary>The sum, in bytes.</summary>
    public long Total => Weights + KvCache + Scratch + Runtime + Constraints;

    /// <summary>Plans for one model, whose weights are int8, and one engine.</summary>
    /// <param name="config">The model's shape, as <c>tinygpt inspect</c> or <see cref="GptModel.Config"/> shows it.</param>
    /// <param name="options">The engine's size.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="OverflowException">The engine would be larger than any memory.</exception>
    public static MemoryPlan For(ModelConfig config, GptEngineOptions options) => For(config, ModelTensors.Of(config), options);

    /// <summary>Plans for one model and one engine.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tensors">Its tensors, such as <see cref="TgptInfo.Tensors"/>.</param>
    /// <param name="options">The engine's options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="OverflowException">The engine would be larger than any memory.</exception>
    public static MemoryPlan For(ModelConfig config, IReadOnlyList<TensorShape> tensors, GptEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new MemoryPlan(
            tensors.Sum(tensor => tensor.Bytes),
            KvArena.Bytes(config, options.PagesFor(config), options.MaxSequences, options.KvPrecision),
            DecoderScratch.Bytes(config, options.Limits) + Sampler.Bytes(config.VocabularySize),
            BareRuntime + (config.VocabularySize * TokenizerBytesPerToken));
    }
}
