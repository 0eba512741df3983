using System.Globalization;
using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Training;

/// <summary>
/// The tensors of a packed GPT-2 under a checkpoint's names: each quantized weight as the number that it stands for, matrices of blocks as inputs
/// × outputs, without the rows and columns that pad heads. Reading is thread-safe; disposing is not.
/// </summary>
internal sealed unsafe class PackedCheckpoint : IDisposable
{
    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["ln_1"] = ModelTensors.AttentionNorm,
        ["attn.c_attn"] = ModelTensors.QueryKeyValue,
        ["attn.c_proj"] = ModelTensors.AttentionOutput,
        ["ln_2"] = ModelTensors.FeedForwardNorm,
        ["mlp.c_fc"] = ModelTensors.FeedForwardIn,
        ["mlp.c_proj"] = ModelTensors.FeedForwardOut,
    };

    private readonly TgptFile _file;
    private readonly Dictionary<string, TensorShape> _shapes;

    /// <summary>Opens a file.</summary>
    /// <param name="file">A <c>.tgpt</c> file of GPT-2's shape.</param>
    /// <exception cref="ModelFormatException">It is damaged.</exception>
    public PackedCheckpoint(string file)
    {
        _file = TgptFile.Open(file);
        _shapes = _file.Info.Tensors.ToDictionary(shape => shape.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The numbers of a tensor in the checkpoint's order.</summary>
    /// <param name="name">Such as <c>wte.weight</c> or <c>h.0.attn.c_attn.weight</c>.</param>
    public float[] Read(string name)
    {
        (string owner, bool isBias) = name.EndsWith(".bias", StringComparison.Ordinal) ? (name[..^5], true) : (name[..^7], false);
        if (owner is "wte" or "wpe" or "ln_f")
        {
            string tensor = owner switch
            {
                "wte" => ModelTensors.TokenEmbedding,
                "wpe" => ModelTensors.PositionEmbedding,
                _ => isBias ? ModelTensors.Bias(ModelTensors.FinalNorm) : ModelTensors.Gain(ModelTensors.FinalNorm),
            };
            return Table(tensor, Range(_shapes[tensor].Rows), Range(_shapes[tensor].Columns), transposed: false);
        }

        string[] path = owner.Split('.', 3); // h, the layer, the part
        int layer = int.Parse(path[1], CultureInfo.InvariantCulture);
        string part = ModelTensors.InBlock(layer, Parts[path[2]]);
        if (path[2].StartsWith("ln_", StringComparison.Ordinal))
        {
            string vector = isBias ? ModelTensors.Bias(part) : ModelTensors.Gain(part);
            return Table(vector, [0], Range(_shapes[vector].Columns), transposed: false);
        }

        int[] outputs = path[2] == "attn.c_attn" ? UnpaddedHeads(3) : Range(_shapes[part].Rows);
        int[] inputs = path[2] == "attn.c_proj" ? UnpaddedHeads(1) : Range(_shapes[part].Columns);
        return isBias ? Table(ModelTensors.Bias(part), [0], outputs, transposed: false) : Table(part, outputs, inputs, transposed: true);
    }

    private static int[] Range(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>Where the numbers of heads lie among those with padding, for queries, keys and values or for one of them.</summary>
    private int[] UnpaddedHeads(int parts)
    {
        ModelConfig config = _file.Config;
        return
        [
            .. Enumerable.Range(0, parts * config.Width).Select(i =>
                (i / config.HeadSize * config.HeadStride) + (i % config.HeadSize)),
        ];
    }

    private float[] Table(string tensor, int[] rows, int[] columns, bool transposed)
    {
        TensorShape shape = _shapes[tensor];
        byte* data = _file.Tensor(tensor);
        int padded = PanelLayout.PaddedInputs(shape.Columns);
        PackedMatrix matrix = new(data, shape.Rows, shape.Columns, shape.Precision);
        float[] values = new float[rows.Length * columns.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                values[transposed ? (column * rows.Length) + row : (row * columns.Length) + column] = shape.IsQuantized
                    ? Weight(matrix, rows[row], columns[column])
                    : ((float*)data)[((long)rows[row] * padded) + columns[column]];
            }
        }

        return values;
    }

    private static float Weight(in PackedMatrix matrix, int row, int column)
    {
        int lane = row % PanelLayout.OutputsPerPanel;
        (int quad, int input) = Math.DivRem(column % PanelLayout.InputsPerGroup, PanelLayout.InputsPerKBlock);
        byte* group = matrix.Panel(row / PanelLayout.OutputsPerPanel) + (column / PanelLayout.InputsPerGroup * matrix.GroupBytes);
        byte* lanes = group + (lane * PanelLayout.InputsPerKBlock) + input;
        int weight = matrix.Precision == WeightPrecision.Int4
            ? ((lanes[quad % PanelLayout.KBlockPairsPerGroup * PanelLayout.KBlockBytes] >> (quad < PanelLayout.KBlockPairsPerGroup ? 0 : 4))
                & PanelLayout.MaxInt4) - PanelLayout.Int4Offset
            : (sbyte)lanes[quad * PanelLayout.KBlockBytes];
        return weight * ((float*)(group + matrix.GroupBytes - PanelLayout.GroupScaleBytes))[lane];
    }
}
