using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Sampling;

namespace TinyGpt.Import.Packing;

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
    private static readonly float QuantileDeviation = Deviation(Quantiles);

    // The same quantiles in fifteen steps.
    private static readonly sbyte[] Int4Quantiles = [.. Quantiles.Select(value => (sbyte)MathF.Round(value * 7f / PanelLayout.MaxQuantized))];
    private static readonly float Int4QuantileDeviation = Deviation(Int4Quantiles);

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

    public IReadOnlyList<ModelPart> Parts => [];

    public QuantizationError Fill(TensorShape tensor, byte* target, Action<double>? share, CancellationToken cancellation)
    {
        ulong stream = Mix(_seed) ^ Mix(~_streams[tensor.Name]);
        ParallelOptions options = new() { CancellationToken = cancellation };
        if (tensor.IsQuantized)
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

        return [.. sums.Select(sum => (sbyte)(sum * PanelLayout.MaxQuantized / sums[^1]))];
    }

    private static float Deviation(sbyte[] numbers) => MathF.Sqrt(numbers.Sum(value => (float)value * value) / numbers.Length);

    private static ulong Mix(ulong value) => new DeterministicRandom(value).NextUInt64();

    private void FillPanel(TensorShape tensor, int panel, byte* target, ulong seed)
    {
        DeterministicRandom random = new(seed);
        int groups = PanelLayout.Groups(tensor.Columns);
        bool isInt4 = tensor.Precision == WeightPrecision.Int4;
        float deviation = isInt4 ? Int4QuantileDeviation : QuantileDeviation;
        int groupBytes = PanelLayout.GroupBytesOf(tensor.Precision);
        byte* output = target + ((long)panel * groups * groupBytes);
        for (int group = 0; group < groups; group++, output += groupBytes)
        {
            float* scales = (float*)(output + groupBytes - PanelLayout.GroupScaleBytes);
            for (byte* weights = output; weights < (byte*)scales; weights += sizeof(ulong))
            {
                if (isInt4)
                {
                    FillInt4(weights, random.NextUInt64(), random.NextUInt64());
                }
                else
                {
                    FillInt8(weights, random.NextUInt64());
                }
            }

            for (int lane = 0; lane < PanelLayout.OutputsPerPanel; lane++)
            {
                // Scales differ, so that a kernel that takes the wrong one is found out.
                float variation = 0.875f + ((random.NextUInt64() >> 56) / 1024f);
                scales[lane] = MatrixDeviation / deviation * variation;
            }

            bool atEdge = (panel + 1) * PanelLayout.OutputsPerPanel > tensor.Rows || (group + 1) * PanelLayout.InputsPerGroup > tensor.Columns;
            if (atEdge || Config.HeadStride != Config.HeadSize || Config.FeedForwardWidth % PanelLayout.OutputsPerPanel != 0)
            {
                ClearPadding(tensor, panel, group, output);
            }
        }
    }

    private static void FillInt8(byte* weights, ulong bits)
    {
        for (int i = 0; i < sizeof(ulong); i++)
        {
            ((sbyte*)weights)[i] = Quantiles[(byte)(bits >> (8 * i))];
        }
    }

    private static void FillInt4(byte* pairs, ulong lowBits, ulong highBits)
    {
        for (int i = 0; i < sizeof(ulong); i++)
        {
            int low = Int4Quantiles[(byte)(lowBits >> (8 * i))] + PanelLayout.Int4Offset;
            int high = Int4Quantiles[(byte)(highBits >> (8 * i))] + PanelLayout.Int4Offset;
            pairs[i] = (byte)(low | (high << 4));
        }
    }

    private void ClearPadding(TensorShape tensor, int panel, int group, byte* output)
    {
        bool columnsAreHeads = tensor.Name.EndsWith(ModelTensors.AttentionOutput, StringComparison.Ordinal);
        for (int lane = 0; lane < PanelLayout.OutputsPerPanel; lane++)
        {
            int row = (panel * PanelLayout.OutputsPerPanel) + lane;
            bool rowIsPadding = row >= tensor.Rows || IsPaddingRow(tensor.Name, row);
            if (rowIsPadding)
            {
                ((float*)(output + PanelLayout.GroupBytesOf(tensor.Precision) - PanelLayout.GroupScaleBytes))[lane] = 0;
            }

            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                int column = (group * PanelLayout.InputsPerGroup) + i;
                if (rowIsPadding || column >= tensor.Columns || (columnsAreHeads && IsHeadPadding(column)))
                {
                    ClearWeight(tensor.Precision, output, lane, i);
                }
            }
        }
    }

    private static void ClearWeight(WeightPrecision precision, byte* group, int lane, int input)
    {
        (int quad, int byteInLane) = Math.DivRem(input, PanelLayout.InputsPerKBlock);
        byte* lanes = group + (lane * PanelLayout.InputsPerKBlock) + byteInLane;
        if (precision == WeightPrecision.Int8)
        {
            lanes[quad * PanelLayout.KBlockBytes] = 0;
            return;
        }

        byte* pair = lanes + (quad % PanelLayout.KBlockPairsPerGroup * PanelLayout.KBlockBytes);
        *pair = (byte)(quad < PanelLayout.KBlockPairsPerGroup
            ? (*pair & 0xF0) | PanelLayout.Int4Offset
            : (*pair & 0x0F) | (PanelLayout.Int4Offset << 4));
    }

    private void FillRow(TensorShape tensor, int row, float* target, ulong seed)
    {
        DeterministicRandom random = new(seed);
        int stride = PanelLayout.PaddedInputs(tensor.Columns);
        Span<float> floats = new(target + ((long)row * stride), stride);
        bool isGain = tensor.Name.EndsWith(ModelTensors.Gain(""), StringComparison.Ordinal);
        string owner = isGain ? "" : tensor.Name.Replace(ModelTensors.Bias(""), "", StringComparison.Ordinal);
        for (int i = 0; i < floats.Length; i++)
        {
            ulong bits = random.NextUInt64();
            float fraction = (float)(bits & 0xFF_FFFF) / (1 << 24);
            float number = isGain ? 1 : (Quantiles[bits >> 56] + fraction - 0.5f) * (FloatDeviation / QuantileDeviation);
            floats[i] = i < tensor.Columns && !IsPaddingRow(owner, i) ? number : 0;
        }
    }

    /// <summary>Whether a row of a matrix, or a number of its bias, is padding after a head or after the gates.</summary>
    private bool IsPaddingRow(string matrix, int row) =>
        (matrix.EndsWith(ModelTensors.QueryKeyValue, StringComparison.Ordinal) && IsHeadPadding(row))
        || (Config.Gated && matrix.EndsWith(ModelTensors.FeedForwardIn, StringComparison.Ordinal) && IsGatePadding(row));

    private bool IsGatePadding(int row) =>
        (row / (2 * PanelLayout.OutputsPerPanel) * PanelLayout.OutputsPerPanel) + (row % PanelLayout.OutputsPerPanel) >= Config.FeedForwardWidth;

    private bool IsHeadPadding(int index) => index % Config.HeadStride >= Config.HeadSize;
}
