using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import.Packing;

/// <summary>A <c>.tgpt</c> file as a checkpoint: every quantized weight is read as its value.</summary>
internal sealed unsafe class TgptModel : CheckpointModel
{
    private readonly TgptFile _file;
    private readonly Dictionary<string, TensorShape> _shapes;

    private TgptModel(TgptFile file)
        : base(file)
    {
        _file = file;
        _shapes = file.Info.Tensors.ToDictionary(shape => shape.Name, StringComparer.Ordinal);
        foreach (TensorShape shape in file.Info.Tensors)
        {
            Add(shape.Name, new PackedRows(file, shape));
        }

        Tokenizer = file.TokenizerKind is { } kind
            ? new TokenizerContent(kind, file.TokenizerData.ToArray()) { Chat = file.Info.Chat, EndTokens = EndTokensOf(file.Config) }
            : null;
        Parts = [.. file.Info.Parts.Select(part => new ModelPart(part.Kind, file.PartData(part.Kind).ToArray()))];
    }

    public override ModelConfig Config => _file.Config;

    public override long SourceBytes => _shapes.Values.Sum(shape => shape.Bytes);

    public override IEnumerable<SourceTensor> Stored => _shapes.Values.Select(shape => new SourceTensor(
        shape.Name, !shape.IsQuantized ? "float32" : shape.Precision == WeightPrecision.Int4 ? "int4" : "int8", [shape.Rows, shape.Columns], shape.Bytes));

    public override TokenizerContent? Tokenizer { get; }

    public override IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    public static TgptModel Open(string path) => Own(TgptFile.Open(path), file => new TgptModel(file));

    /// <summary>As it is stored where the precision stays, so that nothing is rounded twice.</summary>
    /// <exception cref="ModelFormatException">4-bit weights are to become int8 ones.</exception>
    public override QuantizationError Fill(TensorShape tensor, byte* target, Action<double>? share, CancellationToken cancellation)
    {
        TensorKind stored = _shapes[tensor.Name].Kind;
        if (stored == TensorKind.Panels && tensor.Kind == TensorKind.Int4Panels)
        {
            return base.Fill(tensor, target, share, cancellation);
        }

        if (stored != tensor.Kind)
        {
            throw new ModelFormatException(
                _file.Info.File,
                "the weights have 4 bits, and 8 would not bring back what is lost: ask for --bits 4, or pack the checkpoint that it was made from");
        }

        Buffer.MemoryCopy(_file.Tensor(tensor.Name), target, tensor.Bytes, tensor.Bytes);
        return default;
    }

    private static int[] EndTokensOf(ModelConfig config) => config.EndOfTextToken is { } end ? [end, .. config.OtherEndTokens] : [];

    /// <summary>The rows of a packed tensor.</summary>
    private sealed class PackedRows(TgptFile file, TensorShape shape) : IRowSource
    {
        public string File => file.Info.File;

        public string Name => shape.Name;

        public int Rows => shape.Rows;

        public int Columns => shape.Columns;

        public void CopyRows(int first, int count, Span<float> target, int stride)
        {
            byte* data = file.Tensor(shape.Name);
            if (!shape.IsQuantized)
            {
                int padded = PanelLayout.PaddedInputs(Columns);
                for (int i = 0; i < count; i++)
                {
                    new ReadOnlySpan<float>((float*)data + ((long)(first + i) * padded), Columns).CopyTo(target[(i * stride)..]);
                }

                return;
            }

            PackedMatrix matrix = new(data, Rows, Columns, shape.Precision);
            for (int i = 0; i < count; i++)
            {
                Span<float> row = target.Slice(i * stride, Columns);
                for (int column = 0; column < row.Length; column++)
                {
                    row[column] = Weight(matrix, first + i, column);
                }
            }
        }

        private static float Weight(in PackedMatrix matrix, int row, int column)
        {
            int lane = row % PanelLayout.OutputsPerPanel;
            (int block, int input) = Math.DivRem(column % PanelLayout.InputsPerGroup, PanelLayout.InputsPerKBlock);
            byte* group = matrix.Panel(row / PanelLayout.OutputsPerPanel) + (column / PanelLayout.InputsPerGroup * matrix.GroupBytes);
            byte* lanes = group + (lane * PanelLayout.InputsPerKBlock) + input;
            int weight = matrix.Precision == WeightPrecision.Int4
                ? ((lanes[block % PanelLayout.KBlockPairsPerGroup * PanelLayout.KBlockBytes] >> (block < PanelLayout.KBlockPairsPerGroup ? 0 : 4))
                    & PanelLayout.MaxInt4) - PanelLayout.Int4Offset
                : (sbyte)lanes[block * PanelLayout.KBlockBytes];
            return weight * ((float*)(group + matrix.GroupBytes - PanelLayout.GroupScaleBytes))[lane];
        }
    }
}
