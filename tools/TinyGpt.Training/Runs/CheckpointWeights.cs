using System.Globalization;
using TinyGpt.Import.Packing;
using TinyGpt.Training.Network;

namespace TinyGpt.Training;

/// <summary>
/// The weights of a GPT-2 as the trainer has them: matrices of blocks as inputs × outputs, without the rows and columns that pad heads.
/// Thread-safe.
/// </summary>
/// <param name="model">The model, which can be trained.</param>
internal sealed class CheckpointWeights(CheckpointModel model)
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

    /// <summary>The numbers of one of the trainer's tensors; none for a classifier's head, which a checkpoint does not have.</summary>
    /// <param name="name">Such as <c>wte.weight</c> or <c>h.0.attn.c_attn.weight</c>.</param>
    public ReadOnlyMemory<float> Read(string name)
    {
        if (name == ParameterSet.ScoreName)
        {
            return default;
        }

        (string owner, bool isBias) = name.EndsWith(".bias", StringComparison.Ordinal) ? (name[..^5], true) : (name[..^7], false);
        switch (owner)
        {
            case "wte":
                return ReadRows(ModelTensors.TokenEmbedding);
            case "wpe":
                return ReadRows(ModelTensors.PositionEmbedding);
            case "lm_head":
                return ReadRows(ModelTensors.Head);
            case "ln_f":
                return ReadRows(Vector(ModelTensors.FinalNorm, isBias));
        }

        string[] path = owner.Split('.', 3); // h, the layer, the part
        string part = ModelTensors.InBlock(int.Parse(path[1], CultureInfo.InvariantCulture), Parts[path[2]]);
        if (path[2].StartsWith("ln_", StringComparison.Ordinal))
        {
            return ReadRows(Vector(part, isBias));
        }

        IRowSource source = model.RowsOf(isBias ? ModelTensors.Bias(part) : part);
        int[] outputs = path[2] == "attn.c_attn" ? UnpaddedHeads(3) : Range(isBias ? source.Columns : source.Rows);
        if (isBias)
        {
            float[] bias = ReadAll(source);
            return Array.ConvertAll(outputs, output => bias[output]);
        }

        return Transpose(source, outputs, path[2] == "attn.c_proj" ? UnpaddedHeads(1) : Range(source.Columns));
    }

    private static string Vector(string norm, bool isBias) => isBias ? ModelTensors.Bias(norm) : ModelTensors.Gain(norm);

    private static int[] Range(int count) => [.. Enumerable.Range(0, count)];

    private static float[] Transpose(IRowSource source, int[] outputs, int[] inputs)
    {
        float[] rows = ReadAll(source);
        float[] values = new float[outputs.Length * inputs.Length];
        for (int output = 0; output < outputs.Length; output++)
        {
            for (int input = 0; input < inputs.Length; input++)
            {
                values[(input * outputs.Length) + output] = rows[(outputs[output] * source.Columns) + inputs[input]];
            }
        }

        return values;
    }

    private static float[] ReadAll(IRowSource source)
    {
        float[] rows = new float[checked(source.Rows * source.Columns)];
        source.CopyRows(0, source.Rows, rows, source.Columns);
        return rows;
    }

    private float[] ReadRows(string tensor) => ReadAll(model.RowsOf(tensor));

    /// <summary>The places of the heads' numbers among those with padding, for queries, keys and values or for one of them.</summary>
    private int[] UnpaddedHeads(int parts)
    {
        ModelConfig config = model.Config;
        return
        [
            .. Enumerable.Range(0, parts * config.Width).Select(i =>
                (i / config.HeadSize * config.HeadStride) + (i % config.HeadSize)),
        ];
    }
}
