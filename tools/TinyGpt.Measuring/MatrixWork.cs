using System.Runtime.InteropServices;
using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;
using TinyGpt.Model;

namespace TinyGpt.Measuring;

/// <summary>
/// The matrix products of a pass, and nothing else of it: the matrices in the order of the forward pass, with weights from memory if there
/// are more than the cache holds, a chunk of rows at a time. Threads take panels as they get to them, as in the engine. Not thread-safe.
/// </summary>
internal abstract unsafe class MatrixWork : IDisposable
{
    private const int PanelsAtOnce = 4;

    private readonly IReadOnlyList<PackedMatrix> _matrices;
    private readonly NativeArena? _weights;
    private readonly NativeArena _rows;
    private readonly int _chunk;
    private readonly int _chunks;
    private readonly QuantizedActivations _widest;
    private readonly float* _output;

    /// <summary>Makes rows of random numbers.</summary>
    /// <param name="matrices">The matrices.</param>
    /// <param name="weights">The memory that holds them, if it is to be freed with the work.</param>
    /// <param name="tokens">Tokens to multiply; whole chunks are computed.</param>
    /// <param name="chunk">Tokens in one forward pass.</param>
    protected MatrixWork(IReadOnlyList<PackedMatrix> matrices, NativeArena? weights, int tokens, int chunk)
    {
        _matrices = matrices;
        _weights = weights;
        _chunk = chunk;
        _chunks = (tokens + chunk - 1) / chunk;
        WeightBytes = matrices.Sum(Bytes);
        MultiplyAdds = matrices.Sum(matrix => (double)matrix.Outputs * matrix.Inputs) * _chunk * _chunks;
        int groups = matrices.Max(matrix => matrix.Groups);
        OutputStride = matrices.Max(matrix => PanelLayout.PaddedOutputs(matrix.Outputs));
        long scales = (long)chunk * groups;
        long rowBytes = scales * (PanelLayout.InputsPerGroup + sizeof(float) + sizeof(int));
        const long Rounding = 8 * PanelLayout.Alignment;
        _rows = new NativeArena(rowBytes + ((long)chunk * OutputStride * sizeof(float)) + Rounding);
        sbyte* values = (sbyte*)_rows.Take(scales * PanelLayout.InputsPerGroup);
        Random.Shared.NextBytes(new Span<byte>(values, (int)scales * PanelLayout.InputsPerGroup));
        float* rowScales = _rows.TakeFloats(scales);
        new Span<float>(rowScales, (int)scales).Fill(1e-3f);
        _widest = new QuantizedActivations(values, rowScales, (int*)_rows.Take(scales * sizeof(int)), chunk, groups);
        _output = _rows.TakeFloats((long)chunk * OutputStride);
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
    /// <param name="chunk">Tokens in one forward pass.</param>
    public static MatrixWork OfPrompt(KernelTier tier, IReadOnlyList<TensorShape> tensors, int tokens, int chunk) =>
        For(tier, [.. tensors.Where(tensor => tensor.IsQuantized && !IsVocabulary(tensor))], tokens, chunk);

    /// <summary>Prepares all matrices that decoding reads, where the model has them: those of the blocks and, last, the head.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="weights">The model's weights; must stay alive as long as the work.</param>
    /// <param name="tokens">How many tokens, one after the other.</param>
    public static MatrixWork OfTokens(KernelTier tier, ModelWeights weights, int tokens) => Create(tier, MatricesOf(weights), null, tokens, 1);

    /// <summary>The same on copies, in memory that is made now.</summary>
    /// <inheritdoc cref="OfTokens"/>
    public static MatrixWork OfTokensElsewhere(KernelTier tier, ModelWeights weights, int tokens)
    {
        PackedMatrix[] originals = MatricesOf(weights);
        NativeArena arena = new(originals.Sum(Bytes));
        PackedMatrix[] copies = [.. originals.Select(matrix =>
        {
            byte* copy = arena.Take(Bytes(matrix));
            Buffer.MemoryCopy(matrix.Data, copy, Bytes(matrix), Bytes(matrix));
            return new PackedMatrix(copy, matrix.Outputs, matrix.Inputs, matrix.Precision);
        })];
        return Create(tier, copies, arena, tokens, 1);
    }

    /// <summary>Prepares matrices of random numbers.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="shapes">The matrices.</param>
    /// <param name="tokens">Tokens to multiply; whole chunks are computed.</param>
    /// <param name="chunk">Tokens in one forward pass.</param>
    public static MatrixWork For(KernelTier tier, IReadOnlyList<TensorShape> shapes, int tokens, int chunk)
    {
        NativeArena arena = new(shapes.Sum(shape => NativeArena.RoundUp(shape.Bytes)));
        PackedMatrix[] matrices =
        [
            .. shapes.Select(shape => new PackedMatrix(arena.Take(shape.Bytes), shape.Rows, shape.Columns, shape.Precision)),
        ];
        Array.ForEach(matrices, FillPanels);
        return Create(tier, matrices, arena, tokens, chunk);
    }

    /// <summary>Multiplies everything once, on the given number of threads, and returns the seconds.</summary>
    public double Run(int threads)
    {
        int[] claimed = new int[_chunks * _matrices.Count];
        return ThreadedTimer.Time(threads, 1, _ =>
        {
            for (int job = 0; job < claimed.Length; job++)
            {
                PackedMatrix matrix = _matrices[job % _matrices.Count];
                QuantizedActivations rows = new(_widest.Values, _widest.Scales, _widest.Sums, _chunk, matrix.Groups);
                int first;
                while ((first = Interlocked.Add(ref claimed[job], PanelsAtOnce) - PanelsAtOnce) < matrix.Panels)
                {
                    Multiply(matrix, rows, _output, first, Math.Min(PanelsAtOnce, matrix.Panels - first));
                }
            }
        })[0];
    }

    /// <summary>Frees the matrices.</summary>
    public void Dispose()
    {
        _weights?.Dispose();
        _rows.Dispose();
    }

    private protected abstract void Multiply(in PackedMatrix matrix, in QuantizedActivations rows, float* output, int firstPanel, int panelCount);

    private static MatrixWork Create(KernelTier tier, IReadOnlyList<PackedMatrix> matrices, NativeArena? weights, int tokens, int chunk) => tier switch
    {
        KernelTier.Avx2 => new OfTier<Avx2Kernels>(matrices, weights, tokens, chunk),
        KernelTier.AvxVnni => new OfTier<AvxVnniKernels>(matrices, weights, tokens, chunk),
        KernelTier.Avx512 => new OfTier<Avx512Kernels>(matrices, weights, tokens, chunk),
        KernelTier.Avx512Vnni => new OfTier<Avx512VnniKernels>(matrices, weights, tokens, chunk),
        KernelTier.Neon => new OfTier<NeonKernels>(matrices, weights, tokens, chunk),
        KernelTier.NeonDp => new OfTier<NeonDpKernels>(matrices, weights, tokens, chunk),
        _ => new OfTier<ScalarKernels>(matrices, weights, tokens, chunk),
    };

    private static PackedMatrix[] MatricesOf(ModelWeights weights) =>
    [
        .. weights.Blocks.SelectMany(block => (PackedMatrix[])
        [
            block.QueryKeyValue.Matrix, block.AttentionOutput.Matrix, block.FeedForwardIn.Matrix, block.FeedForwardOut.Matrix,
        ]),
        weights.Head.Matrix,
    ];

    private static long Bytes(PackedMatrix matrix) => PanelLayout.PackedBytes(matrix.Outputs, matrix.Inputs, matrix.Precision);

    private static void FillPanels(PackedMatrix matrix)
    {
        int weightBytes = matrix.GroupBytes - PanelLayout.GroupScaleBytes;
        byte* end = matrix.Panel(matrix.Panels);
        for (byte* group = matrix.Data; group < end; group += matrix.GroupBytes)
        {
            Span<sbyte> weights = new(group, weightBytes);
            Random.Shared.NextBytes(MemoryMarshal.AsBytes(weights));
            weights.Replace(sbyte.MinValue, (sbyte)0); // the one value that int8 panels never hold
            new Span<float>(group + weightBytes, PanelLayout.OutputsPerPanel).Fill(1e-3f);
        }
    }

    private static bool IsVocabulary(TensorShape tensor) => tensor.Name is ModelTensors.TokenEmbedding or ModelTensors.Head;

    private sealed class OfTier<TKernels>(IReadOnlyList<PackedMatrix> matrices, NativeArena? weights, int tokens, int chunk)
        : MatrixWork(matrices, weights, tokens, chunk)
        where TKernels : struct, IKernels
    {
        private protected override void Multiply(
            in PackedMatrix matrix, in QuantizedActivations rows, float* output, int firstPanel, int panelCount) =>
            TKernels.MultiplyPanels(matrix, rows, null, output, OutputStride, firstPanel, panelCount);
    }
}
