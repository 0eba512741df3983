using TinyGpt.Kernels.Memory;
using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Network;

/// <summary>
/// GPT-1's head for classes (Radford et al., 2018): a matrix on the final hidden state of a sequence's last token. The state is that after the
/// final norm and there is no bias, as in Hugging Face's GPT-2 for sequence classification, where the matrix is called <c>score</c>.
/// </summary>
internal sealed unsafe class ClassifierHead : IDisposable
{
    private readonly Gpt2Network _network;
    private readonly int _width;
    private readonly int _classes;
    private NativeArena _memory = new(0);
    private float* _logits;
    private int _sequences;

    public ClassifierHead(ModelConfig config, Gpt2Network network, int classes)
    {
        _network = network;
        _width = config.Width;
        _classes = classes;
    }

    /// <summary>Computes the sum of the losses of the sequences that have a label, after a forward pass.</summary>
    /// <param name="batch">What went forward; it has class targets.</param>
    /// <param name="classes">Its class targets.</param>
    /// <param name="weight">What each loss counts in the gradient; 0 leaves the gradient out.</param>
    /// <param name="predicted">The likeliest class of each sequence, written.</param>
    /// <returns>The sum in nats, unweighted.</returns>
    public double Run(TrainingBatch batch, ClassTargets classes, float weight, Span<int> predicted)
    {
        Reserve(batch.Sequences);
        int[] rows = [.. classes.LastPositions.Select((position, sequence) => (sequence * batch.Length) + position)];
        float* normalized = FinalRows.Normalize(_network, _width, rows);
        TrainedTensor score = _network.Parameters.Score;
        MatrixView input = new(normalized, _width);
        MatrixView logits = new(_logits, _classes);
        _network.Team.Multiply(new MatrixProduct(
            rows.Length, _classes, _width, input, new(score.Values, _width, transposed: true), _logits, _classes));
        double loss = 0;
        for (int sequence = 0; sequence < rows.Length; sequence++)
        {
            Span<float> row = new(_logits + ((long)sequence * _classes), _classes);
            predicted[sequence] = Largest(row);
            int label = classes.Labels[sequence];
            if (label >= 0)
            {
                loss += _network.Operations.CrossEntropy(_logits + ((long)sequence * _classes), _classes, label, weight);
            }
            else
            {
                row.Clear();
            }
        }

        if (weight != 0)
        {
            _network.Team.Multiply(new MatrixProduct(
                _classes, _width, rows.Length, logits.Transpose(), input, score.Gradient, _width, accumulate: true));
            _network.Team.Multiply(new MatrixProduct(rows.Length, _width, _classes, logits, new(score.Values, _width), normalized, _width));
            FinalRows.AddGradient(_network, _width, rows, normalized);
        }

        return loss;
    }

    public void Dispose() => _memory.Dispose();

    private static int Largest(ReadOnlySpan<float> row)
    {
        int largest = 0;
        for (int i = 1; i < row.Length; i++)
        {
            largest = row[i] > row[largest] ? i : largest;
        }

        return largest;
    }

    private void Reserve(int sequences)
    {
        if (sequences > _sequences)
        {
            _memory.Dispose();
            _memory = new NativeArena((long)sequences * _classes * sizeof(float));
            _logits = _memory.TakeFloats((long)sequences * _classes);
            _sequences = sequences;
        }
    }
}
