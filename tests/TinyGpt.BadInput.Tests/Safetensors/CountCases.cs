using System.Text;
using TinyGpt.BadInput.Tests.Cases;

namespace TinyGpt.BadInput.Tests.Safetensors;

/// <summary>Counts in a config.json of some hundred bytes, of each architecture: refused before anything is made of them.</summary>
internal static class CountCases
{
    private const string Most = "2147483647";

    public static readonly BadCase[] All =
    [
        Neo("2^31 - 1 layers, named by two kinds that many times", "layers 2147483647", Most, $"[[[\"global\",\"local\"],{Most}]]"),
        Neo("2^31 - 1 kinds of attention for two layers", "more kinds of attention", "2", $"[[[\"global\"],{Most}]]"),
        Neo("no kinds of attention, 2^31 - 1 times", "has 0 kinds of attention", "2", $"[[[],{Most}]]"),
        Neo("kinds of attention fewer than none", "has 0 kinds of attention", "2", $"[[[\"global\"],-{Most}]]"),
        Neo("more pairs of kinds than layers may be", "at most 1024 are accepted", "2", $"[{string.Join(',', Enumerable.Repeat("[[\"global\"],1]", 2000))}]"),
        Llama("2^31 - 1 layers of Llama", "layers 2147483647", "llama", $"\"num_hidden_layers\":{Most}"),
        Llama("2^31 - 1 layers of Mistral with a window", "layers 2147483647", "mistral", $"\"num_hidden_layers\":{Most},\"sliding_window\":4"),
        Llama(
            "2^31 - 1 layers of Qwen with windows", "layers 2147483647", "qwen2",
            $"\"num_hidden_layers\":{Most},\"use_sliding_window\":true,\"sliding_window\":4"),
        Llama(
            "kinds of layers without end", "at most 1024 are accepted", "qwen3",
            $"\"num_hidden_layers\":2,\"use_sliding_window\":true,\"sliding_window\":4,\"layer_types\":[{string.Join(',', Enumerable.Repeat("\"x\"", 9000))}]"),
        Llama("layers below zero", "layers -1", "llama", "\"num_hidden_layers\":-1"),
        Llama("the most of everything, and no tensors", "is missing", "llama", """
            "num_hidden_layers":1024,"hidden_size":131072,"num_attention_heads":65536,"vocab_size":1048576,"intermediate_size":131072,
            "max_position_embeddings":1048576
            """),
        Llama("heads of 4096 features in a narrow model", "is missing", "qwen3", """
            "num_hidden_layers":1024,"hidden_size":8,"num_attention_heads":512,"head_dim":4096,"vocab_size":1048576,"intermediate_size":131072
            """),
        Of("the most of everything of GPT-NeoX", "is missing", """
            {"model_type":"gpt_neox","vocab_size":1048576,"max_position_embeddings":1048576,"hidden_size":131072,"num_hidden_layers":1024,
            "num_attention_heads":65536,"intermediate_size":131072,"hidden_act":"gelu","rotary_pct":1}
            """),
        Of("the longest context of OPT", "is missing", """
            {"model_type":"opt","vocab_size":1048576,"max_position_embeddings":1048576,"hidden_size":131072,"num_hidden_layers":1024,
            "num_attention_heads":65536,"ffn_dim":131072}
            """),
    ];

    private static BadCase Of(string name, string reason, string config) => new(
        name, reason, () => ModelFolderCases.Valid.With("config.json", Encoding.UTF8.GetBytes(config)));

    private static BadCase Neo(string name, string reason, string layers, string types) => Of(name, reason, $$"""
        {"model_type":"gpt_neo","vocab_size":8,"max_position_embeddings":8,"hidden_size":8,"num_layers":{{layers}},"num_heads":1,
        "activation_function":"gelu_new","attention_types":{{types}}}
        """);

    private static BadCase Llama(string name, string reason, string type, string members)
    {
        (string Member, string Value)[] usual =
        [
            ("vocab_size", "8"), ("max_position_embeddings", "8"), ("hidden_size", "8"), ("num_attention_heads", "1"), ("intermediate_size", "8"),
        ];
        string rest = string.Concat(usual.Where(member => !members.Contains($"\"{member.Member}\"", StringComparison.Ordinal))
            .Select(member => $",\"{member.Member}\":{member.Value}"));
        return Of(name, reason, $"{{\"model_type\":\"{type}\",\"hidden_act\":\"silu\",{members}{rest}}}");
    }
}
