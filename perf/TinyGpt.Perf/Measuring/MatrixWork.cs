using System.Runtime.InteropServices;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>
/// The matrix products of a prompt, and nothing else of the pass: every block's matrices in the order of the forward pass, with weights
/// from memory, a chunk of rows at a time. Threads take panels as they get to them, as in the engine. Not thread-safe.
/// </summary>
internal abstract unsafe class MatrixWork : IDisposable
{
    private const int PanelsAtOnce = 4;

    private readonly NativeArena _arena;
    private readonly List<PackedMatrix> _matrices = [];
    private readonly int _chunk;
    private readonly int _chunks;
    private readonly QuantizedRows _widest;
    private readonly float* _output;

    /// <summary>Makes matrices and rows of random numbers.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tokens">Tokens of the prompt; whole chunks are computed.</param>
    /// <param name="chunk">Rows in one pass.</param>
    protected MatrixWork(ModelConfig config, int tokens, int chunk)
    {
        TensorShape[] shapes =
        [
            .. ModelTensors.Of(config).Where(tensor => tensor.Kind == TensorKind.Panels
                && tensor.Name is not (ModelTensors.TokenEmbedding or ModelTensors.PositionEmbedding or ModelTensors.Head)),
        ];
        _chunk = chunk;
        _chunks = (tokens + chunk - 1) / chunk;
        int groups = shapes.Max(shape => PanelLayout.Groups(shape.Columns));
        long rowBytes = (long)chunk * groups * (PanelLayout.InputsPerGroup + sizeof(float) + sizeof(int));
        OutputStride = shapes.Max(shape => PanelLayout.PaddedRows(shape.Rows));
        long outputBytes = (long)chunk * OutputStride * sizeof(float);
        const long Rounding = 8 * PanelLayout.Alignment;
        _arena = new NativeArena(shapes.Sum(shape => NativeArena.RoundUp(shape.Bytes)) + rowBytes + outputBytes + Rounding);
        foreach (TensorShape shape in shapes)
        {
            byte* data = _arena.Take(shape.Bytes);
            FillPanels(data, shape.Bytes);
            _matrices.Add(new PackedMatrix(data, shape.Rows, shape.Columns));
            MultiplyAdds += (double)shape.Rows * shape.Columns * _chunk * _chunks;
        }

        long scales = (long)chunk * groups;
        sbyte* values = (sbyte*)_arena.Take(scales * PanelLayout.InputsPerGroup);
        Random.Shared.NextBytes(new Span<byte>(values, (int)scales * PanelLayout.InputsPerGroup));
        float* rowScales = _arena.TakeFloats(scales);
        new Span<float>(rowScales, (int)scales).Fill(1e-3f);
        _widest = new QuantizedRows(values, rowScales, (int*)_arena.Take(scales * sizeof(int)), chunk, groups);
        _output = _arena.TakeFloats((long)chunk * OutputStride);
    }

    /// <summary>Multiply-adds of one run.</summary>
    public double MultiplyAdds { get; }

    private protected int OutputStride { get; }

    /// <summary>Prepares the work for a tier.</summary>
    /// <inheritdoc cref="MatrixWork(ModelConfig, int, int)"/>
    public static MatrixWork For(KernelTier tier, ModelConfig config, int tokens, int chunk) => tier switch
    {
        KernelTier.Avx2 => new OfTier<Avx2Kernels>(config, tokens, chunk),
        KernelTier.AvxVnni => new OfTier<AvxVnniKernels>(config, tokens, chunk),
        KernelTier.Avx512 => new OfTier<Avx512Kernels>(config, tokens, chunk),
        KernelTier.Neon => new OfTier<NeonKernels>(config, tokens, chunk),
        KernelTier.NeonDp => new OfTier<NeonDpKernels>(config, tokens, chunk),
        _ => new OfTier<ScalarKernels>(config, tokens, chunk),
    };

    /// <summary>Multiplies everything once, on as many threads, and gives the seconds.</summary>
    public double Run(int threads)
    {
        int[] claimed = new int[_chunks * _matrices.Count];
        return ThreadedTimer.Time(threads, 1, _ =>
        {
            for (int job = 0; job < claimed.Length; job++)
            {
                PackedMatrix matrix = _matrices[job % _matrices.Count];
                QuantizedRows rows = new(_widest.Values, _widest.Scales, _widest.Sums, _chunk, matrix.Groups);
                int first;
                while ((first = Interlocked.Add(ref claimed[job], PanelsAtOnce) - PanelsAtOnce) < matrix.Panels)
                {
                    Multiply(matrix, rows, _output, first, Math.Min(PanelsAtOnce, matrix.Panels - first));
                }
            }
        })[0];
    }

    /// <summary>Frees the matrices.</summary>
    public void Dispose() => _arena.Dispose();

    private protected abstract void Multiply(in PackedMatrix matrix, in QuantizedRows rows, float* output, int firstPanel, int panelCount);

    private static void FillPanels(byte* data, long bytes)
    {
        for (byte* group = data; group < data + bytes; group += PanelLayout.GroupBytes)
        {
            Span<sbyte> weights = new(group, PanelLayout.GroupWeightBytes);
            Random.Shared.NextBytes(MemoryMarshal.AsBytes(weights));
            weights.Replace(sbyte.MinValue, (sbyte)0); // the one value that panels never hold
            new Span<float>(group + PanelLayout.GroupWeightBytes, PanelLayout.RowsPerPanel).Fill(1e-3f);
        }
    }

    private sealed class OfTier<TKernels>(ModelConfig config, int tokens, int chunk) : MatrixWork(config, tokens, chunk)
        where TKernels : struct, IKernels
    {
        private protected override void Multiply(
            in PackedMatrix matrix, in QuantizedRows rows, float* output, int firstPanel, int panelCount) =>
            TKernels.MultiplyPanels(matrix, rows, null, output, OutputStride, firstPanel, panelCount);
    }
}
