using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Network;

/// <summary>
/// Causal multi-head attention, forward and backward, one unit of work a sequence and head. Queries go in blocks of rows against all keys
/// up to the block's last query, so that everything but the softmax is matrix products; the scores of a block stay in the second-level
/// cache. The backward pass computes them again.
/// </summary>
internal sealed unsafe class CausalAttention(ModelConfig config, ComputeTeam team, RowOperations operations)
{
    /// <summary>Queries of a block: a multiple of every register tile's rows.</summary>
    private const int BlockRows = 96;

    private readonly int _stride = 3 * config.Width;
    private readonly float _scale = (float)(1 / Math.Sqrt(config.HeadSize));

    /// <summary>Floats of scratch that a thread needs after those of matrix products.</summary>
    public static long ScratchFloats(ModelConfig config) => 2L * BlockRows * Padded(config.ContextLength);

    /// <summary>Computes what the heads read.</summary>
    /// <param name="queryKeyValue">rows × 3·width.</param>
    /// <param name="sequences">How many sequences.</param>
    /// <param name="length">Positions of each.</param>
    /// <param name="dropout">What is dropped of the shares.</param>
    /// <param name="attended">rows × width, written.</param>
    public void Forward(float* queryKeyValue, int sequences, int length, Dropout dropout, float* attended) =>
        team.Run(sequences * config.Heads, (unit, scratch) =>
        {
            float* shares = scratch + MatrixMultiplier.ScratchFloats;
            long firstRow = (long)(unit / config.Heads) * length;
            int channel = unit % config.Heads * config.HeadSize;
            float* query = queryKeyValue + (firstRow * _stride) + channel;
            float* output = attended + (firstRow * config.Width) + channel;
            for (int first = 0; first < length; first += BlockRows)
            {
                int rows = Math.Min(BlockRows, length - first);
                Share(query, first, rows, length, shares, scratch);
                Drop(dropout, shares, unit, first, rows, length);
                team.Multiplier.Multiply(
                    new MatrixProduct(
                        rows, config.HeadSize, first + rows, new MatrixView(shares, Padded(length)),
                        new MatrixView(query + (2 * config.Width), _stride), output + ((nint)first * config.Width), config.Width),
                    scratch);
            }
        });

    /// <summary>Computes the gradient of queries, keys and values.</summary>
    /// <param name="queryKeyValue">What <see cref="Forward"/> had.</param>
    /// <param name="attendedGradient">rows × width.</param>
    /// <param name="sequences">How many sequences.</param>
    /// <param name="length">Positions of each.</param>
    /// <param name="dropout">What <see cref="Forward"/> had.</param>
    /// <param name="gradient">rows × 3·width, written.</param>
    public void Backward(float* queryKeyValue, float* attendedGradient, int sequences, int length, Dropout dropout, float* gradient) =>
        team.Run(sequences * config.Heads, (unit, scratch) =>
        {
            long firstRow = (long)(unit / config.Heads) * length;
            int channel = unit % config.Heads * config.HeadSize;
            float* query = queryKeyValue + (firstRow * _stride) + channel;
            float* upstream = attendedGradient + (firstRow * config.Width) + channel;
            float* queryGradient = gradient + (firstRow * _stride) + channel;
            for (int row = 0; row < length; row++)
            {
                new Span<float>(queryGradient + ((nint)row * _stride) + config.Width, config.HeadSize).Clear();
                new Span<float>(queryGradient + ((nint)row * _stride) + (2 * config.Width), config.HeadSize).Clear();
            }

            for (int first = 0; first < length; first += BlockRows)
            {
                int rows = Math.Min(BlockRows, length - first);
                BackwardBlock(query, upstream, queryGradient, unit, first, rows, length, dropout, scratch);
            }
        });

    private static int Padded(int length) => (length + 15) & ~15;

    private void BackwardBlock(
        float* query, float* upstream, float* queryGradient, int unit, int first, int rows, int length, Dropout dropout, float* scratch)
    {
        int padded = Padded(length);
        int keys = first + rows;
        float* shares = scratch + MatrixMultiplier.ScratchFloats;
        float* gradient = shares + (BlockRows * padded);
        MatrixView queries = new(query + ((nint)first * _stride), _stride);
        MatrixView outputs = new(upstream + ((nint)first * config.Width), config.Width);
        MatrixView values = new(query + (2 * config.Width), _stride);
        Share(query, first, rows, length, shares, scratch);
        Multiply(rows, keys, config.HeadSize, outputs, values.Transpose(), gradient, padded, false, scratch);
        Drop(dropout, gradient, unit, first, rows, length);
        for (int row = 0; row < rows; row++)
        {
            operations.SoftmaxBackward(shares + (row * padded), gradient + (row * padded), first + row + 1, keys, _scale);
        }

        Drop(dropout, shares, unit, first, rows, length);
        MatrixView sharesView = new(shares, padded);
        MatrixView gradientView = new(gradient, padded);
        Multiply(rows, config.HeadSize, keys, gradientView, new(query + config.Width, _stride), queryGradient + ((nint)first * _stride), _stride, false, scratch);
        Multiply(keys, config.HeadSize, rows, gradientView.Transpose(), queries, queryGradient + config.Width, _stride, true, scratch);
        Multiply(keys, config.HeadSize, rows, sharesView.Transpose(), outputs, queryGradient + (2 * config.Width), _stride, true, scratch);
    }

    /// <summary>The attention weight of each query of a block for each key: rows × keys, zero after the query's position.</summary>
    private void Share(float* query, int first, int rows, int length, float* shares, float* scratch)
    {
        int padded = Padded(length);
        int keys = first + rows;
        MatrixView keyView = new(query + config.Width, _stride, transposed: true);
        Multiply(rows, keys, config.HeadSize, new(query + ((nint)first * _stride), _stride), keyView, shares, padded, false, scratch);
        for (int row = 0; row < rows; row++)
        {
            operations.Softmax(shares + (row * padded), first + row + 1, keys, _scale);
        }
    }

    private static void Drop(Dropout dropout, float* shares, int unit, int first, int rows, int length)
    {
        if (!dropout.IsActive)
        {
            return;
        }

        int padded = Padded(length);
        for (int row = 0; row < rows; row++)
        {
            long index = (((long)unit * length) + first + row) * padded;
            dropout.Apply(shares + (row * padded), first + row + 1, index);
        }
    }

    private void Multiply(
        int rows, int columns, int depth, MatrixView a, MatrixView b, float* c, nint stride, bool accumulate, float* scratch) =>
        team.Multiplier.Multiply(new MatrixProduct(rows, columns, depth, a, b, c, stride, accumulate), scratch);
}
