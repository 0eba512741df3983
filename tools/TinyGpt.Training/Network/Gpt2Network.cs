using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Network;

/// <summary>
/// GPT-2 forward and backward over whole batches of sequences. <see cref="Forward"/> leaves the residual stream in
/// <see cref="Activations.Output"/>; heads add the loss's gradient of it to <see cref="Activations.Gradient"/>; <see cref="Backward"/>
/// adds the gradients of all tensors.
/// </summary>
internal sealed unsafe class Gpt2Network : IDisposable
{
    private const int FloatsPerUnit = 1 << 14;
    private const int RowsPerUnit = 64;
    private const int ColumnsPerUnit = 64;

    private readonly ModelConfig _config;
    private readonly CausalAttention _attention;
    private Activations? _activations;

    public Gpt2Network(ModelConfig config, int classes, int threads, RowOperations operations, MatrixMultiplier multiplier)
    {
        _config = config;
        Operations = operations;
        Parameters = new ParameterSet(config, classes);
        Team = new ComputeTeam(threads, CausalAttention.ScratchFloats(config), multiplier);
        _attention = new CausalAttention(config, Team, operations);
    }

    public ParameterSet Parameters { get; }

    public ComputeTeam Team { get; }

    public RowOperations Operations { get; }

    /// <summary>The buffers of the last batch.</summary>
    public Activations Activations => _activations ?? throw new InvalidOperationException("There was no forward pass yet.");

    /// <summary>Computes the residual stream after the last block.</summary>
    /// <param name="batch">The sequences. Their tokens are in the vocabulary and their length fits the context.</param>
    /// <param name="dropout">What is dropped.</param>
    /// <param name="cancellationToken">Looked at before each block.</param>
    public void Forward(TrainingBatch batch, NetworkDropout dropout, CancellationToken cancellationToken)
    {
        int rows = batch.Sequences * batch.Length;
        Activations buffers = Reserve(rows);
        float* stream = _config.Layers > 0 ? buffers.Blocks[0].Input : buffers.Output;
        Embed(batch, stream);
        Drop(dropout.OfEmbedding, stream, rows);
        for (int layer = 0; layer < _config.Layers; layer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float* output = layer + 1 < _config.Layers ? buffers.Blocks[layer + 1].Input : buffers.Output;
            ForwardBlock(batch, layer, dropout, output);
        }
    }

    /// <summary>Adds the gradients of all tensors below the final norm, from that of the residual stream, which is used up.</summary>
    /// <param name="batch">What <see cref="Forward"/> had.</param>
    /// <param name="dropout">What <see cref="Forward"/> had.</param>
    /// <param name="cancellationToken">Looked at before each block.</param>
    public void Backward(TrainingBatch batch, NetworkDropout dropout, CancellationToken cancellationToken)
    {
        for (int layer = _config.Layers - 1; layer >= 0; layer--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BackwardBlock(batch, layer, dropout);
        }

        Drop(dropout.OfEmbedding, Activations.Gradient, batch.Sequences * batch.Length);
        EmbedBackward(batch);
    }

    /// <summary>y = norm(x).</summary>
    public void Norm(float* x, int rows, NormParameters norm, float* y, NormStatistics statistics)
    {
        int width = _config.Width;
        float epsilon = _config.NormEpsilon;
        Team.RunParts(rows, RowsPerUnit, (first, count) => Operations.LayerNorm(
            x + (first * width), count, width, norm.Gain.Values, norm.Bias.Values, epsilon, y + (first * width),
            statistics.Means + first, statistics.Inverses + first));
    }

    /// <summary>dx += the norm's gradient, and likewise those of gain and bias: parts of the rows have separate sums, added up in order.</summary>
    public void NormBackward(float* dy, float* x, int rows, NormParameters norm, NormStatistics statistics, float* dx)
    {
        int width = _config.Width;
        int units = (rows + RowsPerUnit - 1) / RowsPerUnit;
        float[] sums = new float[units * 2 * width];
        fixed (float* parts = sums)
        {
            float* partial = parts;
            Team.RunParts(rows, RowsPerUnit, (first, count) =>
            {
                float* part = partial + (first / RowsPerUnit * 2 * width);
                Operations.LayerNormBackward(
                    dy + (first * width), x + (first * width), count, width, norm.Gain.Values, statistics.Means + first,
                    statistics.Inverses + first, dx + (first * width), part, part + width);
            });
            Operations.AddColumnSums(partial, units, 2 * width, width, norm.Gain.Gradient);
            Operations.AddColumnSums(partial + width, units, 2 * width, width, norm.Bias.Gradient);
        }
    }

    public void Dispose()
    {
        Team.Dispose();
        _activations?.Dispose();
        Parameters.Dispose();
    }

    private Activations Reserve(int rows)
    {
        if (_activations is null || _activations.Rows < rows)
        {
            _activations?.Dispose();
            _activations = new Activations(_config, rows);
        }

        return _activations;
    }

    private void ForwardBlock(TrainingBatch batch, int layer, NetworkDropout dropout, float* output)
    {
        int rows = batch.Sequences * batch.Length;
        Activations buffers = Activations;
        BlockActivations block = buffers.Blocks[layer];
        BlockParameters parameters = Parameters.Blocks[layer];

        Norm(block.Input, rows, parameters.AttentionNorm, buffers.Normalized, block.AttentionNorm);
        Linear(buffers.Normalized, rows, parameters.QueryKeyValue, block.QueryKeyValue);
        _attention.Forward(block.QueryKeyValue, batch.Sequences, batch.Length, dropout.OfShares(layer), block.Attended);
        Linear(block.Attended, rows, parameters.AttentionOutput, buffers.Branch);
        AddBranch(block.Input, buffers.Branch, dropout.OfAttention(layer), block.Middle, rows);

        Norm(block.Middle, rows, parameters.FeedForwardNorm, buffers.Normalized, block.FeedForwardNorm);
        Linear(buffers.Normalized, rows, parameters.FeedForwardIn, block.Hidden);
        Team.RunParts((long)rows * _config.FeedForwardWidth, FloatsPerUnit, (first, count) =>
            Operations.Gelu(_config.Activation, block.Hidden + first, buffers.Activated + first, count));
        Linear(buffers.Activated, rows, parameters.FeedForwardOut, buffers.Branch);
        AddBranch(block.Middle, buffers.Branch, dropout.OfFeedForward(layer), output, rows);
    }

    private void BackwardBlock(TrainingBatch batch, int layer, NetworkDropout dropout)
    {
        int rows = batch.Sequences * batch.Length;
        Activations buffers = Activations;
        BlockActivations block = buffers.Blocks[layer];
        BlockParameters parameters = Parameters.Blocks[layer];
        float* wide = buffers.WideGradient;

        float* branch = BranchGradient(dropout.OfFeedForward(layer), rows);
        LinearInputGradient(branch, rows, parameters.FeedForwardOut, wide);
        Team.RunParts((long)rows * _config.FeedForwardWidth, FloatsPerUnit, (first, count) => Operations.GeluBackward(
            _config.Activation, block.Hidden + first, buffers.Activated + first, wide + first, count));
        AddLinearGradient(buffers.Activated, branch, rows, parameters.FeedForwardOut);
        Norm(block.Middle, rows, parameters.FeedForwardNorm, buffers.Normalized, block.FeedForwardNorm);
        AddLinearGradient(buffers.Normalized, wide, rows, parameters.FeedForwardIn);
        LinearInputGradient(wide, rows, parameters.FeedForwardIn, buffers.Normalized);
        NormBackward(buffers.Normalized, block.Middle, rows, parameters.FeedForwardNorm, block.FeedForwardNorm, buffers.Gradient);

        branch = BranchGradient(dropout.OfAttention(layer), rows);
        AddLinearGradient(block.Attended, branch, rows, parameters.AttentionOutput);
        LinearInputGradient(branch, rows, parameters.AttentionOutput, buffers.Normalized);
        _attention.Backward(block.QueryKeyValue, buffers.Normalized, batch.Sequences, batch.Length, dropout.OfShares(layer), wide);
        Norm(block.Input, rows, parameters.AttentionNorm, buffers.Normalized, block.AttentionNorm);
        AddLinearGradient(buffers.Normalized, wide, rows, parameters.QueryKeyValue);
        LinearInputGradient(wide, rows, parameters.QueryKeyValue, buffers.Normalized);
        NormBackward(buffers.Normalized, block.Input, rows, parameters.AttentionNorm, block.AttentionNorm, buffers.Gradient);
    }

    /// <summary>The gradient of a branch: the stream's own where nothing is dropped, else a copy with holes.</summary>
    private float* BranchGradient(Dropout dropout, int rows)
    {
        Activations buffers = Activations;
        if (!dropout.IsActive)
        {
            return buffers.Gradient;
        }

        Team.RunParts((long)rows * _config.Width, FloatsPerUnit, (first, count) =>
        {
            new ReadOnlySpan<float>(buffers.Gradient + first, count).CopyTo(new Span<float>(buffers.Branch + first, count));
            dropout.Apply(buffers.Branch + first, count, first);
        });
        return buffers.Branch;
    }

    private void AddBranch(float* stream, float* branch, Dropout dropout, float* sum, int rows) =>
        Team.RunParts((long)rows * _config.Width, FloatsPerUnit, (first, count) =>
        {
            if (dropout.IsActive)
            {
                dropout.Apply(branch + first, count, first);
            }

            Operations.Add(stream + first, branch + first, sum + first, count);
        });

    private void Drop(Dropout dropout, float* stream, int rows)
    {
        if (dropout.IsActive)
        {
            Team.RunParts((long)rows * _config.Width, FloatsPerUnit, (first, count) => dropout.Apply(stream + first, count, first));
        }
    }

    private void Linear(float* x, int rows, LinearParameters linear, float* y) => Team.Multiply(new MatrixProduct(
        rows, linear.Outputs, linear.Inputs, new(x, linear.Inputs), new(linear.Weight.Values, linear.Outputs), y, linear.Outputs,
        bias: linear.Bias.Values));

    private void LinearInputGradient(float* dy, int rows, LinearParameters linear, float* dx) => Team.Multiply(new MatrixProduct(
        rows, linear.Inputs, linear.Outputs, new(dy, linear.Outputs), new(linear.Weight.Values, linear.Outputs, transposed: true), dx,
        linear.Inputs));

    private void AddLinearGradient(float* x, float* dy, int rows, LinearParameters linear)
    {
        Team.Multiply(new MatrixProduct(
            linear.Inputs, linear.Outputs, rows, new(x, linear.Inputs, transposed: true), new(dy, linear.Outputs), linear.Weight.Gradient,
            linear.Outputs, accumulate: true));
        Team.RunParts(linear.Outputs, ColumnsPerUnit, (first, count) =>
            Operations.AddColumnSums(dy + first, rows, linear.Outputs, count, linear.Bias.Gradient + first));
    }

    private void Embed(TrainingBatch batch, float* stream)
    {
        int width = _config.Width;
        Team.RunParts(batch.Sequences * batch.Length, RowsPerUnit, (first, count) =>
        {
            for (long row = first; row < first + count; row++)
            {
                float* token = Parameters.TokenEmbedding.Values + ((long)batch.Tokens[row] * width);
                float* position = Parameters.PositionEmbedding.Values + (row % batch.Length * width);
                Operations.Add(token, position, stream + (row * width), width);
            }
        });
    }

    /// <summary>Units are columns: two rows may have the same token, and its gradients are added in the order of rows.</summary>
    private void EmbedBackward(TrainingBatch batch)
    {
        int width = _config.Width;
        float* stream = Activations.Gradient;
        Team.RunParts(width, ColumnsPerUnit, (first, count) =>
        {
            float* tokens = Parameters.TokenEmbedding.Gradient + first;
            float* positions = Parameters.PositionEmbedding.Gradient + first;
            for (int row = 0; row < batch.Tokens.Length; row++)
            {
                float* from = stream + ((long)row * width) + first;
                float* token = tokens + ((long)batch.Tokens[row] * width);
                float* position = positions + ((long)(row % batch.Length) * width);
                Operations.Add(token, from, token, count);
                Operations.Add(position, from, position, count);
            }
        });
    }
}
