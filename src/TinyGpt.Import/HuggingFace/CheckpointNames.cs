namespace TinyGpt.Import.HuggingFace;

/// <summary>
/// What the tensors of an architecture's checkpoints are called, and in which order their rows are. Names in a block follow the block's
/// prefix; a matrix or norm has its numbers in <c>.weight</c> and <c>.bias</c>.
/// </summary>
internal sealed record CheckpointNames
{
    /// <summary>Possible prefixes of every name but the head's. The first one with a token embedding counts.</summary>
    public required string[] Prefixes { get; init; }

    public required string TokenEmbedding { get; init; }

    public string? PositionEmbedding { get; init; }

    /// <summary>Rows of the position embedding before position 0.</summary>
    public int FirstPosition { get; init; }

    /// <summary>A block's prefix up to its number.</summary>
    public required string Block { get; init; }

    public required string AttentionNorm { get; init; }

    /// <summary>One matrix of queries, keys and values, or three.</summary>
    public required string[] QueryKeyValue { get; init; }

    /// <summary>Whether the one matrix has query, key and value of each head one after the other, instead of all queries first.</summary>
    public bool HeadsOutermost { get; init; }

    public string QueryNorm { get; init; } = "";

    public string KeyNorm { get; init; } = "";

    public required string AttentionOutput { get; init; }

    public required string FeedForwardNorm { get; init; }

    /// <summary>One matrix, or the gate's and the other.</summary>
    public required string[] FeedForwardIn { get; init; }

    public required string FeedForwardOut { get; init; }

    public string FinalNorm { get; init; } = "";

    public string Head { get; init; } = "lm_head";

    /// <summary>Whether matrices in blocks are stored as inputs × outputs.</summary>
    public bool Transposed { get; init; }

    /// <summary>Ends of the names of tensors that are stored and not trained: causal masks, rotary frequencies.</summary>
    public string[] Ignored { get; init; } = [];

    private static readonly string[] SeparateProjections = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];

    private static readonly CheckpointNames Gpt2 = new()
    {
        Prefixes = ["transformer.", ""],
        TokenEmbedding = "wte",
        PositionEmbedding = "wpe",
        Block = "h.",
        AttentionNorm = "ln_1",
        QueryKeyValue = ["attn.c_attn"],
        AttentionOutput = "attn.c_proj",
        FeedForwardNorm = "ln_2",
        FeedForwardIn = ["mlp.c_fc"],
        FeedForwardOut = "mlp.c_proj",
        FinalNorm = "ln_f",
        Transposed = true,
        Ignored = [".attn.bias", ".attn.masked_bias"],
    };

    private static readonly CheckpointNames Llama = new()
    {
        Prefixes = ["model.", ""],
        TokenEmbedding = "embed_tokens",
        Block = "layers.",
        AttentionNorm = "input_layernorm",
        QueryKeyValue = SeparateProjections,
        QueryNorm = "self_attn.q_norm",
        KeyNorm = "self_attn.k_norm",
        AttentionOutput = "self_attn.o_proj",
        FeedForwardNorm = "post_attention_layernorm",
        FeedForwardIn = ["mlp.gate_proj", "mlp.up_proj"],
        FeedForwardOut = "mlp.down_proj",
        FinalNorm = "norm",
        Ignored = [".rotary_emb.inv_freq"],
    };

    /// <summary>The names in checkpoints of an architecture that is supported.</summary>
    public static CheckpointNames Of(string architecture) => architecture switch
    {
        "gpt2" => Gpt2,
        "openai-gpt" => Gpt2 with { TokenEmbedding = "tokens_embed", PositionEmbedding = "positions_embed" },
        "gpt_neo" => Gpt2 with
        {
            QueryKeyValue = ["attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"],
            AttentionOutput = "attn.attention.out_proj",
            Transposed = false,
            Ignored = [".attn.attention.bias", ".attn.attention.masked_bias"],
        },
        "gpt_neox" => Llama with
        {
            Prefixes = ["gpt_neox.", ""],
            TokenEmbedding = "embed_in",
            QueryKeyValue = ["attention.query_key_value"],
            HeadsOutermost = true,
            AttentionOutput = "attention.dense",
            FeedForwardIn = ["mlp.dense_h_to_4h"],
            FeedForwardOut = "mlp.dense_4h_to_h",
            FinalNorm = "final_layer_norm",
            Head = "embed_out",
            Ignored = [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"],
        },
        "opt" => Llama with
        {
            Prefixes = ["model.decoder.", "decoder.", ""],
            PositionEmbedding = "embed_positions",
            FirstPosition = 2,
            AttentionNorm = "self_attn_layer_norm",
            AttentionOutput = "self_attn.out_proj",
            FeedForwardNorm = "final_layer_norm",
            FeedForwardIn = ["fc1"],
            FeedForwardOut = "fc2",
            FinalNorm = "final_layer_norm",
            Ignored = [],
        },
        _ => Llama,
    };
}
