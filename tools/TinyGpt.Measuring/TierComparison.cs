using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Measuring;

/// <summary>
/// Runs operations in two tiers, a tier and <see cref="ScalarKernels"/>, and counts what differs. Sizes are chosen at the borders: one
/// row and one more than a tile, one key and one more than a page, widths that are no multiple of anything.
/// </summary>
internal sealed unsafe partial class TierComparison<TKernels>(Random random)
    where TKernels : struct, IKernels
{
    private const int LargestRows = 13;
    private const int Groups = 5;
    private const int Width = Groups * PanelLayout.InputsPerGroup;
    private const int LargestLogits = 1500;

    private static readonly int[] RowCounts = [1, 2, 3, 4, 5, 6, 7, 8, LargestRows];
    private static readonly int[] HeadStrides = [16, 32, 48, 64, 80, 128];
    private static readonly int[] KeyCounts = [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 130];
    private static readonly int[] LogitCounts = [1, 7, 16, 17, 63, 257, LargestLogits];

    /// <summary>Numbers compared so far.</summary>
    public long Compared { get; private set; }

    /// <summary>Numbers that differed.</summary>
    public long Differences { get; private set; }

    /// <summary>Where the first of them was, or null.</summary>
    public string? FirstDifference { get; private set; }

    /// <summary>
    /// Compares matrix products of 1 to 13 rows, with bias and without, all panels and a part of them, with int8 and 4-bit weights.
    /// </summary>
    public void CompareMatrices()
    {
        foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
        {
            CompareMatrices(precision);
        }
    }

    /// <summary>Compares quantization, plain and after both forms of GELU, over magnitudes from zero to large.</summary>
    public void CompareQuantization()
    {
        using NativeArena arena = new(1 << 20);
        foreach (int rows in RowCounts)
        {
            float* inputs = RandomFloats(arena, rows * Width, 6f);
            new Span<float>(inputs, PanelLayout.InputsPerGroup).Clear();
            inputs[PanelLayout.InputsPerGroup] = -1e6f;
            inputs[PanelLayout.InputsPerGroup + 1] = 1e-30f;
            QuantizedActivations expected = TakeRows(arena, rows);
            QuantizedActivations actual = TakeRows(arena, rows);
            for (int row = 0; row < rows; row++)
            {
                ScalarKernels.Quantize(inputs + (row * Width), expected, row, 0, Groups);
                TKernels.Quantize(inputs + (row * Width), actual, row, 0, Groups);
            }

            Compare($"quantization, {rows} rows", expected, actual);
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                for (int row = 0; row < rows; row++)
                {
                    ScalarKernels.ActivateQuantize(inputs + (row * Width), activation, expected, row, 1, Groups - 1);
                    TKernels.ActivateQuantize(inputs + (row * Width), activation, actual, row, 1, Groups - 1);
                }

                Compare($"{activation}, {rows} rows", expected, actual);
            }
        }
    }

    /// <summary>Compares the residual addition and layer norm, for every width up to a group less than the padded one.</summary>
    public void CompareNorms()
    {
        using NativeArena arena = new(1 << 20);
        float* start = arena.TakeFloats(Width);
        float* addend = arena.TakeFloats(Width);
        float* gain = arena.TakeFloats(Width);
        float* bias = arena.TakeFloats(Width);
        float* expected = arena.TakeFloats(Width);
        float* actual = arena.TakeFloats(Width);
        QuantizedActivations expectedRows = TakeRows(arena, 1);
        QuantizedActivations actualRows = TakeRows(arena, 1);
        for (int width = Width - PanelLayout.InputsPerGroup + 1; width <= Width; width++)
        {
            foreach (float* buffer in (float*[])[start, addend, gain, bias])
            {
                new Span<float>(buffer, Width).Clear();
                Randomize(buffer, width, 3f);
            }

            foreach (bool adds in (bool[])[false, true])
            {
                new ReadOnlySpan<float>(start, Width).CopyTo(new Span<float>(expected, Width));
                new ReadOnlySpan<float>(start, Width).CopyTo(new Span<float>(actual, Width));
                ScalarKernels.AddNormalizeQuantize(expected, adds ? addend : null, width, gain, bias, 1e-5f, expectedRows, 0);
                TKernels.AddNormalizeQuantize(actual, adds ? addend : null, width, gain, bias, 1e-5f, actualRows, 0);
                Compare($"residual, width {width}", expected, actual, Width);
                Compare($"norm, width {width}", expectedRows, actualRows);
            }
        }
    }

    /// <summary>Compares attention over 1 to 130 keys on three pages, for head sizes of 16 to 128.</summary>
    public void CompareAttention()
    {
        foreach (int stride in HeadStrides)
        {
            int pageFloats = 2 * AttentionHead.PositionsPerPage * stride;
            using NativeArena arena = new(1 << 20);
            byte** pages = (byte**)arena.Take(3 * sizeof(byte*));
            for (int page = 0; page < 3; page++)
            {
                pages[page] = (byte*)RandomFloats(arena, pageFloats, 1f);
            }

            float* query = RandomFloats(arena, stride, 4f);
            float* scores = arena.TakeFloats(3 * AttentionHead.PositionsPerPage);
            float* expected = arena.TakeFloats(stride);
            float* actual = arena.TakeFloats(stride);
            foreach (int keys in KeyCounts)
            {
                AttentionHead head = new()
                {
                    Query = query,
                    Pages = pages,
                    KeyOffset = 0,
                    ValueOffset = pageFloats / 2 * sizeof(float),
                    KeyCount = keys,
                    PaddedHeadSize = stride,
                    ScoreScale = 0.25f,
                    AttentionScores = scores,
                    Output = expected,
                };
                ScalarKernels.Attend(head);
                TKernels.Attend(head with { Output = actual });
                Compare($"attention, {keys} keys of {stride} channels", expected, actual, stride);
                head = head with { Window = (keys / 2) + 1 };
                ScalarKernels.Attend(head);
                TKernels.Attend(head with { Output = actual });
                Compare($"attention, {head.Window} of {keys} keys of {stride} channels", expected, actual, stride);
            }
        }
    }

    /// <summary>Compares embedding rows, with a position and without.</summary>
    public void CompareEmbedding()
    {
        const int Tokens = 40;
        using NativeArena arena = new(1 << 20);
        PackedMatrix embedding = RandomMatrix(arena, Tokens, Width);
        float* position = RandomFloats(arena, Width, 0.1f);
        float* expected = arena.TakeFloats(Width);
        float* actual = arena.TakeFloats(Width);
        for (int token = 0; token < Tokens; token++)
        {
            float* added = token % 2 == 0 ? position : null;
            ScalarKernels.Embed(embedding, token, added, expected);
            TKernels.Embed(embedding, token, added, actual);
            Compare($"embedding of token {token}", expected, actual, Width);
        }
    }

    /// <summary>Compares arg-max, with ties, and the weights that sampling draws from.</summary>
    public void CompareSampling()
    {
        using NativeArena arena = new(1 << 20);
        float* expected = arena.TakeFloats(LargestLogits);
        float* actual = arena.TakeFloats(LargestLogits);
        foreach (int count in LogitCounts)
        {
            float* logits = RandomFloats(arena, count, 12f);
            int first = ScalarKernels.ArgMax(logits, count);
            Compare($"arg-max of {count}", first, TKernels.ArgMax(logits, count));
            float maximum = logits[first];
            ScalarKernels.SoftmaxWeights(logits, count, maximum, 1.25f, expected);
            TKernels.SoftmaxWeights(logits, count, maximum, 1.25f, actual);
            Compare($"softmax weights of {count}", expected, actual, count);

            logits[count - 1] = maximum;
            logits[count / 2] = maximum;
            Compare($"arg-max of {count} with ties", ScalarKernels.ArgMax(logits, count), TKernels.ArgMax(logits, count));
        }
    }

    private void CompareMatrices(WeightPrecision precision)
    {
        const int Panels = 5;
        const int Outputs = Panels * PanelLayout.OutputsPerPanel;
        using NativeArena arena = new(1 << 20);
        PackedMatrix weights = RandomMatrix(arena, Outputs, Width, precision);
        float* bias = RandomFloats(arena, Outputs, 1f);
        float* inputs = RandomFloats(arena, LargestRows * Width, 2f);
        float* expected = arena.TakeFloats(LargestRows * Outputs);
        float* actual = arena.TakeFloats(LargestRows * Outputs);
        foreach (int rows in RowCounts)
        {
            QuantizedActivations activations = TakeRows(arena, rows);
            for (int row = 0; row < rows; row++)
            {
                ScalarKernels.Quantize(inputs + (row * Width), activations, row, 0, Groups);
            }

            ScalarKernels.MultiplyPanels(weights, activations, bias, expected, Outputs, 0, Panels);
            TKernels.MultiplyPanels(weights, activations, bias, actual, Outputs, 0, Panels);
            Compare($"{precision} matrix, {rows} rows, bias", expected, actual, rows * Outputs);
            ScalarKernels.MultiplyPanels(weights, activations, null, expected, Outputs, 1, Panels - 2);
            TKernels.MultiplyPanels(weights, activations, null, actual, Outputs, 1, Panels - 2);
            Compare($"{precision} matrix, {rows} rows, a part of the panels", expected, actual, rows * Outputs);
        }
    }

    private void Compare(string operation, in QuantizedActivations expected, in QuantizedActivations actual)
    {
        int groups = expected.Tokens * expected.Groups;
        CompareBits(
            operation,
            new ReadOnlySpan<byte>(expected.Values, groups * PanelLayout.InputsPerGroup),
            new ReadOnlySpan<byte>(actual.Values, groups * PanelLayout.InputsPerGroup),
            sizeof(sbyte));
        Compare(operation + ", scales", expected.Scales, actual.Scales, groups);
        Compare(operation + ", sums", (float*)expected.Sums, (float*)actual.Sums, groups);
    }

    private void Compare(string operation, int expected, int actual) =>
        CompareBits(operation, new ReadOnlySpan<byte>(&expected, sizeof(int)), new ReadOnlySpan<byte>(&actual, sizeof(int)), sizeof(int));

    private void Compare(string operation, float* expected, float* actual, int count) => CompareBits(
        operation,
        new ReadOnlySpan<byte>(expected, count * sizeof(float)),
        new ReadOnlySpan<byte>(actual, count * sizeof(float)),
        sizeof(float));

    private void CompareBits(string operation, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, int size)
    {
        Compared += expected.Length / size;
        if (expected.SequenceEqual(actual))
        {
            return;
        }

        FirstDifference ??= operation;
        for (int at = 0; at < expected.Length; at += size)
        {
            Differences += expected.Slice(at, size).SequenceEqual(actual.Slice(at, size)) ? 0 : 1;
        }
    }

    private static QuantizedActivations TakeRows(NativeArena arena, int rows) => new(
        (sbyte*)arena.Take((long)rows * Width), arena.TakeFloats(rows * Groups), (int*)arena.TakeFloats(rows * Groups), rows, Groups);

    private PackedMatrix RandomMatrix(NativeArena arena, int rows, int columns, WeightPrecision precision = WeightPrecision.Int8)
    {
        byte* data = arena.Take(PanelLayout.PackedBytes(rows, columns, precision));
        PackedMatrix matrix = new(data, rows, columns, precision);
        int weightBytes = matrix.GroupBytes - PanelLayout.GroupScaleBytes;
        for (int group = 0; group < matrix.Panels * matrix.Groups; group++)
        {
            byte* packed = data + ((nint)group * matrix.GroupBytes);
            for (int i = 0; i < weightBytes; i++)
            {
                // -128 is no int8 weight; as two of 4 bits it is one pair less that is tried.
                packed[i] = (byte)random.Next(-PanelLayout.MaxQuantized, PanelLayout.MaxQuantized + 1);
            }

            Randomize((float*)(packed + weightBytes), PanelLayout.OutputsPerPanel, 0.01f);
        }

        return matrix;
    }

    private float* RandomFloats(NativeArena arena, int count, float range)
    {
        float* values = arena.TakeFloats(count);
        Randomize(values, count, range);
        return values;
    }

    private void Randomize(float* values, int count, float range)
    {
        for (int i = 0; i < count; i++)
        {
            values[i] = range * ((2f * random.NextSingle()) - 1f);
        }
    }
}
