namespace TinyGpt.Tests.Reference;

/// <summary>
/// Small random models of every architecture, in which nothing divides evenly that need not: head sizes of 12, 20 and 32, an odd number
/// of features of the feed-forward layer, a vocabulary that ends within a panel.
/// </summary>
internal static class FamilyModels
{
    private const int Vocabulary = 61;
    private const int Context = 256;
    private const int Layers = 2;

    private const string LlamaConfig = """
        {"model_type":"llama","vocab_size":61,"hidden_size":80,"intermediate_size":100,"num_hidden_layers":2,"num_attention_heads":4,
        "num_key_value_heads":2,"hidden_act":"silu","max_position_embeddings":256,"rms_norm_eps":1e-5,"rope_theta":10000,
        "tie_word_embeddings":false}
        """;

    private static readonly Dictionary<string, Func<FamilyCheckpoint>> All = new()
    {
        ["gpt1"] = Gpt1,
        ["gpt-neo"] = GptNeo,
        ["gpt-neox"] = () => GptNeoX(),
        ["gpt-neox, one after the other"] = () => GptNeoX().With("use_parallel_residual", "false"),
        ["opt"] = () => Opt(),
        ["opt, norms behind"] = () => Opt(normsBehind: true).With("do_layer_norm_before", "false"),
        ["llama"] = () => Llama(heads: 4, keyHeads: 2, size: 20),
        ["llama, one key head, biases"] = () => Llama(heads: 4, keyHeads: 1, size: 20, biases: ["q", "k", "v", "o", "mlp"])
            .With("num_key_value_heads", "1").With("attention_bias", "true").With("mlp_bias", "true"),
        ["llama, linear scaling, gelu"] = () => Llama(heads: 4, keyHeads: 2, size: 20)
            .With("rope_scaling", """{"rope_type":"linear","factor":4.0}""").With("hidden_act", "\"gelu\""),
        ["llama 3, tied"] = () => Llama(heads: 4, keyHeads: 2, size: 32, isTied: true).With("head_dim", "32").With("rope_theta", "500000")
            .With("tie_word_embeddings", "true").With(
                "rope_scaling",
                """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}"""),
        ["mistral"] = () => Llama(heads: 4, keyHeads: 2, size: 20).With("model_type", "\"mistral\"").With("sliding_window", "21"),
        ["qwen2"] = () => Llama(heads: 4, keyHeads: 2, size: 20, biases: ["q", "k", "v"]).With("model_type", "\"qwen2\"")
            .With("use_sliding_window", "true").With("sliding_window", "40").With("max_window_layers", "1"),
        ["qwen3"] = () => Llama(heads: 4, keyHeads: 2, size: 12, hasHeadNorms: true).With("model_type", "\"qwen3\"").With("head_dim", "12"),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static FamilyCheckpoint Make(string name) => All[name]();

    public static FamilyReference Reference(string name, FamilyCheckpoint checkpoint, ReferencePrecision precision) => name.Split(',')[0] switch
    {
        "gpt1" => new Gpt1Reference(checkpoint, precision),
        "gpt-neo" => new GptNeoReference(checkpoint, precision),
        "gpt-neox" => new GptNeoXReference(checkpoint, precision),
        "opt" => new OptReference(checkpoint, precision),
        _ => new LlamaReference(checkpoint, precision),
    };

    private static FamilyCheckpoint Gpt1() => new(
        """
        {"model_type":"openai-gpt","vocab_size":61,"n_positions":256,"n_embd":60,"n_layer":2,"n_head":3,"afn":"gelu",
        "layer_norm_epsilon":1e-5}
        """,
        [
            ("tokens_embed.weight", [Vocabulary, 60]), ("positions_embed.weight", [Context, 60]),
            .. Blocks("h.", block => (IEnumerable<(string, int[])>)
            [
                ($"{block}attn.bias", [1]), ($"{block}attn.c_attn.weight", [60, 180]), ($"{block}attn.c_attn.bias", [180]),
                .. Matrix(block + "attn.c_proj", 60, 60), .. Norm(block + "ln_1", 60),
                ($"{block}mlp.c_fc.weight", [60, 240]), ($"{block}mlp.c_fc.bias", [240]),
                ($"{block}mlp.c_proj.weight", [240, 60]), ($"{block}mlp.c_proj.bias", [60]), .. Norm(block + "ln_2", 60),
            ]),
        ]);

    private static FamilyCheckpoint GptNeo() => new(
        """
        {"model_type":"gpt_neo","vocab_size":61,"max_position_embeddings":256,"hidden_size":60,"num_layers":2,"num_heads":3,
        "intermediate_size":null,"activation_function":"gelu_new","attention_types":[[["global","local"],1]],"window_size":19,
        "layer_norm_epsilon":1e-5}
        """,
        [
            ("transformer.wte.weight", [Vocabulary, 60]), ("transformer.wpe.weight", [Context, 60]),
            .. Blocks("transformer.h.", block => (IEnumerable<(string, int[])>)
            [
                .. Norm(block + "ln_1", 60), ($"{block}attn.attention.bias", [1]), ($"{block}attn.attention.masked_bias", [1]),
                ($"{block}attn.attention.q_proj.weight", [60, 60]), ($"{block}attn.attention.k_proj.weight", [60, 60]),
                ($"{block}attn.attention.v_proj.weight", [60, 60]), .. Matrix(block + "attn.attention.out_proj", 60, 60),
                .. Norm(block + "ln_2", 60), .. Matrix(block + "mlp.c_fc", 240, 60), .. Matrix(block + "mlp.c_proj", 60, 240),
            ]),
            .. Norm("transformer.ln_f", 60),
        ]);

    private static FamilyCheckpoint GptNeoX() => new(
        """
        {"model_type":"gpt_neox","vocab_size":61,"max_position_embeddings":256,"hidden_size":72,"num_hidden_layers":2,
        "num_attention_heads":3,"intermediate_size":90,"hidden_act":"gelu","rotary_pct":0.25,"rotary_emb_base":10000,
        "layer_norm_eps":1e-5,"use_parallel_residual":true,"tie_word_embeddings":false}
        """,
        [
            ("gpt_neox.embed_in.weight", [Vocabulary, 72]),
            .. Blocks("gpt_neox.layers.", block => (IEnumerable<(string, int[])>)
            [
                .. Norm(block + "input_layernorm", 72), .. Norm(block + "post_attention_layernorm", 72),
                ($"{block}attention.masked_bias", [1]), ($"{block}attention.rotary_emb.inv_freq", [3]),
                .. Matrix(block + "attention.query_key_value", 216, 72), .. Matrix(block + "attention.dense", 72, 72),
                .. Matrix(block + "mlp.dense_h_to_4h", 90, 72), .. Matrix(block + "mlp.dense_4h_to_h", 72, 90),
            ]),
            .. Norm("gpt_neox.final_layer_norm", 72), ("embed_out.weight", [Vocabulary, 72]),
        ]);

    private static FamilyCheckpoint Opt(bool normsBehind = false, int width = 48) => new(
        """
        {"model_type":"opt","vocab_size":61,"max_position_embeddings":256,"hidden_size":48,"word_embed_proj_dim":48,
        "num_hidden_layers":2,"num_attention_heads":4,"ffn_dim":100,"activation_function":"relu","do_layer_norm_before":true}
        """,
        [
            ("model.decoder.embed_tokens.weight", [Vocabulary, width]), ("model.decoder.embed_positions.weight", [Context + 2, width]),
            .. Blocks("model.decoder.layers.", block => (IEnumerable<(string, int[])>)
            [
                .. Norm(block + "self_attn_layer_norm", width), .. Matrix(block + "self_attn.q_proj", width, width),
                .. Matrix(block + "self_attn.k_proj", width, width), .. Matrix(block + "self_attn.v_proj", width, width),
                .. Matrix(block + "self_attn.out_proj", width, width), .. Norm(block + "final_layer_norm", width),
                .. Matrix(block + "fc1", 100, width), .. Matrix(block + "fc2", width, 100),
            ]),
            .. normsBehind ? [] : Norm("model.decoder.final_layer_norm", width),
        ]);

    private static FamilyCheckpoint Llama(
        int heads, int keyHeads, int size, bool isTied = false, bool hasHeadNorms = false, string[]? biases = null)
    {
        const int Width = 80;
        const int Hidden = 100;

        (string, int[])[] Projection(string name, string kind, int outputs, int inputs) =>
            biases?.Contains(kind) == true ? Matrix(name, outputs, inputs) : [(name + ".weight", [outputs, inputs])];
        (string, int[])[] HeadNorm(string name) => hasHeadNorms ? [(name + ".weight", [size])] : [];
        return new FamilyCheckpoint(
            LlamaConfig,
            [
                ("model.embed_tokens.weight", [Vocabulary, Width]),
                .. Blocks("model.layers.", block => (IEnumerable<(string, int[])>)
                [
                    ($"{block}input_layernorm.weight", [Width]), ($"{block}post_attention_layernorm.weight", [Width]),
                    .. Projection(block + "self_attn.q_proj", "q", heads * size, Width),
                    .. Projection(block + "self_attn.k_proj", "k", keyHeads * size, Width),
                    .. Projection(block + "self_attn.v_proj", "v", keyHeads * size, Width),
                    .. Projection(block + "self_attn.o_proj", "o", Width, heads * size),
                    .. HeadNorm(block + "self_attn.q_norm"), .. HeadNorm(block + "self_attn.k_norm"),
                    .. Projection(block + "mlp.gate_proj", "mlp", Hidden, Width), .. Projection(block + "mlp.up_proj", "mlp", Hidden, Width),
                    .. Projection(block + "mlp.down_proj", "mlp", Width, Hidden),
                ]),
                ("model.norm.weight", [Width]),
                .. (IEnumerable<(string, int[])>)(isTied ? [] : [("lm_head.weight", [Vocabulary, Width])]),
            ]);
    }

    private static IEnumerable<(string, int[])> Blocks(string prefix, Func<string, IEnumerable<(string, int[])>> tensors) =>
        Enumerable.Range(0, Layers).SelectMany(layer => tensors($"{prefix}{layer}."));

    private static (string, int[])[] Matrix(string name, int outputs, int inputs) =>
        [(name + ".weight", [outputs, inputs]), (name + ".bias", [outputs])];

    private static (string, int[])[] Norm(string name, int width) => [(name + ".weight", [width]), (name + ".bias", [width])];
}
