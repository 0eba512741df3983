using System.Text.Json;

namespace TinyGpt.Tests.Reference;

/// <summary>GPT-1 (Radford et al., 2018): norms after the sums, and none before the head.</summary>
internal sealed class Gpt1Reference(FamilyCheckpoint checkpoint, ReferencePrecision precision) : FamilyReference(checkpoint, precision)
{
    public override double[][] Logits(ReadOnlySpan<int> tokens)
    {
        int width = Int32("n_embd");
        int heads = Int32("n_head");
        int size = width / heads;
        double epsilon = Number("layer_norm_epsilon");
        double[][] x = [.. tokens.ToArray().Select(
            (token, t) => Add(Embedding("tokens_embed.weight", token), TableRow("positions_embed.weight", t)))];
        for (int layer = 0; layer < Int32("n_layer"); layer++)
        {
            string block = $"h.{layer}.";
            double[][] qkv = Each(x, row => Convolution(block + "attn.c_attn", row));
            double[][][] attended = [.. Enumerable.Range(0, heads).Select(head => Attend(
                Each(qkv, row => Head(row, head, size)),
                Each(qkv, row => Head(row, heads + head, size)),
                Each(qkv, row => Head(row, (2 * heads) + head, size)),
                1 / Math.Sqrt(size)))];
            for (int t = 0; t < x.Length; t++)
            {
                double[] joined = [.. attended.SelectMany(head => head[t])];
                double[] n = LayerNorm(block + "ln_1", Add(x[t], Convolution(block + "attn.c_proj", joined, size)), epsilon);
                double[] hidden = Each(Convolution(block + "mlp.c_fc", n), value => Activation("gelu_new", value));
                x[t] = LayerNorm(block + "ln_2", Add(n, Convolution(block + "mlp.c_proj", hidden)), epsilon);
            }
        }

        return Each(x, row => Linear("tokens_embed", row));
    }
}

/// <summary>GPT-Neo: GPT-2 with separate projections, unscaled scores, and every other layer local, as in GPT-3.</summary>
internal sealed class GptNeoReference(FamilyCheckpoint checkpoint, ReferencePrecision precision) : FamilyReference(checkpoint, precision)
{
    public override double[][] Logits(ReadOnlySpan<int> tokens)
    {
        int heads = Int32("num_heads");
        int size = Int32("hidden_size") / heads;
        double epsilon = Number("layer_norm_epsilon");
        JsonElement kinds = Config.GetProperty("attention_types")[0][0];
        string activation = Config.GetProperty("activation_function").GetString()!;
        double[][] x = [.. tokens.ToArray().Select(
            (token, t) => Add(Embedding("transformer.wte.weight", token), TableRow("transformer.wpe.weight", t)))];
        for (int layer = 0; layer < Int32("num_layers"); layer++)
        {
            string block = $"transformer.h.{layer}.";
            int window = kinds[layer % kinds.GetArrayLength()].GetString() == "local" ? Int32("window_size") : int.MaxValue;
            double[][] h = Each(x, row => LayerNorm(block + "ln_1", row, epsilon));
            double[][] q = Each(h, row => Linear(block + "attn.attention.q_proj", row));
            double[][] k = Each(h, row => Linear(block + "attn.attention.k_proj", row));
            double[][] v = Each(h, row => Linear(block + "attn.attention.v_proj", row));
            double[][][] attended = [.. Enumerable.Range(0, heads).Select(head => Attend(
                Each(q, row => Head(row, head, size)),
                Each(k, row => Head(row, head, size)),
                Each(v, row => Head(row, head, size)),
                scale: 1,
                window))];
            for (int t = 0; t < x.Length; t++)
            {
                x[t] = Add(x[t], Linear(block + "attn.attention.out_proj", [.. attended.SelectMany(head => head[t])], size));
                double[] hidden = Linear(block + "mlp.c_fc", LayerNorm(block + "ln_2", x[t], epsilon));
                x[t] = Add(x[t], Linear(block + "mlp.c_proj", Each(hidden, value => Activation(activation, value))));
            }
        }

        return Each(x, row => Linear("transformer.wte", LayerNorm("transformer.ln_f", row, epsilon)));
    }
}

/// <summary>GPT-NeoX and Pythia: query, key and value of each head one after the other, a part of each head rotated, both layers in parallel.</summary>
internal sealed class GptNeoXReference(FamilyCheckpoint checkpoint, ReferencePrecision precision) : FamilyReference(checkpoint, precision)
{
    public override double[][] Logits(ReadOnlySpan<int> tokens)
    {
        int heads = Int32("num_attention_heads");
        int size = Int32("hidden_size") / heads;
        int rotated = (int)(size * Number("rotary_pct"));
        double[] frequencies = [.. Enumerable.Range(0, rotated / 2).Select(i => Math.Pow(Number("rotary_emb_base"), -2.0 * i / rotated))];
        double epsilon = Number("layer_norm_eps");
        string activation = Config.GetProperty("hidden_act").GetString()!;
        double[][] x = [.. tokens.ToArray().Select(token => Embedding("gpt_neox.embed_in.weight", token))];
        for (int layer = 0; layer < Int32("num_hidden_layers"); layer++)
        {
            string block = $"gpt_neox.layers.{layer}.";
            double[][] qkv = Each(
                x, row => Linear(block + "attention.query_key_value", LayerNorm(block + "input_layernorm", row, epsilon)));
            double[][][] attended = [.. Enumerable.Range(0, heads).Select(head => Attend(
                [.. qkv.Select((row, t) => Rotate(Head(row, 3 * head, size), t, frequencies))],
                [.. qkv.Select((row, t) => Rotate(Head(row, (3 * head) + 1, size), t, frequencies))],
                Each(qkv, row => Head(row, (3 * head) + 2, size)),
                1 / Math.Sqrt(size)))];
            for (int t = 0; t < x.Length; t++)
            {
                double[] attention = Linear(block + "attention.dense", [.. attended.SelectMany(head => head[t])], size);
                double[] read = Flag("use_parallel_residual") ? x[t] : Add(x[t], attention);
                double[] hidden = Linear(block + "mlp.dense_h_to_4h", LayerNorm(block + "post_attention_layernorm", read, epsilon));
                double[] forward = Linear(block + "mlp.dense_4h_to_h", Each(hidden, value => Activation(activation, value)));
                x[t] = Add(Add(x[t], attention), forward);
            }
        }

        return Each(x, row => Linear("embed_out", LayerNorm("gpt_neox.final_layer_norm", row, epsilon)));
    }
}

/// <summary>OPT (Zhang et al., 2022, arXiv:2205.01068): positions from 2 on, ReLU, norms before or after.</summary>
internal sealed class OptReference(FamilyCheckpoint checkpoint, ReferencePrecision precision) : FamilyReference(checkpoint, precision)
{
    private const double Epsilon = 1e-5;

    public override double[][] Logits(ReadOnlySpan<int> tokens)
    {
        int heads = Int32("num_attention_heads");
        int size = Int32("hidden_size") / heads;
        bool before = Flag("do_layer_norm_before");
        double[][] x = [.. tokens.ToArray().Select((token, t) => Add(
            Embedding("model.decoder.embed_tokens.weight", token), TableRow("model.decoder.embed_positions.weight", t + 2)))];
        for (int layer = 0; layer < Int32("num_hidden_layers"); layer++)
        {
            string block = $"model.decoder.layers.{layer}.";
            string norm = block + "self_attn_layer_norm";
            double[][] h = before ? Each(x, row => LayerNorm(norm, row, Epsilon)) : x;
            double[][] q = Each(h, row => Linear(block + "self_attn.q_proj", row));
            double[][] k = Each(h, row => Linear(block + "self_attn.k_proj", row));
            double[][] v = Each(h, row => Linear(block + "self_attn.v_proj", row));
            double[][][] attended = [.. Enumerable.Range(0, heads).Select(head => Attend(
                Each(q, row => Head(row, head, size)),
                Each(k, row => Head(row, head, size)),
                Each(v, row => Head(row, head, size)),
                1 / Math.Sqrt(size)))];
            for (int t = 0; t < x.Length; t++)
            {
                x[t] = Add(x[t], Linear(block + "self_attn.out_proj", [.. attended.SelectMany(head => head[t])], size));
                x[t] = before ? x[t] : LayerNorm(norm, x[t], Epsilon);
                double[] read = before ? LayerNorm(block + "final_layer_norm", x[t], Epsilon) : x[t];
                double[] hidden = Each(Linear(block + "fc1", read), value => Activation("relu", value));
                x[t] = Add(x[t], Linear(block + "fc2", hidden));
                x[t] = before ? x[t] : LayerNorm(block + "final_layer_norm", x[t], Epsilon);
            }
        }

        return Each(x, row => Linear(
            "model.decoder.embed_tokens", before ? LayerNorm("model.decoder.final_layer_norm", row, Epsilon) : row));
    }
}
