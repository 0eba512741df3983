using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Model;

namespace TinyGpt.Arm64;

/// <summary>
/// A model whose weights come from a generator instead of a file, so that a decode needs neither files nor mapping. Each tensor
/// has a separate stream, chosen by its name.
/// </summary>
internal sealed unsafe class SeededModel : IDisposable
{
    private const ulong Seed = 20261120;
    private const float MatrixScale = 1f / 4096; // times ±127: weights of about 0.02, as in a trained model
    private const float Int4Scale = 1f / 256; // times -8 … 7: the same
    private const float TableScale = 1f / 64;

    private readonly NativeArena _memory;
    private readonly IReadOnlyList<TensorShape> _tensors;

    public SeededModel(ModelConfig config, WeightPrecision precision = WeightPrecision.Int8)
    {
        Config = config;
        _tensors = ModelTensors.Of(config, precision);
        long bytes = 0;
        foreach (TensorShape tensor in _tensors)
        {
            bytes += NativeArena.RoundUp(tensor.Bytes);
        }

        _memory = new NativeArena(bytes);
        Weights = new ModelWeights(config, _tensors, Make);
    }

    /// <summary>A shape whose every dimension is whole: no padding anywhere but in the vocabulary.</summary>
    public static ModelConfig Even => new()
    {
        Architecture = "gpt2",
        VocabularySize = 300,
        ContextLength = 256,
        Width = 128,
        Layers = 3,
        Heads = 2,
        FeedForwardWidth = 512,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
    };

    /// <summary>A shape in which everything needs padding, and head groups do not divide evenly.</summary>
    public static ModelConfig Odd => new()
    {
        Architecture = "gpt2",
        VocabularySize = 101,
        ContextLength = 256,
        Width = 84,
        Layers = 2,
        Heads = 7,
        FeedForwardWidth = 172,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluErf,
        TiedHead = false,
    };

    /// <summary>A Llama with everything that its relatives added: grouped heads, a norm of each, a scaling, a window, biases.</summary>
    public static ModelConfig Llama => Odd with
    {
        Architecture = "llama",
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 20,
        QueryKeyNorm = true,
        Rotary = new RotaryPositions(500000, 20) { Scaling = new RotaryScaling(RotaryScalingKind.Llama3, 8) { OriginalContext = 64 } },
        AttentionWindow = new AttentionWindow(45, FirstLayer: 1),
        Gated = true,
        Activation = Activation.Silu,
        Norm = NormKind.RmsNorm,
        AttentionOutputBias = false,
    };

    /// <summary>A GPT-NeoX with both layers side by side and heads that are rotated in part.</summary>
    public static ModelConfig NeoX => Odd with { Architecture = "gpt_neox", Rotary = new RotaryPositions(10000, 4), ParallelResidual = true };

    public ModelConfig Config { get; }

    public ModelWeights Weights { get; }

    /// <summary>Changes the lowest bit of one weight, for the test that the hash of the logits notices.</summary>
    public void FlipOneBit() => *Weights.Blocks[0].QueryKeyValue.Matrix.Data ^= 1;

    public void Dispose() => _memory.Dispose();

    private byte* Make(string name)
    {
        TensorShape tensor = Find(name);
        byte* target = _memory.Take(tensor.Bytes);
        BitHash stream = new();
        foreach (char character in name)
        {
            stream.Add([(byte)character]);
        }

        SeededNumbers numbers = new(Seed ^ stream.Value);
        if (tensor.IsQuantized)
        {
            FillPanels(tensor, target, numbers);
        }
        else
        {
            FillFloats(tensor, (float*)target, numbers);
        }

        return target;
    }

    private TensorShape Find(string name)
    {
        int index = 0;
        while (_tensors[index].Name != name)
        {
            index++;
        }

        return _tensors[index];
    }

    private void FillPanels(TensorShape tensor, byte* target, SeededNumbers numbers)
    {
        bool columnsAreHeads = EndsWith(tensor.Name, ModelTensors.AttentionOutput);
        PackedMatrix matrix = new(target, tensor.Rows, tensor.Columns, tensor.Precision);
        (int smallest, int largest) = PackedWeights.Range(tensor.Precision);
        float usualScale = tensor.Precision == WeightPrecision.Int4 ? Int4Scale : MatrixScale;
        for (int row = 0; row < PanelLayout.PaddedOutputs(tensor.Rows); row++)
        {
            bool isBehind = row >= tensor.Rows;
            bool isPaddingRow = isBehind || IsPaddingRow(tensor.Name, row);
            for (int group = 0; group < matrix.Groups; group++)
            {
                // Scales differ, so that a kernel that takes the wrong one is found out.
                float scale = isBehind ? 0f : usualScale * (1f + (0.25f * numbers.NextFloat()));
                PackedWeights.SetScale(matrix, row, group, isPaddingRow ? 0f : scale);
                for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                {
                    int column = (group * PanelLayout.InputsPerGroup) + i;
                    int weight = isBehind ? 0 : numbers.Next(smallest, largest);
                    bool isPadding = isPaddingRow || column >= tensor.Columns || (columnsAreHeads && IsHeadPadding(column));
                    PackedWeights.Set(matrix, row, column, isPadding ? 0 : weight);
                }
            }
        }
    }

    private void FillFloats(TensorShape tensor, float* target, SeededNumbers numbers)
    {
        bool isGain = EndsWith(tensor.Name, ModelTensors.Gain(""));
        ReadOnlySpan<char> owner = EndsWith(tensor.Name, ModelTensors.Bias("")) ? tensor.Name.AsSpan()[..^ModelTensors.Bias("").Length] : "";
        int stride = PanelLayout.PaddedInputs(tensor.Columns);
        for (int row = 0; row < tensor.Rows; row++)
        {
            for (int column = 0; column < tensor.Columns; column++)
            {
                float value = TableScale * numbers.NextFloat();
                target[((nint)row * stride) + column] = IsPaddingRow(owner, column) ? 0f : isGain ? 1f + value : value;
            }
        }
    }

    /// <summary>Whether a row of a matrix, or a number of its bias, is padding after a head or after the gates.</summary>
    private bool IsPaddingRow(ReadOnlySpan<char> matrix, int row) =>
        (matrix.EndsWith(ModelTensors.QueryKeyValue) && IsHeadPadding(row))
        || (Config.Gated && matrix.EndsWith(ModelTensors.FeedForwardIn) && IsGatePadding(row));

    private bool IsGatePadding(int row) =>
        (row / (2 * PanelLayout.OutputsPerPanel) * PanelLayout.OutputsPerPanel) + (row % PanelLayout.OutputsPerPanel) >= Config.FeedForwardWidth;

    private bool IsHeadPadding(int index) => index % Config.HeadStride >= Config.HeadSize;

    // By span: the comparison of strings asks for a culture, which the program on ARM has none of.
    private static bool EndsWith(string name, string part) => name.AsSpan().EndsWith(part);
}
