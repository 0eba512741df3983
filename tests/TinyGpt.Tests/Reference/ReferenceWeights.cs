using System.Buffers.Binary;
using System.Text.Json;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Tests.Reference;

internal sealed record ReferenceNorm(double[] Gain, double[] Bias);

/// <summary>A matrix of outputs × inputs, and a bias.</summary>
internal sealed record ReferenceMatrix(double[][] Rows, double[]? Bias)
{
    public double[] Apply(double[] x) =>
        [.. Rows.Select((row, n) => row.Zip(x, (w, value) => w * value).Sum() + (Bias?[n] ?? 0))];
}

internal sealed record ReferenceBlock(
    ReferenceNorm AttentionNorm,
    ReferenceMatrix QueryKeyValue,
    ReferenceMatrix AttentionOutput,
    ReferenceNorm FeedForwardNorm,
    ReferenceMatrix FeedForwardIn,
    ReferenceMatrix FeedForwardOut);

/// <summary>A model's weights in float64, from the checkpoint itself or from a packed file; neither way uses the product's readers of numbers.</summary>
internal sealed record ReferenceWeights(
    double[][] TokenEmbedding, double[][] PositionEmbedding, ReferenceBlock[] Blocks, ReferenceNorm FinalNorm, ReferenceMatrix Head)
{
    /// <summary>Reads a float32 <c>model.safetensors</c> with the <c>transformer.</c> prefix.</summary>
    public static ReferenceWeights FromCheckpoint(string file, ModelConfig config)
    {
        byte[] data = File.ReadAllBytes(file);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(data);
        using JsonDocument json = JsonDocument.Parse(data.AsMemory(8, header));

        double[][] Table(string name)
        {
            JsonElement entry = json.RootElement.GetProperty(name);
            int start = 8 + header + entry.GetProperty("data_offsets")[0].GetInt32();
            int[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
            int columns = shape[^1];
            int rows = shape.Length == 1 ? 1 : shape[0];
            return [.. Enumerable.Range(0, rows).Select(r => Enumerable.Range(0, columns).Select(
                c => (double)BinaryPrimitives.ReadSingleLittleEndian(data.AsSpan(start + (4 * ((r * columns) + c))))).ToArray())];
        }

        ReferenceNorm Norm(string name) => new(Table(name + ".weight")[0], Table(name + ".bias")[0]);
        ReferenceMatrix Convolution(string name)
        {
            double[][] stored = Table(name + ".weight"); // inputs × outputs
            double[][] rows = [.. Enumerable.Range(0, stored[0].Length).Select(n => stored.Select(row => row[n]).ToArray())];
            return new(rows, Table(name + ".bias")[0]);
        }

        double[][] embedding = Table("transformer.wte.weight");
        return new ReferenceWeights(
            embedding,
            Table("transformer.wpe.weight"),
            [.. Enumerable.Range(0, config.Layers).Select(layer => $"transformer.h.{layer}.").Select(block => new ReferenceBlock(
                Norm(block + "ln_1"), Convolution(block + "attn.c_attn"), Convolution(block + "attn.c_proj"),
                Norm(block + "ln_2"), Convolution(block + "mlp.c_fc"), Convolution(block + "mlp.c_proj")))],
            Norm("transformer.ln_f"),
            new(config.TiedHead ? embedding : Table("lm_head.weight"), null));
    }

    /// <summary>Dequantizes a packed file, leaving the padding out.</summary>
    public static unsafe ReferenceWeights FromPacked(TgptFile file)
    {
        ModelConfig config = file.Config;
        Dictionary<string, TensorShape> shapes = file.Info.Tensors.ToDictionary(shape => shape.Name);

        double[][] Table(string name)
        {
            TensorShape shape = shapes[name];
            byte* data = file.Tensor(name);
            double[][] table = new double[shape.Rows][];
            for (int n = 0; n < shape.Rows; n++)
            {
                table[n] = new double[shape.Columns];
                for (int k = 0; k < shape.Columns; k++)
                {
                    table[n][k] = shape.Kind == TensorKind.Floats
                        ? ((float*)data)[((long)n * PanelLayout.PaddedInputs(shape.Columns)) + k]
                        : Weight(data, shape, n, k);
                }
            }

            return table;
        }

        ReferenceNorm Norm(string name) => new(Table(ModelTensors.Gain(name))[0], Table(ModelTensors.Bias(name))[0]);
        ReferenceMatrix Matrix(string name) => new(Table(name), Table(ModelTensors.Bias(name))[0]);
        int[] heads = [.. Enumerable.Range(0, config.Width).Select(i => (i / config.HeadSize * config.HeadStride) + (i % config.HeadSize))];
        ReferenceMatrix QueryKeyValue(string name)
        {
            ReferenceMatrix padded = Matrix(name);
            int[] rows = [.. Enumerable.Range(0, 3).SelectMany(part => heads.Select(row => (part * config.AttentionWidth) + row))];
            return new([.. rows.Select(row => padded.Rows[row])], [.. rows.Select(row => padded.Bias![row])]);
        }

        ReferenceMatrix Output(string name)
        {
            ReferenceMatrix padded = Matrix(name);
            return padded with { Rows = [.. padded.Rows.Select(row => heads.Select(column => row[column]).ToArray())] };
        }

        double[][] embedding = Table(ModelTensors.TokenEmbedding);
        return new ReferenceWeights(
            embedding,
            Table(ModelTensors.PositionEmbedding),
            [.. Enumerable.Range(0, config.Layers).Select(layer => new ReferenceBlock(
                Norm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm)),
                QueryKeyValue(ModelTensors.InBlock(layer, ModelTensors.QueryKeyValue)),
                Output(ModelTensors.InBlock(layer, ModelTensors.AttentionOutput)),
                Norm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm)),
                Matrix(ModelTensors.InBlock(layer, ModelTensors.FeedForwardIn)),
                Matrix(ModelTensors.InBlock(layer, ModelTensors.FeedForwardOut))))],
            Norm(ModelTensors.FinalNorm),
            new(config.TiedHead ? embedding : Table(ModelTensors.Head), null));
    }

    private static unsafe double Weight(byte* data, TensorShape shape, int row, int column)
    {
        long index = ((long)(row / 16) * ((shape.Columns + 63) / 64)) + (column / 64);
        if (shape.Kind == TensorKind.Int4Panels)
        {
            byte* packed = data + (index * 576);
            byte pair = packed[(column % 32 / 4 * 64) + (row % 16 * 4) + (column % 4)];
            int stored = column % 64 < 32 ? pair & 15 : pair >> 4;
            return (stored - 8.0) * ((float*)(packed + 512))[row % 16];
        }

        byte* group = data + (index * 1088);
        sbyte quantized = (sbyte)group[(column % 64 / 4 * 64) + (row % 16 * 4) + (column % 4)];
        return (double)quantized * ((float*)(group + 1024))[row % 16];
    }
}
