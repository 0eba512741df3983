using TinyGpt.Cache;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Model;

namespace TinyGpt.Decoding;

/// <summary>
/// The forward pass of a GPT, as kernel calls (Radford et al., 2019, "Language Models are Unsupervised Multitask Learners"; the block is
/// that of Vaswani et al., 2017). What later models changed in a stage is data, resolved here and in <see cref="ModelWeights"/>. Generic over the kernels, so that it is compiled once for each
/// instruction set, with direct calls.
/// </summary>
internal sealed unsafe class Decoder<TKernels> : Decoder
    where TKernels : struct, IKernels
{
    private const int PanelsPerGroup = PanelLayout.InputsPerGroup / PanelLayout.OutputsPerPanel;

    private readonly StageDefinition[] _stages;

    // Attention is divided into groups of heads that fill whole quantization groups, so that a unit can quantize what it made.
    private readonly int _headsInGroup;

    // What is rotated, normalized or quantized needs its whole head. Other keys and values are stored as each panel makes them, in more
    // and smaller units.
    private readonly bool _quantizesCache;
    private readonly int _panelsInUnit;

    private readonly int _panelsInHiddenUnit;
    private readonly RotaryAngles? _angles;
    private readonly int _queryHeadsPerKeyHead;
    private readonly float _scoreScale;
    private readonly int[] _windows;

    public Decoder(ModelConfig config, ModelWeights weights, KvArena cache, DecoderLimits limits)
        : base(config, weights, cache, limits)
    {
        _headsInGroup = PanelLayout.InputsPerGroup / Math.Min(PanelLayout.InputsPerGroup, config.HeadStride & -config.HeadStride);
        _quantizesCache = cache.Layout.Precision == KvPrecision.Int8;
        _panelsInUnit = _quantizesCache || config.Rotary is not null || config.QueryKeyNorm
            ? config.HeadStride / PanelLayout.OutputsPerPanel
            : 1;
        _panelsInHiddenUnit = config.Gated ? 2 * PanelsPerGroup : PanelsPerGroup;
        _angles = config.Rotary is { } rotary ? new RotaryAngles(rotary) : null;
        _queryHeadsPerKeyHead = config.Heads / config.KeyValueHeads;
        _scoreScale = config.ScoreScale ?? (float)(1.0 / Math.Sqrt(config.HeadSize));
        _windows = Windows(config);
        _stages = Define();
    }

    public override KernelTier Tier => TKernels.Tier;

    protected override ReadOnlySpan<StageDefinition> Stages => _stages;

    private BlockWeights Block => Weights.Blocks[Layer];

    private int HeadGroups => (Config.Heads + _headsInGroup - 1) / _headsInGroup;

    /// <summary>
    /// The forward pass from top to bottom: for every stage what it computes, into how many independent units it divides, and what a unit
    /// costs. From AttentionNorm to DownProjection it repeats for every block.
    /// </summary>
    private StageDefinition[] Define() =>
    [
        // Appending to a page that other sequences share: the copy belongs to this one.
        new(() => Rows.CopyCount * Config.Layers, () => Cache.Layout.LayerBytes, CopyPages),

        // x = token embedding + position embedding, or the rotary angles of the position
        new(TokenCount, TokenCost, Embed),

        // x += p of the block before; h = norm(x)
        new(TokenCount, TokenCost, NormalizeForAttention),

        // q, k, v = W·h + b; q and k are normalized and rotated; k and v go into the cache
        new(
            () => Block.QueryKeyValue.Matrix.Panels / _panelsInUnit,
            () => _panelsInUnit * PanelCost(Block.QueryKeyValue, Rows.Count),
            ProjectQueriesKeysAndValues),

        // a = softmax(q·Kᵀ / √d) · V, a head group at a time
        new(
            () => Rows.BlockCount * HeadGroups,
            () => (double)Math.Min(Rows.LongestContext, _windows[Layer]) * _headsInGroup * Config.HeadStride * Rows.Count / Rows.BlockCount,
            Attend),

        // p = W·a + b
        new(() => Block.AttentionOutput.Matrix.Panels, () => PanelCost(Block.AttentionOutput, Rows.Count), ProjectAttention),

        // x += p; h = norm(x). In a parallel block h = norm(x) comes first.
        new(TokenCount, TokenCost, NormalizeForFeedForward),

        // f = activation(W·h + b), or activation(gate) · up, a quantization group at a time
        new(
            () => PanelLayout.Groups(Config.FeedForwardWidth),
            () => _panelsInHiddenUnit * PanelCost(Block.FeedForwardIn, Rows.Count),
            ProjectGateAndUp),

        // p = W·f + b
        new(() => Block.FeedForwardOut.Matrix.Panels, () => PanelCost(Block.FeedForwardOut, Rows.Count), ProjectDown),

        // x += p; h = norm(x), for the tokens whose logits are wanted
        new(() => Rows.LogitCount, TokenCost, NormalizeForHead),

        // logits = W·h
        new(() => Rows.LogitCount == 0 ? 0 : Weights.Head.Matrix.Panels, () => PanelCost(Weights.Head, Rows.LogitCount), ProjectHead),
    ];

    private int TokenCount() => Rows.Count;

    private double TokenCost() => Scratch.WidthStride;

    // A panel's group costs its bytes from memory, with int8 about as much as five tokens' multiplications, and then each token's.
    private static double PanelCost(ProjectionWeights projection, int tokens) =>
        projection.Matrix.Groups * (tokens + (5.0 * projection.Matrix.GroupBytes / PanelLayout.GroupBytes));

    private void CopyPages(int first, int count, int worker)
    {
        for (int unit = first; unit < first + count; unit++)
        {
            PageCopy copy = Rows.Copy(unit / Config.Layers);
            Cache.CopyLayer(copy.From, copy.To, unit % Config.Layers);
        }
    }

    private void Embed(int first, int count, int worker)
    {
        for (int row = first; row < first + count; row++)
        {
            _angles?.Write(Rows.Position(row), Cosines(row), Sines(row));
            TKernels.Embed(Weights.TokenEmbedding, Rows.Token(row), PositionEmbedding(row), Residual(row));
        }
    }

    private void NormalizeForAttention(int first, int count, int worker) =>
        Normalize(Block.BeforeAttention, addProjection: Layer > 0, first, count);

    private void ProjectQueriesKeysAndValues(int first, int count, int worker)
    {
        int firstPanel = first * _panelsInUnit;
        int panels = count * _panelsInUnit;
        Multiply(
            Block.QueryKeyValue, Scratch.Normalized(Rows.Count), Scratch.QueryKeyValue, Scratch.QueryKeyValueStride, firstPanel, panels);
        PlaceQueriesAndKeys(Block, first, count);
        if (_quantizesCache)
        {
            QuantizeKeysAndValues(first, count);
        }
        else
        {
            StoreKeysAndValues(firstPanel, panels);
        }
    }

    private void Attend(int first, int count, int worker)
    {
        for (int unit = first; unit < first + count; unit++)
        {
            Attend(headGroup: unit / Rows.BlockCount, block: unit % Rows.BlockCount, Scratch.QuantizedAttended(Rows.Count), worker);
        }
    }

    private void ProjectAttention(int first, int count, int worker) =>
        Multiply(Block.AttentionOutput, Scratch.QuantizedAttended(Rows.Count), Scratch.Projection, Scratch.WidthStride, first, count);

    private void NormalizeForFeedForward(int first, int count, int worker)
    {
        Normalize(Block.BeforeFeedForward, addProjection: !Config.ParallelResidual, first, count);
        if (Config.ParallelResidual)
        {
            AddProjection(first, count);
        }
    }

    private void ProjectGateAndUp(int first, int count, int worker)
    {
        int firstPanel = first * _panelsInHiddenUnit;
        int panels = Math.Min(count * _panelsInHiddenUnit, Block.FeedForwardIn.Matrix.Panels - firstPanel);
        Multiply(Block.FeedForwardIn, Scratch.Normalized(Rows.Count), Scratch.Hidden, Scratch.HiddenStride, firstPanel, panels);
        Activate(Scratch.QuantizedHidden(Rows.Count), first, count);
    }

    private void ProjectDown(int first, int count, int worker) =>
        Multiply(Block.FeedForwardOut, Scratch.QuantizedHidden(Rows.Count), Scratch.Projection, Scratch.WidthStride, first, count);

    private void NormalizeForHead(int first, int count, int worker)
    {
        for (int index = first; index < first + count; index++)
        {
            int row = Rows.LogitRow(index);
            NormalizeRow(Weights.BeforeHead, Projection(row), row, Scratch.NormalizedLast(Rows.LogitCount), index);
        }
    }

    private void ProjectHead(int first, int count, int worker) =>
        Multiply(Weights.Head, Scratch.NormalizedLast(Rows.LogitCount), Scratch.Logits, Scratch.LogitsStride, first, count);

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

    private float* Residual(int row) => Scratch.Residual + ((nint)row * Scratch.WidthStride);

    private float* Projection(int row) => Scratch.Projection + ((nint)row * Scratch.WidthStride);

    private float* Cosines(int row) => Scratch.Cosines + ((nint)row * Scratch.RotationStride);

    private float* Sines(int row) => Scratch.Sines + ((nint)row * Scratch.RotationStride);

    private float* PositionEmbedding(int row) => Weights.PositionEmbedding == null
        ? null
        : Weights.PositionEmbedding + ((nint)Rows.Position(row) * Scratch.WidthStride);

    private static void Multiply(ProjectionWeights projection, QuantizedActivations rows, float* output, int stride, int first, int count) =>
        TKernels.MultiplyPanels(projection.Matrix, rows, projection.Bias, output, stride, first, count);

    private void Normalize(NormWeights norm, bool addProjection, int first, int count)
    {
        QuantizedActivations destination = Scratch.Normalized(Rows.Count);
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

    private void Attend(int headGroup, int block, QuantizedActivations destination, int worker)
    {
        int firstRow = Rows.BlockStart(block);
        int endRow = Rows.BlockStart(block + 1);
        float* queries = Scratch.QueryKeyValue + ((nint)firstRow * Scratch.QueryKeyValueStride);
        float* attended = Scratch.Attended + ((nint)firstRow * Scratch.AttendedStride);
        int keyCount = Rows.Position(firstRow) + 1;
        int window = _windows[Layer];
        int pagesBefore = Math.Max(0, keyCount - window) / AttentionHead.PositionsPerPage;
        int firstHead = headGroup * _headsInGroup;
        int endHead = Math.Min(firstHead + _headsInGroup, Config.Heads);
        for (int head = firstHead; head < endHead; head++)
        {
            AttentionHead operands = new()
            {
                Queries = endRow - firstRow,
                Query = queries + (head * Config.HeadStride),
                QueryStride = Scratch.QueryKeyValueStride,
                Pages = Rows.Sequence(firstRow).Table + pagesBefore,
                KeyOffset = Cache.Layout.KeyOffset(Layer, head / _queryHeadsPerKeyHead),
                ValueOffset = Cache.Layout.ValueOffset(Layer, head / _queryHeadsPerKeyHead),
                KeyCount = keyCount - (pagesBefore * AttentionHead.PositionsPerPage),
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
