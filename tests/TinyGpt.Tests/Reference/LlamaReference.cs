using System.Text.Json;

namespace TinyGpt.Tests.Reference;

/// <summary>
/// Llama (Touvron et al., 2023, arXiv:2302.13971), and Mistral, Qwen2 and Qwen3, which add a window, biases of queries, keys and values, and
/// norms of queries and keys: RMS norm, rotary positions, grouped heads, a gate.
/// </summary>
internal sealed class LlamaReference(FamilyCheckpoint checkpoint, ReferencePrecision precision) : FamilyReference(checkpoint, precision)
{
    public override double[][] Logits(ReadOnlySpan<int> tokens)
    {
        int heads = Int32("num_attention_heads");
        int keyHeads = Int32("num_key_value_heads");
        int size = Config.TryGetProperty("head_dim", out JsonElement given) ? given.GetInt32() : Int32("hidden_size") / heads;
        double epsilon = Number("rms_norm_eps");
        double[] frequencies = Frequencies(size);
        string activation = Config.GetProperty("hidden_act").GetString()!;
        double[][] x = [.. tokens.ToArray().Select(token => Embedding("model.embed_tokens.weight", token))];
        for (int layer = 0; layer < Int32("num_hidden_layers"); layer++)
        {
            string block = $"model.layers.{layer}.";
            double[][] h = Each(x, row => RmsNorm(block + "input_layernorm", row, epsilon));
            double[][] q = Each(h, row => Linear(block + "self_attn.q_proj", row));
            double[][] k = Each(h, row => Linear(block + "self_attn.k_proj", row));
            double[][] v = Each(h, row => Linear(block + "self_attn.v_proj", row));
            double[] Placed(double[] head, int t, string norm) =>
                Rotate(Has(block + norm + ".weight") ? RmsNorm(block + norm, head, epsilon) : head, t, frequencies);
            double[][][] attended = [.. Enumerable.Range(0, heads).Select(head => Attend(
                [.. q.Select((row, t) => Placed(Head(row, head, size), t, "self_attn.q_norm"))],
                [.. k.Select((row, t) => Placed(Head(row, head / (heads / keyHeads), size), t, "self_attn.k_norm"))],
                Each(v, row => Head(row, head / (heads / keyHeads), size)),
                1 / Math.Sqrt(size),
                Window(layer)))];
            for (int t = 0; t < x.Length; t++)
            {
                x[t] = Add(x[t], Linear(block + "self_attn.o_proj", [.. attended.SelectMany(head => head[t])], size));
                double[] n = RmsNorm(block + "post_attention_layernorm", x[t], epsilon);
                double[] gate = Each(Linear(block + "mlp.gate_proj", n), value => Activation(activation, value));
                double[] up = Linear(block + "mlp.up_proj", n);
                x[t] = Add(x[t], Linear(block + "mlp.down_proj", [.. gate.Zip(up, (a, b) => a * b)]));
            }
        }

        string head = Flag("tie_word_embeddings") ? "model.embed_tokens" : "lm_head";
        return Each(x, row => Linear(head, RmsNorm("model.norm", row, epsilon)));
    }

    /// <summary>The scaling is Llama 3.1's, in the words of its model card's code: by wavelengths.</summary>
    private double[] Frequencies(int size)
    {
        double[] frequencies = [.. Enumerable.Range(0, size / 2).Select(i => 1 / Math.Pow(Number("rope_theta"), 2.0 * i / size))];
        if (!Config.TryGetProperty("rope_scaling", out JsonElement scaling) || scaling.ValueKind != JsonValueKind.Object)
        {
            return frequencies;
        }

        double factor = scaling.GetProperty("factor").GetDouble();
        if (scaling.GetProperty("rope_type").GetString() == "linear")
        {
            return Each(frequencies, frequency => frequency / factor);
        }

        double original = scaling.GetProperty("original_max_position_embeddings").GetDouble();
        double low = scaling.GetProperty("low_freq_factor").GetDouble();
        double high = scaling.GetProperty("high_freq_factor").GetDouble();
        return Each(frequencies, frequency =>
        {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength < original / high)
            {
                return frequency;
            }

            if (wavelength > original / low)
            {
                return frequency / factor;
            }

            double smooth = ((original / wavelength) - low) / (high - low);
            return ((1 - smooth) * frequency / factor) + (smooth * frequency);
        });
    }

    private int Window(int layer)
    {
        string type = Config.GetProperty("model_type").GetString()!;
        bool isWindowed = type == "mistral" ? Config.TryGetProperty("sliding_window", out JsonElement window) && window.ValueKind == JsonValueKind.Number
            : Flag("use_sliding_window") && layer >= Int32("max_window_layers");
        return isWindowed ? Int32("sliding_window") : int.MaxValue;
    }
}
