using TinyGpt.Cache;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Model;

/// <summary>
/// The forward pass of a GPT, as kernel calls (Radford et al., 2019, "Language Models are Unsupervised Multitask Learners"; the block is
/// that of Vaswani et al., 2017). What later models changed in a stage is data, resolved here and in <see cref="ModelWeights"/>. Generic over the kernels, so that it is compiled once for each
/// instruction set, with direct calls.
/// </summary>
internal sealed unsafe class Decoder<TKernels>(ModelConfig config, ModelWeights weights, KvArena cache, DecoderLimits limits)
    : Decoder(config, weights, cache, limits)
    where TKernels : struct, IKernels
{
    private const int PanelsPerGroup = PanelLayout.InputsPerGroup / PanelLayout.OutputsPerPanel;

    // Attention is split into head groups that fill whole quantization groups, so that a unit can quantize its own output.
    private readonly int _headsInBundle =
        PanelLayout.InputsPerGroup / Math.Min(PanelLayout.InputsPerGroup, config.HeadStride & -config.HeadStride);

    // What is rotated, normalized or quantized needs its whole head; other keys and values are stored as each panel makes them, in more
    // and smaller units.
    private readonly bool _quantizesCache = cache.Layout.Precision == KvPrecision.Int8;
    private readonly int _panelsInUnit = cache.Layout.Precision == KvPrecision.Int8 || config.Rotary is not null || config.QueryKeyNorm
        ? config.HeadStride / PanelLayout.OutputsPerPanel
        : 1;

    private readonly int _panelsInHiddenUnit = config.Gated ? 2 * PanelsPerGroup : PanelsPerGroup;
    private readonly RotaryAngles? _angles = config.Rotary is { } rotary ? new RotaryAngles(rotary) : null;
    private readonly int _headsOfOneKey = config.Heads / config.KeyValueHeads;
    private readonly float _scoreScale = config.ScoreScale ?? (float)(1.0 / Math.Sqrt(config.HeadSize));
    private readonly int[] _windows = Windows(config);

    public override KernelTier Tier => TKernels.Tier;

    public override int ArgMax(ReadOnlySpan<float> logits)
    {
        fixed (float* first = logits)
        {
            return TKernels.ArgMax(first, logits.Length);
        }
    }

    public override void SoftmaxWeights(ReadOnlySpan<float> logits, float maximum, float inverseTemperature, Span<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weights.Length, logits.Length);
        fixed (float* from = logits, to = weights)
        {
            TKernels.SoftmaxWeights(from, logits.Length, maximum, inverseTemperature, to);
        }
    }

    protected override void Run(int first, int count, int worker)
    {
        BlockWeights block = Weights.Blocks[Layer];
        QuantizedActivations normalized = Scratch.Normalized(Rows.Count);
        QuantizedActivations attended = Scratch.QuantizedAttended(Rows.Count);
        QuantizedActivations hidden = Scratch.QuantizedHidden(Rows.Count);
        switch (Stage)
        {
            case Stage.CopyPages: // appending to a page that others share: the copy is ours alone
                for (int unit = first; unit < first + count; unit++)
                {
                    PageCopy copy = Rows.Copy(unit / Config.Layers);
                    Cache.CopyLayer(copy.From, copy.To, unit % Config.Layers);
                }

                break;
            case Stage.Embedding: // x = token embedding + position embedding, or the angles of the position
                for (int row = first; row < first + count; row++)
                {
                    _angles?.Write(Rows.Position(row), Cosines(row), Sines(row));
                    TKernels.Embed(Weights.TokenEmbedding, Rows.Token(row), PositionEmbedding(row), Residual(row));
                }

                break;
            case Stage.AttentionNorm: // x += the block before; h = norm(x)
                Normalize(block.BeforeAttention, addProjection: Layer > 0, normalized, first, count);
                break;
            case Stage.QueryKeyValue: // q, k, v = W·h + b; q and k are normalized and rotated; k and v go into the cache
                int firstPanel = first * _panelsInUnit;
                Multiply(
                    block.QueryKeyValue, normalized, Scratch.QueryKeyValue, Scratch.QueryKeyValueStride, firstPanel, count * _panelsInUnit);
                PlaceQueriesAndKeys(block, first, count);
                if (_quantizesCache)
                {
                    QuantizeKeysAndValues(first, count);
                }
                else
                {
                    StoreKeysAndValues(firstPanel, count * _panelsInUnit);
                }

                break;
            case Stage.Attention: // a = softmax(q·K / √d) · V, head by head
                for (int unit = first; unit < first + count; unit++)
                {
                    Attend(bundle: unit / Rows.BlockCount, block: unit % Rows.BlockCount, attended, worker);
                }

                break;
            case Stage.AttentionOutput: // p = W·a + b
                Multiply(block.AttentionOutput, attended, Scratch.Projection, Scratch.WidthStride, first, count);
                break;
            case Stage.FeedForwardNorm: // x += p; h = norm(x), or in the other order
                Normalize(block.BeforeFeedForward, addProjection: !Config.ParallelResidual, normalized, first, count);
                if (Config.ParallelResidual)
                {
                    AddProjection(first, count);
                }

                break;
            case Stage.FeedForwardIn: // f = activation(W·h + b), or the activation of one half times the other, a group at a time
                int firstHiddenPanel = first * _panelsInHiddenUnit;
                int panels = Math.Min(count * _panelsInHiddenUnit, block.FeedForwardIn.Matrix.Panels - firstHiddenPanel);
                Multiply(block.FeedForwardIn, normalized, Scratch.Hidden, Scratch.HiddenStride, firstHiddenPanel, panels);
                Activate(hidden, first, count);
                break;
            case Stage.FeedForwardOut: // p = W·f + b
                Multiply(block.FeedForwardOut, hidden, Scratch.Projection, Scratch.WidthStride, first, count);
                break;
            case Stage.FinalNorm: // x += p; h = norm(x), for the tokens whose logits are wanted
                for (int index = first; index < first + count; index++)
                {
                    int row = Rows.LogitRow(index);
                    NormalizeRow(Weights.BeforeHead, Projection(row), row, Scratch.NormalizedLast(Rows.LogitCount), index);
                }

                break;
            case Stage.Head: // logits = W·h
                Multiply(Weights.Head, Scratch.NormalizedLast(Rows.LogitCount), Scratch.Logits, Scratch.LogitsStride, first, count);
                break;
        }
    }

    protected override int Units(Stage stage) => stage switch
    {
        Stage.CopyPages => Rows.CopyCount * Config.Layers,
        Stage.Embedding or Stage.AttentionNorm or Stage.FeedForwardNorm => Rows.Count,
        Stage.QueryKeyValue => Weights.Blocks[Layer].QueryKeyValue.Matrix.Panels / _panelsInUnit,
        Stage.Attention => Rows.BlockCount * ((Config.Heads + _headsInBundle - 1) / _headsInBundle),
        Stage.AttentionOutput => Weights.Blocks[Layer].AttentionOutput.Matrix.Panels,
        Stage.FeedForwardIn => PanelLayout.Groups(Config.FeedForwardWidth),
        Stage.FeedForwardOut => Weights.Blocks[Layer].FeedForwardOut.Matrix.Panels,
        Stage.FinalNorm => Rows.LogitCount,
        Stage.Head => Rows.LogitCount == 0 ? 0 : Weights.Head.Matrix.Panels,
        _ => 0,
    };

    // A panel's group costs its bytes from memory, with int8 about as much as five tokens' multiplications, plus each token's multiplications.
    protected override double WorkPerUnit(Stage stage) => stage switch
    {
        Stage.QueryKeyValue => _panelsInUnit * PanelWork(Weights.Blocks[Layer].QueryKeyValue, Rows.Count),
        Stage.Attention => (double)Math.Min(Rows.LongestContext, _windows[Layer]) * _headsInBundle * Config.HeadStride * Rows.Count / Rows.BlockCount,
        Stage.AttentionOutput => PanelWork(Weights.Blocks[Layer].AttentionOutput, Rows.Count),
        Stage.FeedForwardIn => _panelsInHiddenUnit * PanelWork(Weights.Blocks[Layer].FeedForwardIn, Rows.Count),
        Stage.FeedForwardOut => PanelWork(Weights.Blocks[Layer].FeedForwardOut, Rows.Count),
        Stage.Head => PanelWork(Weights.Head, Rows.LogitCount),
        Stage.CopyPages => Cache.Layout.LayerBytes,
        _ => Scratch.WidthStride,
    };

    /// <summary>How many keys a query of each layer attends to at most.</summary>
    private static int[] Windows(ModelConfig config)
    {
        int[] windows = new int[config.Layers];
        for (int layer = 0; layer < windows.Length; layer++)
        {
            windows[layer] = config.AttentionWindow is { } window && window.Includes(layer) ? window.Length : int.MaxValue;
        }

        return windows;
    }

    private static double PanelWork(ProjectionWeights projection, int rows) =>
        projection.Matrix.Groups * (rows + (5.0 * projection.Matrix.GroupBytes / PanelLayout.GroupBytes));

    private float* Residual(int row) => Scratch.Residual + ((nint)row * Scratch.WidthStride);

    private float* Projection(int row) => Scratch.Projection + ((nint)row * Scratch.WidthStride);

    private float* Cosines(int row) => Scratch.Cosines + ((nint)row * Scratch.RotationStride);

    private float* Sines(int row) => Scratch.Sines + ((nint)row * Scratch.RotationStride);

    private float* PositionEmbedding(int row) => Weights.PositionEmbedding == null
        ? null
        : Weights.PositionEmbedding + ((nint)Rows.Position(row) * Scratch.WidthStride);

    private static void Multiply(ProjectionWeights projection, QuantizedActivations rows, float* output, int stride, int first, int count) =>
        TKernels.MultiplyPanels(projection.Matrix, rows, projection.Bias, output, stride, first, count);

    private void Normalize(NormWeights norm, bool addProjection, QuantizedActivations destination, int first, int count)
    {
        for (int row = first; row < first + count; row++)
        {
            NormalizeRow(norm, addProjection ? Projection(row) : null, row, destination, row);
        }
    }

    private void NormalizeRow(NormWeights norm, float* addend, int row, QuantizedActivations destination, int destinationRow)
    {
        float* residual = Residual(row);
        if (norm.Gain == null) // what the first block of GPT-1 reads has no norm
        {
            TKernels.Quantize(residual, destination, destinationRow, 0, destination.Groups);
        }
        else if (Config.NormPlacement == NormPlacement.After)
        {
            TKernels.AddNormalize(residual, addend, Config.Width, norm.Gain, norm.Bias, Config.NormEpsilon);
            TKernels.Quantize(residual, destination, destinationRow, 0, destination.Groups);
        }
        else if (Config.Norm == NormKind.RmsNorm)
        {
            TKernels.AddRmsNormalizeQuantize(residual, addend, Config.Width, norm.Gain, Config.NormEpsilon, destination, destinationRow);
        }
        else
        {
            TKernels.AddNormalizeQuantize(
                residual, addend, Config.Width, norm.Gain, norm.Bias, Config.NormEpsilon, destination, destinationRow);
        }
    }

    private void AddProjection(int first, int count)
    {
        for (int row = first; row < first + count; row++)
        {
            TKernels.Add(Residual(row), Projection(row), Config.Width);
        }
    }

    private void Activate(QuantizedActivations destination, int firstGroup, int groupCount)
    {
        for (int row = 0; row < Rows.Count; row++)
        {
            float* values = Scratch.Hidden + ((nint)row * Scratch.HiddenStride);
            if (Config.Gated)
            {
                TKernels.GatedActivateQuantize(values, Config.Activation, destination, row, firstGroup, groupCount);
            }
            else
            {
                TKernels.ActivateQuantize(values, Config.Activation, destination, row, firstGroup, groupCount);
            }
        }
    }

    /// <summary>Normalizes and rotates the heads of queries and keys that the given units, a head each, made.</summary>
    private void PlaceQueriesAndKeys(BlockWeights block, int firstUnit, int unitCount)
    {
        if (_angles is null && block.QueryGain == null)
        {
            return;
        }

        int endUnit = Math.Min(firstUnit + unitCount, Config.Heads + Config.KeyValueHeads);
        for (int unit = firstUnit; unit < endUnit; unit++)
        {
            float* gain = unit < Config.Heads ? block.QueryGain : block.KeyGain;
            for (int row = 0; row < Rows.Count; row++)
            {
                float* head = Scratch.QueryKeyValue + ((nint)row * Scratch.QueryKeyValueStride) + (unit * Config.HeadStride);
                if (gain != null)
                {
                    TKernels.NormalizeHead(head, Config.HeadSize, gain, Config.NormEpsilon);
                }

                if (_angles is not null)
                {
                    TKernels.Rotate(head, Cosines(row), Sines(row), _angles.Channels);
                }
            }
        }
    }

    /// <summary>Copies the keys and values among the given panels' outputs into the cache, 16 floats for each panel and token.</summary>
    private void StoreKeysAndValues(int firstPanel, int panelCount)
    {
        int queries = Config.AttentionWidth;
        int keys = Config.KeyValueWidth;
        int firstKeyPanel = queries / PanelLayout.OutputsPerPanel;
        for (int panel = Math.Max(firstPanel, firstKeyPanel); panel < firstPanel + panelCount; panel++)
        {
            int output = panel * PanelLayout.OutputsPerPanel;
            int channel = (output - queries) % keys;
            int head = channel / Config.HeadStride;
            nint offset = output < queries + keys ? Cache.Layout.KeyOffset(Layer, head) : Cache.Layout.ValueOffset(Layer, head);
            for (int row = 0; row < Rows.Count; row++)
            {
                (int page, int slot) = Math.DivRem(Rows.Position(row), AttentionHead.PositionsPerPage);
                float* source = Scratch.QueryKeyValue + ((nint)row * Scratch.QueryKeyValueStride) + output;
                float* target = (float*)(Rows.Sequence(row).Table[page] + offset)
                    + (slot * Config.HeadStride) + (channel % Config.HeadStride);
                new ReadOnlySpan<float>(source, PanelLayout.OutputsPerPanel).CopyTo(new Span<float>(target, PanelLayout.OutputsPerPanel));
            }
        }
    }

    /// <summary>Quantizes the heads of keys and values that the given units, a head each, made into the cache.</summary>
    private void QuantizeKeysAndValues(int firstUnit, int unitCount)
    {
        int firstKey = Config.Heads;
        int firstValue = firstKey + Config.KeyValueHeads;
        for (int unit = Math.Max(firstUnit, firstKey); unit < firstUnit + unitCount; unit++)
        {
            nint offset = unit < firstValue
                ? Cache.Layout.KeyOffset(Layer, unit - firstKey)
                : Cache.Layout.ValueOffset(Layer, unit - firstValue);
            for (int row = 0; row < Rows.Count; row++)
            {
                (int page, int slot) = Math.DivRem(Rows.Position(row), AttentionHead.PositionsPerPage);
                float* source = Scratch.QueryKeyValue + ((nint)row * Scratch.QueryKeyValueStride) + (unit * Config.HeadStride);
                byte* target = Rows.Sequence(row).Table[page] + offset;
                float* scales = (float*)(target + Cache.Layout.ScalesOffset);
                TKernels.QuantizeHead(source, Config.HeadStride, (sbyte*)target + (slot * Config.HeadStride), scales + slot);
            }
        }
    }

    private void Attend(int bundle, int block, QuantizedActivations destination, int worker)
    {
        int firstRow = Rows.BlockStart(block);
        int endRow = Rows.BlockStart(block + 1);
        float* queries = Scratch.QueryKeyValue + ((nint)firstRow * Scratch.QueryKeyValueStride);
        float* attended = Scratch.Attended + ((nint)firstRow * Scratch.AttendedStride);
        int keyCount = Rows.Position(firstRow) + 1;
        int window = _windows[Layer];
        int pagesBehind = Math.Max(0, keyCount - window) / AttentionHead.PositionsPerPage;
        int firstHead = bundle * _headsInBundle;
        int endHead = Math.Min(firstHead + _headsInBundle, Config.Heads);
        for (int head = firstHead; head < endHead; head++)
        {
            AttentionHead operands = new()
            {
                Queries = endRow - firstRow,
                Query = queries + (head * Config.HeadStride),
                QueryStride = Scratch.QueryKeyValueStride,
                Pages = Rows.Sequence(firstRow).Table + pagesBehind,
                KeyOffset = Cache.Layout.KeyOffset(Layer, head / _headsOfOneKey),
                ValueOffset = Cache.Layout.ValueOffset(Layer, head / _headsOfOneKey),
                KeyCount = keyCount - (pagesBehind * AttentionHead.PositionsPerPage),
                Window = window,
                PaddedHeadSize = Config.HeadStride,
                ScoreScale = _scoreScale,
                AttentionScores = Scratch.Scores(worker),
                AttentionScoresStride = Scratch.ScoresStride,
                QuantizedQueries = Scratch.QuantizedQueries(worker),
                Output = attended + (head * Config.HeadStride),
                OutputStride = Scratch.AttendedStride,
            };
            if (_quantizesCache)
            {
                TKernels.AttendQuantized(operands);
            }
            else
            {
                TKernels.Attend(operands);
            }
        }

        int firstGroup = firstHead * Config.HeadStride / PanelLayout.InputsPerGroup;
        int endGroup = PanelLayout.Groups(endHead * Config.HeadStride);
        for (int row = firstRow; row < endRow; row++)
        {
            float* values = Scratch.Attended + ((nint)row * Scratch.AttendedStride);
            TKernels.Quantize(values, destination, row, firstGroup, endGroup - firstGroup);
        }
    }
}
