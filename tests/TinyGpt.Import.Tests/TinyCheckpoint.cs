using System.Globalization;

namespace TinyGpt.Import.Tests;

/// <summary>
/// A hand-made GPT-2 checkpoint of two heads of size 12, whose weight (row, column) of tensor t is a known number, so that a test can
/// say where it has to end up.
/// </summary>
internal sealed class TinyCheckpoint
{
    public const int Width = 24;
    public const int HeadSize = 12;
    public const int HeadStride = 16;
    public const int Vocabulary = 7;
    public const int Context = 5;
    public const int FeedForward = 30;

    public const string Config = """
        {"model_type":"gpt2","n_layer":2,"n_head":2,"n_embd":24,"n_inner":30,"n_positions":5,"n_ctx":5,"vocab_size":7,
        "layer_norm_epsilon":1e-05,"activation_function":"gelu_new","tie_word_embeddings":false,"eos_token_id":6,
        "task_specific_params":{"text-generation":{"do_sample":true}}}
        """;

    /// <summary>Name without prefix, shape as stored.</summary>
    public static readonly (string Name, long[] Shape)[] Shapes = [.. MakeShapes()];

    /// <summary>Tensors by their stored name; a test may change it before it builds.</summary>
    public Dictionary<string, (float[] Values, long[] Shape)> Tensors { get; } = new(StringComparer.Ordinal);

    public TinyCheckpoint(string prefix = "transformer.")
    {
        foreach ((string name, long[] shape) in Shapes)
        {
            long count = shape.Aggregate(1L, (product, size) => product * size);
            float[] values = [.. Enumerable.Range(0, (int)count).Select(i => Value(name, i))];
            Tensors.Add(name == "lm_head.weight" ? name : prefix + name, (values, shape));
        }
    }

    /// <summary>The number at an index of a stored tensor.</summary>
    public static float Value(string name, long index)
    {
        int seed = name.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter));
        uint mixed = unchecked(((uint)seed ^ (uint)index) * 2654435761u);
        return ((mixed >> 8) / (float)(1 << 24)) - 0.5f;
    }

    /// <summary>One safetensors file with the tensors that a test chooses.</summary>
    public byte[] Build(Func<string, bool>? choose = null)
    {
        SafetensorsBuilder builder = new();
        foreach ((string name, (float[] values, long[] shape)) in Tensors.Where(tensor => choose?.Invoke(tensor.Key) ?? true))
        {
            builder.Add(name, values, shape);
        }

        return builder.Build();
    }

    /// <summary>Writes the folder.</summary>
    public TemporaryFolder Write(string config = Config)
    {
        TemporaryFolder folder = new();
        folder.Write("config.json", config);
        folder.Write("model.safetensors", Build());
        return folder;
    }

    private static IEnumerable<(string Name, long[] Shape)> MakeShapes()
    {
        yield return ("wte.weight", [Vocabulary, Width]);
        yield return ("wpe.weight", [Context, Width]);
        for (int layer = 0; layer < 2; layer++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            yield return (block + "ln_1.weight", [Width]);
            yield return (block + "ln_1.bias", [Width]);
            yield return (block + "attn.c_attn.weight", [Width, 3 * Width]);
            yield return (block + "attn.c_attn.bias", [3 * Width]);
            yield return (block + "attn.c_proj.weight", [Width, Width]);
            yield return (block + "attn.c_proj.bias", [Width]);
            yield return (block + "ln_2.weight", [Width]);
            yield return (block + "ln_2.bias", [Width]);
            yield return (block + "mlp.c_fc.weight", [Width, FeedForward]);
            yield return (block + "mlp.c_fc.bias", [FeedForward]);
            yield return (block + "mlp.c_proj.weight", [FeedForward, Width]);
            yield return (block + "mlp.c_proj.bias", [Width]);
        }

        yield return ("ln_f.weight", [Width]);
        yield return ("ln_f.bias", [Width]);
        yield return ("lm_head.weight", [Vocabulary, Width]);
    }
}
