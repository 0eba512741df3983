using System.Globalization;
using TinyGpt.Training.Network;
using TinyGpt.Training.Numerics;

namespace TinyGpt.Training;

/// <summary>What memory a training takes, so that one that does not fit is refused instead of taking all that there is. Thread-safe.</summary>
internal static class TrainingMemory
{
    private const int CopiesOfParameters = 4; // values, gradients, and the optimizer's two means
    private const double Gibibyte = 1L << 30;

    /// <summary>Refuses a training that needs more memory than the machine, or the container, has.</summary>
    /// <param name="file">What errors name.</param>
    /// <param name="config">The network's shape.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="classes">Classes of a classifier's head, or 0.</param>
    /// <param name="batchSize">Sequences of a micro-batch.</param>
    /// <param name="context">The most positions of a sequence.</param>
    /// <exception cref="TrainingDataException">It does not fit.</exception>
    public static void Require(string file, ModelConfig config, TrainingOptions options, int classes, int batchSize, int context)
    {
        double needed = Estimate(config, options, classes, batchSize, context);
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (available > 0 && needed > available)
        {
            throw new TrainingDataException(file, string.Create(
                CultureInfo.InvariantCulture,
                $"the training needs {needed / Gibibyte:0.0} GiB of memory, and there are {available / Gibibyte:0.0}; "
                + $"a smaller model, batch ({batchSize}), context ({context}), accumulation ({options.AccumulationSteps}) or fewer threads ({options.Threads}) need less"));
        }
    }

    /// <summary>The memory in bytes; a number that is as large as it takes, for sizes that no computer has.</summary>
    private static double Estimate(ModelConfig config, TrainingOptions options, int classes, int batchSize, int context)
    {
        double rows = (double)batchSize * context;
        double parameters = config.ParameterCount + ((double)classes * config.Width);
        double widest = Math.Max(config.FeedForwardWidth, 3.0 * config.Width);
        double blocks = config.Layers * rows * ((6.0 * config.Width) + config.FeedForwardWidth + 4);
        double buffers = rows * ((5.0 * config.Width) + widest + config.FeedForwardWidth + 2);
        double logits = (double)LanguageHead.BlockRows * config.VocabularySize;
        double scratch = (double)options.Threads * (MatrixMultiplier.ScratchFloats + CausalAttention.ScratchFloats(config));
        double batches = options.AccumulationSteps * rows * 2; // tokens and targets
        return sizeof(float) * ((CopiesOfParameters * parameters) + blocks + buffers + logits + scratch + batches);
    }
}
