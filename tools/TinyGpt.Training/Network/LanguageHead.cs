using TinyGpt.Kernels.Memory;
using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Network;

/// <summary>
/// The final norm, the logits and the cross-entropy of the positions that have a target. Only those rows are gathered and multiplied, a
/// block at a time, so that the logits of a block stay in the last-level cache.
/// </summary>
internal sealed unsafe class LanguageHead : IDisposable
{
    /// <summary>Rows whose logits are computed together.</summary>
    public const int BlockRows = 768;

    private const int RowsPerUnit = 8;

    private readonly ModelConfig _config;
    private readonly Gpt2Network _network;
    private readonly NativeArena _memory;
    private readonly float* _logits;

    public LanguageHead(ModelConfig config, Gpt2Network network)
    {
        _config = config;
        _network = network;
        long floats = BlockRows * (long)config.VocabularySize;
        _memory = new NativeArena(floats * sizeof(float), zeroed: false);
        _logits = _memory.TakeFloats(floats);
    }

    /// <summary>Computes the sum of the losses after a forward pass.</summary>
    /// <param name="batch">What went forward.</param>
    /// <param name="weight">What each loss counts in the gradient; 0 leaves the gradient out.</param>
    /// <returns>The sum in nats, unweighted.</returns>
    public double Run(TrainingBatch batch, float weight)
    {
        int[] rows = [.. Enumerable.Range(0, batch.Targets.Length).Where(row => batch.Targets[row] >= 0)];
        int width = _config.Width;
        float* normalized = FinalRows.Normalize(_network, width, rows);
        double loss = 0;
        for (int first = 0; first < rows.Length; first += BlockRows)
        {
            int count = Math.Min(BlockRows, rows.Length - first);
            loss += RunBlock(normalized + ((long)first * width), rows.AsMemory(first, count), batch.Targets, weight);
        }

        if (weight != 0)
        {
            FinalRows.AddGradient(_network, width, rows, normalized);
        }

        return loss;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>The losses of a block of rows, whose normalized values become their gradients.</summary>
    private double RunBlock(float* normalized, ReadOnlyMemory<int> rows, int[] targets, float weight)
    {
        int width = _config.Width;
        int vocabulary = _config.VocabularySize;
        TrainedTensor head = _network.Parameters.Head;
        MatrixView input = new(normalized, width);
        MatrixView logits = new(_logits, vocabulary);
        _network.Team.Multiply(new MatrixProduct(
            rows.Length, vocabulary, width, input, new(head.Values, width, transposed: true), _logits, vocabulary));
        double[] losses = new double[rows.Length];
        _network.Team.RunParts(rows.Length, RowsPerUnit, (first, count) =>
        {
            for (int row = (int)first; row < first + count; row++)
            {
                float* rowLogits = logits.Data + ((long)row * vocabulary);
                losses[row] = _network.Operations.CrossEntropy(rowLogits, vocabulary, targets[rows.Span[row]], weight);
            }
        });
        if (weight != 0)
        {
            _network.Team.Multiply(new MatrixProduct(
                vocabulary, width, rows.Length, logits.Transpose(), input, head.Gradient, width, accumulate: true));
            _network.Team.Multiply(new MatrixProduct(rows.Length, width, vocabulary, logits, new(head.Values, width), normalized, width));
        }

        return losses.Sum();
    }
}
