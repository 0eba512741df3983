using System.Text.Json;

namespace TinyGpt.Tests.Reference;

/// <summary>What a reference computes with.</summary>
/// <param name="Quantizes">
/// Whether matrices are rounded to int8 as the packer does it, and their inputs as the engine does it, so that only the implementation
/// can differ.
/// </param>
/// <param name="QuantizesCache">Whether attention sees queries, keys and values as over an int8 cache.</param>
internal readonly record struct ReferencePrecision(bool Quantizes, bool QuantizesCache = false);

/// <summary>
/// The parts from which the references of the architectures are made, in float64, over a checkpoint's own tensors: nothing here knows of
/// <see cref="ModelConfig"/>, packed files or the engine's order of rows.
/// </summary>
internal abstract class FamilyReference(FamilyCheckpoint checkpoint, ReferencePrecision precision)
{
    private readonly Dictionary<string, double[][]> _matrices = [];

    protected JsonElement Config { get; } = checkpoint.Config;

    /// <summary>Logits of every position, [position][token].</summary>
    public abstract double[][] Logits(ReadOnlySpan<int> tokens);

    protected int Int32(string name) => Config.GetProperty(name).GetInt32();

    protected double Number(string name) => Config.GetProperty(name).GetDouble();

    protected bool Flag(string name) => Config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    protected bool Has(string tensor) => checkpoint.Tensors.ContainsKey(tensor);

    protected static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (p, q) => p + q)];

    protected static double[][] Each(double[][] rows, Func<double[], double[]> map) => [.. rows.Select(map)];

    protected static double[] Each(double[] row, Func<double, double> map) => [.. row.Select(map)];

    /// <summary>A row of the token embedding, which is packed like a matrix.</summary>
    protected double[] Embedding(string name, int token) => Matrix(name, transposed: false, headSize: 0)[token];

    /// <summary>A row of a table that is kept as it is.</summary>
    protected double[] TableRow(string name, int row)
    {
        (float[] values, int[] shape) = checkpoint.Tensors[name];
        return [.. values.AsSpan(row * shape[1], shape[1]).ToArray().Select(value => (double)value)];
    }

    /// <summary>W·x + b, where W is stored as outputs × inputs.</summary>
    /// <param name="name">The name without its end.</param>
    /// <param name="x">The input.</param>
    /// <param name="headSize">The size of the heads that the input is made of, where it is: the engine pads each to a multiple of 16.</param>
    protected double[] Linear(string name, double[] x, int headSize = 0) => Multiply(name, x, transposed: false, headSize);

    /// <summary>The same, where W is stored as inputs × outputs.</summary>
    protected double[] Convolution(string name, double[] x, int headSize = 0) => Multiply(name, x, transposed: true, headSize);

    protected double[] LayerNorm(string name, double[] x, double epsilon)
    {
        double mean = x.Average();
        double variance = x.Average(value => (value - mean) * (value - mean));
        double[] gain = Vector(name + ".weight");
        double[] bias = Vector(name + ".bias");
        return [.. x.Select((value, i) => ((value - mean) / Math.Sqrt(variance + epsilon) * gain[i]) + bias[i])];
    }

    protected double[] RmsNorm(string name, double[] x, double epsilon)
    {
        double root = Math.Sqrt(x.Average(value => value * value) + epsilon);
        double[] gain = Vector(name + ".weight");
        return [.. x.Select((value, i) => value / root * gain[i])];
    }

    /// <summary>The head <paramref name="index"/> of a row of heads.</summary>
    protected static double[] Head(double[] row, int index, int size) => row[(index * size)..((index + 1) * size)];

    /// <summary>Causal attention of one head over positions [position][channel].</summary>
    /// <param name="window">How many positions a query attends to at most, its own included.</param>
    protected double[][] Attend(double[][] queries, double[][] keys, double[][] values, double scale, int window = int.MaxValue)
    {
        double[][] q = Each(queries, SeenByCache);
        double[][] k = Each(keys, SeenByCache);
        double[][] v = Each(values, SeenByCache);
        double[][] result = new double[q.Length][];
        for (int t = 0; t < q.Length; t++)
        {
            int first = Math.Max(0, t - window + 1);
            double[] scores = [.. Enumerable.Range(first, t + 1 - first).Select(s => Dot(q[t], k[s]) * scale)];
            double maximum = scores.Max();
            double[] shares = Each(scores, score => Math.Exp(score - maximum));
            double sum = shares.Sum();
            result[t] = [.. Enumerable.Range(0, v[t].Length).Select(i => shares.Select((share, s) => share / sum * v[first + s][i]).Sum())];
        }

        return result;
    }

    /// <summary>Rotary positions: channel i turns together with channel i + dimensions/2, the rest of the head stays.</summary>
    protected static double[] Rotate(double[] head, int position, double[] frequencies)
    {
        double[] turned = [.. head];
        int half = frequencies.Length;
        for (int i = 0; i < half; i++)
        {
            (double sine, double cosine) = Math.SinCos(position * frequencies[i]);
            turned[i] = (head[i] * cosine) - (head[half + i] * sine);
            turned[half + i] = (head[half + i] * cosine) + (head[i] * sine);
        }

        return turned;
    }

    protected static double Activation(string name, double x) => name switch
    {
        "gelu_new" => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        "gelu" => 0.5 * x * (1 + ReferenceGpt2.ErrorFunction(x / Math.Sqrt(2))),
        "relu" => Math.Max(x, 0),
        "silu" => x / (1 + Math.Exp(-x)),
        _ => throw new ArgumentException(name),
    };

    private double[] Vector(string name) => [.. checkpoint.Tensors[name].Values.Select(value => (double)value)];

    private double[] Multiply(string name, double[] x, bool transposed, int headSize)
    {
        double[][] rows = Matrix(name + ".weight", transposed, headSize);
        double[] seen = precision.Quantizes ? Rounded(Padded(x, headSize), 64) : Padded(x, headSize);
        double[]? bias = Has(name + ".bias") ? Vector(name + ".bias") : null;
        return [.. rows.Select((row, n) => Dot(row, seen) + (bias?[n] ?? 0))];
    }

    /// <summary>A matrix as outputs × inputs, rounded if everything is.</summary>
    private double[][] Matrix(string name, bool transposed, int headSize)
    {
        if (_matrices.TryGetValue(name, out double[][]? known))
        {
            return known;
        }

        (float[] values, int[] shape) = checkpoint.Tensors[name];
        (int outputs, int inputs) = transposed ? (shape[1], shape[0]) : (shape[0], shape[1]);
        double[][] rows = [.. Enumerable.Range(0, outputs).Select(n => Enumerable.Range(0, inputs).Select(
            k => (double)values[transposed ? (k * outputs) + n : (n * inputs) + k]).ToArray())];
        rows = Each(rows, row => precision.Quantizes ? Packed(Padded(row, headSize)) : Padded(row, headSize));
        _matrices.Add(name, rows);
        return rows;
    }

    private double[] SeenByCache(double[] head) => precision.QuantizesCache ? Rounded(head, head.Length) : head;

    /// <summary>Zeros after each head up to a multiple of 16, which move the borders of the groups that are rounded together.</summary>
    private static double[] Padded(double[] x, int headSize) => headSize == 0
        ? x
        : [.. x.Chunk(headSize).SelectMany(head => head.Concat(new double[((headSize + 15) / 16 * 16) - headSize]))];

    /// <summary>A row of weights as the file holds it: scales are float32, and so is the quotient that is rounded.</summary>
    private static double[] Packed(double[] row) => [.. row.Chunk(64).SelectMany(group =>
    {
        float scale = (float)group.Max(Math.Abs) / 127;
        return group.Select(weight => scale == 0 ? 0 : (double)MathF.Round((float)weight / scale) * scale);
    })];

    private static double[] Rounded(double[] x, int groupSize) => [.. x.Chunk(groupSize).SelectMany(group =>
    {
        double largest = group.Max(Math.Abs);
        return group.Select(value => largest == 0 ? 0 : Math.Round(value * 127 / largest) * largest / 127);
    })];

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
