using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>
/// Tensors of random numbers that are roughly normal: matrices with a deviation of 0.02, embeddings of positions and biases smaller,
/// gains 1. They are made as panels, of whole numbers and exact float operations only.
/// </summary>
internal sealed unsafe class RandomTensors : ITensorSource
{
    private const float MatrixDeviation = 0.02f;
    private const float FloatDeviation = 0.01f;

    // The sum of four bytes is close to normal. Its 256 quantiles turn one random byte into one weight.
    private const int BytesInSum = 4;

    private static readonly sbyte[] Quantiles = MakeQuantiles();
    private static readonly float QuantileDeviation = MathF.Sqrt(Quantiles.Sum(value => (float)value * value) / Quantiles.Length);

    private readonly ulong _seed;
    private readonly Dictionary<string, ulong> _streams = new(StringComparer.Ordinal);

    public RandomTensors(ModelConfig config, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!config.TryValidate(out string problem))
        {
            throw new ArgumentException(problem, nameof(config));
        }

        Config = config;
        _seed = seed;
        foreach (TensorShape tensor in ModelTensors.Of(config))
        {
            _streams.Add(tensor.Name, (ulong)_streams.Count);
        }
    }

    public ModelConfig Config { get; }

    /// <summary>What the weights would take as float32.</summary>
    public long SourceBytes => Config.ParameterCount * sizeof(float);

    public IEnumerable<SourceTensor> Stored => [];

    public TokenizerContent? Tokenizer => null;

    public QuantizationError Fill(TensorShape tensor, byte* target, CancellationToken cancellation)
    {
        ulong stream = Mix(_seed) ^ Mix(~_streams[tensor.Name]);
        ParallelOptions options = new() { CancellationToken = cancellation };
        if (tensor.Kind == TensorKind.Panels)
        {
            Parallel.For(0, PanelLayout.Panels(tensor.Rows), options, panel => FillPanel(tensor, panel, target, Mix(stream + (ulong)panel)));
        }
        else
        {
            Parallel.For(0, tensor.Rows, options, row => FillRow(tensor, row, (float*)target, Mix(stream + (ulong)row)));
        }

        return default;
    }

    public void Dispose()
    {
        // Holds nothing; the interface is disposable for the sources that map files.
    }

    private static sbyte[] MakeQuantiles()
    {
        long[] counts = [1];
        for (int i = 0; i < BytesInSum; i++)
        {
            long[] next = new long[counts.Length + byte.MaxValue];
            for (int sum = 0; sum < next.Length; sum++)
            {
                for (int value = Math.Max(0, sum - counts.Length + 1); value <= Math.Min(sum, byte.MaxValue); value++)
                {
                    next[sum] += counts[sum - value];
                }
            }

            counts = next;
        }

        // The quantile at (2i + 1) / 512 of 2^32 combinations, scaled so that the outermost ones are ±127.
        int[] sums = new int[256];
        long below = 0;
        int at = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            while (below + counts[at] <= (2L * i + 1) << 23)
            {
                below += counts[at++];
            }

            sums[i] = (2 * at) - (BytesInSum * byte.MaxValue);
        }

        return [.. sums.Select(sum => (sbyte)(sum * PanelLayout.LargestQuantized / sums[^1]))];
    }

    private static ulong Mix(ulong value) => new SplitMix64(value).Next();

    private void FillPanel(TensorShape tensor, int panel, byte* target, ulong seed)
    {
        SplitMix64 random = new(seed);
        int groups = PanelLayout.Groups(tensor.Columns);
        byte* output = target + ((long)panel * groups * PanelLayout.GroupBytes);
        for (int group = 0; group < groups; group++, output += PanelLayout.GroupBytes)
        {
            for (int i = 0; i < PanelLayout.GroupWeightBytes; i += sizeof(ulong))
            {
                ulong bits = random.Next();
                for (int j = 0; j < sizeof(ulong); j++)
                {
                    ((sbyte*)output)[i + j] = Quantiles[(byte)(bits >> (8 * j))];
                }
            }

            float* scales = (float*)(output + PanelLayout.GroupWeightBytes);
            for (int lane = 0; lane < PanelLayout.RowsPerPanel; lane++)
            {
                // Scales differ, so that a kernel that takes the wrong one is found out.
                float variation = 0.875f + ((random.Next() >> 56) / 1024f);
                scales[lane] = MatrixDeviation / QuantileDeviation * variation;
            }

            bool atEdge = (panel + 1) * PanelLayout.RowsPerPanel > tensor.Rows || (group + 1) * PanelLayout.InputsPerGroup > tensor.Columns;
            if (atEdge || Config.HeadStride != Config.HeadSize || Config.FeedForwardWidth % PanelLayout.RowsPerPanel != 0)
            {
                ClearPadding(tensor, panel, group, output);
            }
        }
    }

    private void ClearPadding(TensorShape tensor, int panel, int group, byte* output)
    {
        bool columnsAreHeads = tensor.Name.EndsWith(ModelTensors.AttentionOutput, StringComparison.Ordinal);
        for (int lane = 0; lane < PanelLayout.RowsPerPanel; lane++)
        {
            int row = (panel * PanelLayout.RowsPerPanel) + lane;
            bool rowIsPadding = row >= tensor.Rows || IsPaddingRow(tensor.Name, row);
            if (rowIsPadding)
            {
                ((float*)(output + PanelLayout.GroupWeightBytes))[lane] = 0;
            }

            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                int column = (group * PanelLayout.InputsPerGroup) + i;
                if (rowIsPadding || column >= tensor.Columns || (columnsAreHeads && IsHeadPadding(column)))
                {
                    (int quad, int byteInLane) = Math.DivRem(i, PanelLayout.InputsPerQuad);
                    output[(quad * PanelLayout.QuadBytes) + (lane * PanelLayout.InputsPerQuad) + byteInLane] = 0;
                }
            }
        }
    }

    private void FillRow(TensorShape tensor, int row, float* target, ulong seed)
    {
        SplitMix64 random = new(seed);
        int stride = PanelLayout.PaddedColumns(tensor.Columns);
        Span<float> floats = new(target + ((long)row * stride), stride);
        bool isGain = tensor.Name.EndsWith(ModelTensors.Gain(""), StringComparison.Ordinal);
        string owner = isGain ? "" : tensor.Name.Replace(ModelTensors.Bias(""), "", StringComparison.Ordinal);
        for (int i = 0; i < floats.Length; i++)
        {
            ulong bits = random.Next();
            float fraction = (float)(bits & 0xFF_FFFF) / (1 << 24);
            float number = isGain ? 1 : (Quantiles[bits >> 56] + fraction - 0.5f) * (FloatDeviation / QuantileDeviation);
            floats[i] = i < tensor.Columns && !IsPaddingRow(owner, i) ? number : 0;
        }
    }

    /// <summary>Whether a row of a matrix, or a number of its bias, stands behind a head or behind the gates.</summary>
    private bool IsPaddingRow(string matrix, int row) =>
        (matrix.EndsWith(ModelTensors.QueryKeyValue, StringComparison.Ordinal) && IsHeadPadding(row))
        || (Config.Gated && matrix.EndsWith(ModelTensors.FeedForwardIn, StringComparison.Ordinal) && IsGatePadding(row));

    private bool IsGatePadding(int row) =>
        (row / (2 * PanelLayout.RowsPerPanel) * PanelLayout.RowsPerPanel) + (row % PanelLayout.RowsPerPanel) >= Config.FeedForwardWidth;

    private bool IsHeadPadding(int index) => index % Config.HeadStride >= Config.HeadSize;
}
