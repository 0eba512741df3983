using System.Runtime.InteropServices;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>
/// The matrix products of a pass, and nothing else of it: the matrices in the order of the forward pass, with weights from memory if there
/// are more than the cache holds, a chunk of rows at a time. Threads take panels as they get to them, as in the engine. Not thread-safe.
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
    /// <param name="shapes">The matrices.</param>
    /// <param name="tokens">Tokens to multiply; whole chunks are computed.</param>
    /// <param name="chunk">Rows in one pass.</param>
    protected MatrixWork(IReadOnlyList<TensorShape> shapes, int tokens, int chunk)
    {
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
            PackedMatrix matrix = new(data, shape.Rows, shape.Columns, shape.Precision);
            FillPanels(matrix);
            _matrices.Add(matrix);
            WeightBytes += shape.Bytes;
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

    /// <summary>Bytes of the matrices.</summary>
    public long WeightBytes { get; }

    /// <summary>Prepares the matrices of all blocks, as a prompt multiplies them.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="tensors">The model's tensors.</param>
    /// <param name="tokens">Tokens of the prompt; whole chunks are computed.</param>
    /// <param name="chunk">Rows in one pass.</param>
    public static MatrixWork OfPrompt(KernelTier tier, IReadOnlyList<TensorShape> tensors, int tokens, int chunk) =>
        For(tier, [.. tensors.Where(tensor => tensor.IsQuantized && !IsVocabulary(tensor))], tokens, chunk);

    /// <summary>Prepares all matrices that decoding reads: those of the blocks and, last, the head.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="tensors">The model's tensors.</param>
    /// <param name="tokens">How many tokens, one after the other.</param>
    public static MatrixWork OfTokens(KernelTier tier, IReadOnlyList<TensorShape> tensors, int tokens)
    {
        TensorShape head = tensors.LastOrDefault(tensor => tensor.Name == ModelTensors.Head)
            ?? tensors.First(tensor => tensor.Name == ModelTensors.TokenEmbedding);
        return For(tier, [.. tensors.Where(tensor => tensor.IsQuantized && !IsVocabulary(tensor)), head], tokens, chunk: 1);
    }

    /// <summary>Prepares any matrices for a tier.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <inheritdoc cref="MatrixWork(IReadOnlyList{TensorShape}, int, int)"/>
    public static MatrixWork For(KernelTier tier, IReadOnlyList<TensorShape> shapes, int tokens, int chunk) => tier switch
    {
        KernelTier.Avx2 => new OfTier<Avx2Kernels>(shapes, tokens, chunk),
        KernelTier.AvxVnni => new OfTier<AvxVnniKernels>(shapes, tokens, chunk),
        KernelTier.Avx512 => new OfTier<Avx512Kernels>(shapes, tokens, chunk),
        KernelTier.Neon => new OfTier<NeonKernels>(shapes, tokens, chunk),
        KernelTier.NeonDp => new OfTier<NeonDpKernels>(shapes, tokens, chunk),
        _ => new OfTier<ScalarKernels>(shapes, tokens, chunk),
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

    private static void FillPanels(in PackedMatrix matrix)
    {
        int weightBytes = matrix.GroupBytes - PanelLayout.GroupScaleBytes;
        byte* end = matrix.Panel(matrix.Panels);
        for (byte* group = matrix.Data; group < end; group += matrix.GroupBytes)
        {
            Span<sbyte> weights = new(group, weightBytes);
            Random.Shared.NextBytes(MemoryMarshal.AsBytes(weights));
            weights.Replace(sbyte.MinValue, (sbyte)0); // the one value that int8 panels never hold
            new Span<float>(group + weightBytes, PanelLayout.RowsPerPanel).Fill(1e-3f);
        }
    }

    private static bool IsVocabulary(TensorShape tensor) => tensor.Name is ModelTensors.TokenEmbedding or ModelTensors.Head;

    private sealed class OfTier<TKernels>(IReadOnlyList<TensorShape> shapes, int tokens, int chunk) : MatrixWork(shapes, tokens, chunk)
        where TKernels : struct, IKernels
    {
        private protected override void Multiply(
            in PackedMatrix matrix, in QuantizedRows rows, float* output, int firstPanel, int panelCount) =>
            TKernels.MultiplyPanels(matrix, rows, null, output, OutputStride, firstPanel, panelCount);
    }
}
