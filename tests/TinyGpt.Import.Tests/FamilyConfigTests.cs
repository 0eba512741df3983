using System.Text.Json.Nodes;
using TinyGpt.Import.HuggingFace;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>The published configurations of the family, and what they must not ask for.</summary>
public sealed class FamilyConfigTests : IDisposable
{
    private const string Llama32 = """
        {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
        "eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,
        "intermediate_size":8192,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,
        "num_hidden_layers":16,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,
        "high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},
        "rope_theta":500000.0,"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_cache":true,"vocab_size":128256}
        """;

    private const string Qwen25 = """
        {"architectures":["Qwen2ForCausalLM"],"bos_token_id":151643,"eos_token_id":151643,"hidden_act":"silu","hidden_size":896,
        "intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":24,"model_type":"qwen2","num_attention_heads":14,
        "num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":32768,
        "tie_word_embeddings":true,"use_mrope":false,"use_sliding_window":false,"vocab_size":151936}
        """;

    private const string Qwen3 = """
        {"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu",
        "hidden_size":1024,"intermediate_size":3072,"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3",
        "num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_scaling":null,
        "rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"use_sliding_window":false,"vocab_size":151936}
        """;

    private const string SmolLm2 = """
        {"architectures":["LlamaForCausalLM"],"attention_bias":false,"bos_token_id":0,"eos_token_id":0,"hidden_act":"silu",
        "hidden_size":576,"intermediate_size":1536,"is_llama_config":true,"max_position_embeddings":8192,"model_type":"llama",
        "num_attention_heads":9,"num_hidden_layers":30,"num_key_value_heads":3,"pretraining_tp":1,"rms_norm_eps":1e-05,
        "rope_interleaved":false,"rope_scaling":null,"rope_theta":100000,"tie_word_embeddings":true,"vocab_size":49152}
        """;

    private const string TinyLlama = """
        {"architectures":["LlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":2048,
        "intermediate_size":5632,"max_position_embeddings":2048,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":22,
        "num_key_value_heads":4,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":null,"rope_theta":10000.0,
        "tie_word_embeddings":false,"vocab_size":32000}
        """;

    private const string Mistral = """
        {"architectures":["MistralForCausalLM"],"eos_token_id":2,"hidden_act":"silu","hidden_size":4096,"intermediate_size":14336,
        "max_position_embeddings":32768,"model_type":"mistral","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,
        "rms_norm_eps":1e-05,"rope_theta":10000.0,"sliding_window":4096,"tie_word_embeddings":false,"vocab_size":32000}
        """;

    private const string GptNeo = """
        {"activation_function":"gelu_new","architectures":["GPTNeoForCausalLM"],"attention_layers":["global","local","global","local",
        "global","local","global","local","global","local","global","local"],"attention_types":[[["global","local"],6]],
        "eos_token_id":50256,"hidden_size":768,"intermediate_size":null,"layer_norm_epsilon":1e-05,"max_position_embeddings":2048,
        "model_type":"gpt_neo","num_heads":12,"num_layers":12,"vocab_size":50257,"window_size":256}
        """;

    private const string Pythia = """
        {"architectures":["GPTNeoXForCausalLM"],"eos_token_id":0,"hidden_act":"gelu","hidden_size":768,"intermediate_size":3072,
        "layer_norm_eps":1e-05,"max_position_embeddings":2048,"model_type":"gpt_neox","num_attention_heads":12,"num_hidden_layers":12,
        "rotary_emb_base":10000,"rotary_pct":0.25,"tie_word_embeddings":false,"use_parallel_residual":true,"vocab_size":50304}
        """;

    private const string Opt125 = """
        {"activation_function":"relu","architectures":["OPTForCausalLM"],"_remove_final_layer_norm":false,"do_layer_norm_before":true,
        "eos_token_id":2,"ffn_dim":3072,"hidden_size":768,"max_position_embeddings":2048,"model_type":"opt","num_attention_heads":12,
        "num_hidden_layers":12,"vocab_size":50272,"word_embed_proj_dim":768}
        """;

    private const string Gpt1 = """
        {"afn":"gelu","architectures":["OpenAIGPTLMHeadModel"],"layer_norm_epsilon":1e-05,"model_type":"openai-gpt","n_ctx":512,
        "n_embd":768,"n_head":12,"n_layer":12,"n_positions":512,"n_special":0,"predict_special_tokens":true,"vocab_size":40478}
        """;

    private const string Cerebras = """
        {"activation_function":"gelu","architectures":["GPT2LMHeadModel"],"layer_norm_epsilon":1e-05,"model_type":"gpt2","n_embd":768,
        "n_head":12,"n_inner":3072,"n_layer":10,"n_positions":2048,"reorder_and_upcast_attn":false,"scale_attn_by_inverse_layer_idx":false,
        "scale_attn_weights":true,"tie_word_embeddings":true,"use_cache":true,"vocab_size":50257}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Llama32, "llama-3.2-1b")]
    [InlineData(Qwen25, "qwen2.5-0.5b")]
    [InlineData(Qwen3, "qwen3-0.6b")]
    [InlineData(SmolLm2, "smollm2-135m")]
    [InlineData(TinyLlama, "tinyllama-1.1b")]
    public void A_published_configuration_is_that_of_the_synthetic_shape(string json, string shape)
    {
        ModelConfig expected = SyntheticModel.ConfigOf(shape);
        TokenIdSet ends = shape == "llama-3.2-1b" ? [128008, 128009] : [];
        Assert.Equal(
            expected with { HeadSize = expected.HeadSize, KeyValueHeads = expected.KeyValueHeads, OtherEndTokens = ends }, Read(json));
    }

    [Theory]
    [InlineData(GptNeo, 125_198_592)]
    [InlineData(Pythia, 162_322_944)]
    [InlineData(Opt125, 125_239_296 - (2 * 768))] // two rows of positions are never used
    [InlineData(Gpt1, 116_534_784)]
    [InlineData(Cerebras, 111_050_496)]
    [InlineData(Mistral, 7_241_732_096)]
    public void Published_configurations_have_the_published_number_of_parameters(string json, long parameters) =>
        Assert.Equal(parameters, Read(json).ParameterCount);

    [Fact]
    public void What_differs_from_GPT_2_is_read()
    {
        ModelConfig neo = Read(GptNeo);
        Assert.Equal((new AttentionWindow(256, 1, 2), 1f, false), (neo.AttentionWindow, neo.ScoreScale, neo.QueryKeyValueBias));
        Assert.Equal(neo, Read(With(GptNeo, "attention_layers", "null")));
        ModelConfig pythia = Read(Pythia);
        Assert.Equal((new RotaryPositions(10000, 16), true), (pythia.Rotary, pythia.ParallelResidual));
        Assert.Equal((NormPlacement.After, Activation.GeluTanh), (Read(Gpt1).NormPlacement, Read(Gpt1).Activation));
        Assert.Equal((Activation.Relu, 2048, 2), (Read(Opt125).Activation, Read(Opt125).ContextLength, Read(Opt125).EndOfTextToken));
        Assert.Equal(new AttentionWindow(4096), Read(Mistral).AttentionWindow);
        Assert.Null(Read(With(Mistral, "sliding_window", "null")).AttentionWindow);
        Assert.Null(Read(With(Mistral, "sliding_window", "32768")).AttentionWindow);
        string windowed = With(With(Qwen25, "use_sliding_window", "true"), "sliding_window", "4096");
        Assert.Null(Read(windowed).AttentionWindow); // max_window_layers is after the last layer
        Assert.Equal(new AttentionWindow(4096, 21), Read(With(windowed, "max_window_layers", "21")).AttentionWindow);
        RotaryPositions scaled = Read(With(SmolLm2, "rope_scaling", """{"type":"linear","factor":2.0}""")).Rotary!;
        Assert.Equal(new RotaryScaling(RotaryScalingKind.Linear, 2), scaled.Scaling);
        Assert.Equal(5000, Read(With(SmolLm2, "rope_parameters", """{"rope_type":"default","rope_theta":5000}""")).Rotary!.Base);
    }

    [Theory]
    [InlineData(SmolLm2, "rope_scaling", """{"type":"yarn","factor":4.0}""", "rope scaling 'yarn'")]
    [InlineData(SmolLm2, "rope_scaling", """{"rope_type":"dynamic","factor":4.0}""", "rope scaling 'dynamic'")]
    [InlineData(SmolLm2, "rope_scaling", """{"rope_type":"llama3","factor":4.0}""", "low_freq_factor")]
    [InlineData(SmolLm2, "rope_scaling", """{"rope_type":"linear","factor":0}""", "factor 0")]
    [InlineData(SmolLm2, "hidden_act", "\"relu2\"", "hidden_act 'relu2'")]
    [InlineData(SmolLm2, "num_key_value_heads", "2", "keyValueHeads 2")]
    [InlineData(SmolLm2, "num_attention_heads", "0", "heads 0")]
    [InlineData(SmolLm2, "head_dim", "63", "rotary.dimensions 63")]
    [InlineData(SmolLm2, "partial_rotary_factor", "0.5", "partial_rotary_factor")]
    [InlineData(SmolLm2, "model_type", "\"gemma3_text\"", "model_type 'gemma3_text'")]
    [InlineData(SmolLm2, "quantization_config", "{}", "quantization_config")]
    [InlineData(Opt125, "word_embed_proj_dim", "512", "word_embed_proj_dim")]
    [InlineData(Opt125, "_remove_final_layer_norm", "true", "_remove_final_layer_norm")]
    [InlineData(GptNeo, "attention_layers", "[\"global\"]", "1 kinds of attention for 12 layers")]
    [InlineData(GptNeo, "attention_types", "[[[\"sparse\"],12]]", "attention 'sparse'")]
    [InlineData(GptNeo, "attention_types", "[[[\"local\"],2],[[\"global\"],2],[[\"local\"],8]]", "not evenly spaced")]
    [InlineData(GptNeo, "attention_types", "[[\"local\",12]]", "an array of texts and a number")]
    [InlineData(Mistral, "num_hidden_layers", "2000000000", "layers 2000000000")]
    public void What_is_not_supported_is_refused_by_name(string json, string member, string value, string words)
    {
        string changed = With(member == "attention_types" ? With(json, "attention_layers", "null") : json, member, value);
        Assert.Contains(words, Assert.Throws<ModelFormatException>(() => Read(changed)).Message, StringComparison.Ordinal);
    }

    private static string With(string json, string member, string value)
    {
        JsonObject config = JsonNode.Parse(json)!.AsObject();
        config[member] = JsonNode.Parse(value);
        return config.ToJsonString();
    }

    private ModelConfig Read(string json)
    {
        _folder.Write("config.json", json);
        return HuggingFaceConfig.Read(_folder.At("config.json"));
    }
}
