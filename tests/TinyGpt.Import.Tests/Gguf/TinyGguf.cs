namespace TinyGpt.Import.Tests.Gguf;

/// <summary>
/// Small models of every supported architecture, whose number at an index of a tensor is known. Their heads have 12 channels and their
/// feed-forward layer 40 features, so that both are padded.
/// </summary>
internal static class TinyGguf
{
    public const int Width = 32;
    public const int Layers = 2;
    public const int Heads = 4;
    public const int KeyValueHeads = 2;
    public const int HeadSize = 12;
    public const int HeadStride = 16;
    public const int FeedForward = 40;
    public const int Vocabulary = 7;
    public const int Context = 9;

    /// <summary>A model with as few tensors as its architecture has: no biases but Qwen2's, and a tied head.</summary>
    public static GgufDraft Rotary(string architecture)
    {
        GgufDraft draft = new GgufDraft().Text("general.architecture", architecture).Text("general.name", "tiny")
            .UInt32($"{architecture}.context_length", Context).UInt32($"{architecture}.embedding_length", Width)
            .UInt32($"{architecture}.block_count", Layers).UInt32($"{architecture}.feed_forward_length", FeedForward)
            .UInt32($"{architecture}.attention.head_count", Heads).UInt32($"{architecture}.attention.head_count_kv", KeyValueHeads)
            .UInt32($"{architecture}.attention.key_length", HeadSize).UInt32($"{architecture}.attention.value_length", HeadSize)
            .Float32($"{architecture}.attention.layer_norm_rms_epsilon", 1e-6f).Float32($"{architecture}.rope.freq_base", 500000)
            .UInt32("tokenizer.ggml.eos_token_id", 6);
        Add(draft, "token_embd.weight", Width, Vocabulary);
        for (int layer = 0; layer < Layers; layer++)
        {
            string block = $"blk.{layer}.";
            Add(draft, block + "attn_norm.weight", Width);
            Add(draft, block + "attn_q.weight", Width, Heads * HeadSize);
            Add(draft, block + "attn_k.weight", Width, KeyValueHeads * HeadSize);
            Add(draft, block + "attn_v.weight", Width, KeyValueHeads * HeadSize);
            Add(draft, block + "attn_output.weight", Heads * HeadSize, Width);
            Add(draft, block + "ffn_norm.weight", Width);
            Add(draft, block + "ffn_gate.weight", Width, FeedForward);
            Add(draft, block + "ffn_up.weight", Width, FeedForward);
            Add(draft, block + "ffn_down.weight", FeedForward, Width);
            if (architecture == "qwen2")
            {
                Add(draft, block + "attn_q.bias", Heads * HeadSize);
                Add(draft, block + "attn_k.bias", KeyValueHeads * HeadSize);
                Add(draft, block + "attn_v.bias", KeyValueHeads * HeadSize);
            }

            if (architecture == "qwen3")
            {
                Add(draft, block + "attn_q_norm.weight", HeadSize);
                Add(draft, block + "attn_k_norm.weight", HeadSize);
            }
        }

        return Add(draft, "output_norm.weight", Width);
    }

    /// <summary>Four heads of eight channels.</summary>
    public static GgufDraft Gpt2()
    {
        GgufDraft draft = new GgufDraft().Text("general.architecture", "gpt2")
            .UInt32("gpt2.context_length", Context).UInt32("gpt2.embedding_length", Width).UInt32("gpt2.block_count", Layers)
            .UInt32("gpt2.feed_forward_length", FeedForward).UInt32("gpt2.attention.head_count", Heads)
            .Float32("gpt2.attention.layer_norm_epsilon", 1e-5f);
        Add(draft, "token_embd.weight", Width, Vocabulary);
        Add(draft, "position_embd.weight", Width, Context);
        for (int layer = 0; layer < Layers; layer++)
        {
            string block = $"blk.{layer}.";
            AddBoth(draft, block + "attn_norm", Width);
            AddBoth(draft, block + "attn_qkv", Width, 3 * Width);
            AddBoth(draft, block + "attn_output", Width, Width);
            AddBoth(draft, block + "ffn_norm", Width);
            AddBoth(draft, block + "ffn_up", Width, FeedForward);
            AddBoth(draft, block + "ffn_down", FeedForward, Width);
        }

        AddBoth(draft, "output_norm", Width);
        return Add(draft, "output.weight", Width, Vocabulary);
    }

    /// <summary>Adds a tensor of float32.</summary>
    public static GgufDraft Add(GgufDraft draft, string name, params int[] sizes) => draft.Tensor(
        name,
        [.. Enumerable.Range(0, sizes.Aggregate(1, (product, size) => product * size)).Select(i => Value(name, i))],
        [.. sizes.Select(size => (ulong)size)]);

    /// <summary>The number at (row, column) of a tensor.</summary>
    public static float Value(string name, int row, int column, int columns) => Value(name, (row * columns) + column);

    /// <summary>The number at an index of a tensor.</summary>
    public static float Value(string name, int index) => TinyCheckpoint.Value(name, index);

    private static void AddBoth(GgufDraft draft, string name, params int[] sizes)
    {
        Add(draft, name + ".weight", sizes);
        Add(draft, name + ".bias", sizes[^1]);
    }
}
