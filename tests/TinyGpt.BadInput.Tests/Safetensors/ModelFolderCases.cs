using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Safetensors.SafetensorsDraft;

namespace TinyGpt.BadInput.Tests.Safetensors;

/// <summary>A Hugging Face folder: a config.json that is wrong, or right and another than the tensors'.</summary>
internal static class ModelFolderCases
{
    private const string ConfigName = "config.json";
    private const int Width = 8;
    private const int Hidden = 12;

    private const string ConfigText = """
        {"model_type":"gpt2","n_layer":1,"n_head":2,"n_embd":8,"n_inner":12,"n_positions":9,"vocab_size":5,
        "layer_norm_epsilon":1e-5,"activation_function":"gelu_new","tie_word_embeddings":true}
        """;

    private static readonly (string Name, long[] Shape, float[] Values)[] Weights = [.. MakeWeights()];

    public static readonly InputFiles Valid = InputFiles.Folder()
        .With(Name, Tensors(Weights)).With(ConfigName, Encoding.UTF8.GetBytes(ConfigText));

    /// <summary>The same with generation settings and a classifier of two classes.</summary>
    public static readonly InputFiles WithMore = Valid
        .With(ConfigName, Encoding.UTF8.GetBytes(ConfigText.Replace("{\"model", "{\"id2label\":{\"0\":\"ale\",\"1\":\"rain\"},\"eos_token_id\":[1,2],\"model", StringComparison.Ordinal)))
        .With("generation_config.json", """{"eos_token_id": [3, 4], "max_new_tokens": 20}"""u8.ToArray())
        .With("classifier.safetensors", Tensors([("score.weight", [2, Width], [.. Enumerable.Range(0, 2 * Width).Select(i => i / 8f)])]));

    public static readonly BadCase[] All =
    [
        .. CountCases.All,
        new("a folder with everything", "", () => WithMore) { Expected = LoadResult.Loaded },
        new("generation settings that are no JSON", "the JSON is damaged", () => WithMore.With("generation_config.json", "{"u8.ToArray())),
        new("generation settings that are a list", "must be an object", () => WithMore.With("generation_config.json", "[]"u8.ToArray())),
        new("generation settings with an end that is text", "whole number", () => WithMore.With("generation_config.json", """{"eos_token_id":"3"}"""u8.ToArray())),
        new("generation settings of two megabytes", "are accepted", () => WithMore.With("generation_config.json", new byte[2 << 20])),
        new("generation settings with a million ends", "names and values", () => WithMore.With(
            "generation_config.json", Encoding.UTF8.GetBytes($"{{\"eos_token_id\":[{string.Concat(Enumerable.Repeat("1,", 500_000))}1]}}"))),
        new("a classifier without names", "no member 'id2label'", () => WithMore.With(ConfigName, Encoding.UTF8.GetBytes(ConfigText))),
        new("a classifier that is no file of tensors", "no safetensors file?", () => WithMore.With("classifier.safetensors", new byte[100])),
        new("a classifier of another hidden size", "hidden size 6, not 8", () => WithMore.With(
            "classifier.safetensors", Tensors([("score.weight", [2, 6], new float[12])]))),
        new("a classifier of another number of classes", "a row for each of the 2 classes", () => WithMore.With(
            "classifier.safetensors", Tensors([("score.weight", [3, Width], new float[3 * Width])]))),
        new("no config.json", "config.json", () => Valid.Without(ConfigName)) { Expected = LoadResult.Missing },
        new("an empty config.json", "the JSON is damaged", ConfigFile("")),
        new("a config.json that is an array", "must be an object", ConfigFile("[]")),
        new("a config.json of a megabyte and more", "are accepted", ConfigFile("{}" + new string(' ', 1 << 20))),
        new("a config.json of as many numbers as fit", "names and values", ConfigFile($"{{\"a\":[{string.Concat(Enumerable.Repeat("1,", 500_000))}1]}}")),
        new("a config.json of 33 levels", "the JSON is damaged", ConfigFile($"{{\"a\":{new string('[', 33)}{new string(']', 33)}}}")),
        new("another kind of model", "model_type 'mamba'", Config("model_type", "\"mamba\"")),
        new("a kind of model that is a number", "must be text", Config("model_type", "2")),
        new("no width", "no member 'n_embd'", ConfigWithout("n_embd")),
        new("no vocabulary", "no member 'vocab_size'", ConfigWithout("vocab_size")),
        new("no context", "no member 'n_ctx'", ConfigWithout("n_positions")),
        new("a width of zero", "width 0", Config("n_embd", "0")),
        new("a width of 2^31 - 1 and no inner width", "width 2147483647", ConfigFile(
            """{"n_embd":2147483647,"vocab_size":5,"n_layer":1,"n_head":1,"n_positions":9}""")),
        new("a width that the tensors do not have", "calls for [5, 10]", Config("n_embd", "10")),
        new("a vocabulary that the tensors do not have", "calls for [6, 8]", Config("vocab_size", "6")),
        new("a vocabulary of more than 32 bits", "whole number of 32 bits", Config("vocab_size", "4294967301")),
        new("a context that the tensors do not have", "calls for [1048576, 8]", Config("n_positions", "1048576")),
        new("a context of no positions", "contextLength 0", Config("n_positions", "0")),
        new("a layer more than there are tensors", "'h.1.ln_1.weight' is missing", Config("n_layer", "2")),
        new("as many layers as may be", "'h.1.ln_1.weight' is missing", Config("n_layer", "1024")),
        new("a layer less than there are tensors", "layers 0", Config("n_layer", "0")),
        new("heads that do not divide the width", "no multiple of heads 3", Config("n_head", "3")),
        new("an inner width that the tensors do not have", "calls for [8, 13]", Config("n_inner", "13")),
        new("an inner width below zero", "feedForwardWidth -12", Config("n_inner", "-12")),
        new("an epsilon below zero", "normEpsilon", Config("layer_norm_epsilon", "-1")),
        new("an unknown activation", "activation_function 'swiglu'", Config("activation_function", "\"swiglu\"")),
        new("an end of text below zero", "endOfTextToken -7", Config("eos_token_id", "-7")),
        new("an end of text that is a list of texts", "whole number of 64 bits", Config("eos_token_id", "[\"1\"]")),
        new("an end of text that is an object", "whole number of 32 bits", Config("eos_token_id", "{}")),
        new("unscaled attention", "'scale_attn_weights': false", Config("scale_attn_weights", "false")),
        new("a flag that is a number", "must be true or false", Config("add_cross_attention", "0")),
        new("a quantized checkpoint", "'quantization_config'", Config("quantization_config", "{}")),
        new("an untied head without a tensor", "'lm_head.weight' is missing", Config("tie_word_embeddings", "false")),
        new("a tied head beside another one", "is another matrix", With(("lm_head.weight", [5, Width], new float[5 * Width]))),
        new("a tied head of another shape", "is another matrix", With(("lm_head.weight", [Width, 5], new float[5 * Width]))),
        new("a tensor that has no place", "has no place", With(("lora.weight", [1], [1f]))),
        new("a missing tensor", "'ln_f.bias' is missing", () => Valid.With(Name, Tensors(Weights[..^1]))),
        new("a tensor transposed", "has shape [24, 8]", Change("h.0.attn.c_attn.weight", (_, values) => ([24, Width], values))),
        new("a vector with a dimension too many", "has shape [1, 8]", Change("ln_f.weight", (_, values) => ([1, Width], values))),
        new("a weight that is no number", "wte.weight", Value("wte.weight", float.NaN)),
        new("an infinite weight", "c_fc.weight", Value("h.0.mlp.c_fc.weight", float.PositiveInfinity)),
        new("a weight beyond what a scale can hold", "c_proj.weight", Value("h.0.mlp.c_proj.weight", float.MaxValue)),
        new("a bias that is no number", "ln_f.bias", Value("ln_f.bias", float.NaN)),
        new("a position that is beyond what is accepted", "wpe.weight", Value("wpe.weight", -1e19f)),
        new("integers for weights", "has type I32", () => Valid.With(Name, Replace(Valid.Contents[Name], "F32", "I32"))),
        new("a cut checkpoint", "is at", () => Valid.With(Name, Valid.Contents[Name][..^4])),
        new("a tokenizer larger than the model", "but the model only", () => Valid
            .With("vocab.json", """{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5}"""u8.ToArray()).With("merges.txt", [])),
        new("a tokenizer that is damaged", "not valid JSON", () => Valid.With("tokenizer.json", "{"u8.ToArray())),
    ];

    private static Func<InputFiles> ConfigFile(string text) => () => Valid.With(ConfigName, Encoding.UTF8.GetBytes(text));

    /// <summary>A config.json with a member that is another; the value is JSON.</summary>
    private static Func<InputFiles> Config(string member, string value)
    {
        JsonObject config = JsonNode.Parse(ConfigText)!.AsObject();
        config[member] = JsonNode.Parse(value);
        return ConfigFile(config.ToJsonString());
    }

    private static Func<InputFiles> ConfigWithout(string member)
    {
        JsonObject config = JsonNode.Parse(ConfigText)!.AsObject();
        config.Remove(member);
        return ConfigFile(config.ToJsonString());
    }

    private static Func<InputFiles> With((string Name, long[] Shape, float[] Values) tensor) =>
        () => Valid.With(Name, Tensors([.. Weights, tensor]));

    private static Func<InputFiles> Change(string name, Func<long[], float[], (long[] Shape, float[] Values)> change) => () =>
        Valid.With(Name, Tensors(Weights.Select(weight =>
        {
            (long[] shape, float[] values) = weight.Name == name ? change(weight.Shape, weight.Values) : (weight.Shape, weight.Values);
            return (weight.Name, shape, values);
        })));

    private static Func<InputFiles> Value(string name, float value) =>
        Change(name, (shape, values) => (shape, [.. values[..3], value, .. values[4..]]));

    private static byte[] Replace(byte[] content, string old, string replacement) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content).Replace(old, replacement, StringComparison.Ordinal));

    private static IEnumerable<(string Name, long[] Shape, float[] Values)> MakeWeights()
    {
        (string Name, long[] Shape)[] shapes =
        [
            ("wte.weight", [5, Width]), ("wpe.weight", [9, Width]),
            ("h.0.ln_1.weight", [Width]), ("h.0.ln_1.bias", [Width]),
            ("h.0.attn.c_attn.weight", [Width, 3 * Width]), ("h.0.attn.c_attn.bias", [3 * Width]),
            ("h.0.attn.c_proj.weight", [Width, Width]), ("h.0.attn.c_proj.bias", [Width]),
            ("h.0.ln_2.weight", [Width]), ("h.0.ln_2.bias", [Width]),
            ("h.0.mlp.c_fc.weight", [Width, Hidden]), ("h.0.mlp.c_fc.bias", [Hidden]),
            ("h.0.mlp.c_proj.weight", [Hidden, Width]), ("h.0.mlp.c_proj.bias", [Width]),
            ("ln_f.weight", [Width]), ("ln_f.bias", [Width]),
        ];
        foreach ((string name, long[] shape) in shapes)
        {
            int count = (int)shape.Aggregate(1L, (product, size) => product * size);
            yield return (name, shape, [.. Enumerable.Range(0, count).Select(i => (((i * 37) % 101) - 50) / 100f)]);
        }
    }
}
