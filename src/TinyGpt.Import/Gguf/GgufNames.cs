namespace TinyGpt.Import.Gguf;

/// <summary>The names of tensors in GGUF files, the same for all architectures.</summary>
internal static class GgufNames
{
    public const string TokenEmbedding = "token_embd.weight";
    public const string PositionEmbedding = "position_embd.weight";
    public const string FinalNorm = "output_norm";
    public const string Head = "output.weight";

    /// <summary>What each rotary frequency is divided by.</summary>
    public const string RotaryFactors = "rope_freqs.weight";

    public const string AttentionNorm = "attn_norm";
    public const string QueryKeyValue = "attn_qkv";
    public const string Query = "attn_q";
    public const string Key = "attn_k";
    public const string Value = "attn_v";
    public const string QueryNorm = "attn_q_norm";
    public const string KeyNorm = "attn_k_norm";
    public const string AttentionOutput = "attn_output";
    public const string FeedForwardNorm = "ffn_norm";
    public const string FeedForwardGate = "ffn_gate";
    public const string FeedForwardUp = "ffn_up";
    public const string FeedForwardDown = "ffn_down";

    /// <summary>What belongs to a block, without ".weight" or ".bias".</summary>
    public static string InBlock(int layer, string part) => $"blk.{layer}.{part}";

    public static string Weight(string owner) => owner + ".weight";

    public static string Bias(string owner) => owner + ".bias";
}
