using System.Globalization;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Output;

/// <summary>What a configuration's blocks are made of, in words.</summary>
internal static class ConfigText
{
    /// <summary>A line about attention, one about positions, one about the feed-forward layer and the norms.</summary>
    public static IEnumerable<string> Lines(ModelConfig config)
    {
        string keys = config.KeyValueHeads == config.Heads ? "" : $", {config.KeyValueHeads} of keys and values";
        string norms = config.QueryKeyNorm ? ", each query and key normalized" : "";
        string scores = config.ScoreScale is { } scale ? string.Create(CultureInfo.InvariantCulture, $", attention scores times {scale}") : "";
        string window = config.AttentionWindow is { } windowed
            ? $", window {windowed.Length} in {Enumerable.Range(0, config.Layers).Count(windowed.Includes)} of {config.Layers} layers"
            : "";
        yield return $"{config.Heads} heads of {config.HeadSize}{keys}{norms}{scores}{window}";
        yield return Positions(config);
        string norm = config.Norm == NormKind.RmsNorm ? "RMS norm" : "layer norm";
        string placement = config.NormPlacement == NormPlacement.After ? " after each sum" : "";
        string parallel = config.ParallelResidual ? ", attention and feed-forward in parallel" : "";
        yield return $"{Function(config.Activation)}{(config.Gated ? " gate" : "")}, {norm}{placement}{parallel}, {Biases(config)}";
    }

    private static string Positions(ModelConfig config)
    {
        if (config.Rotary is not { } rotary)
        {
            return "learned positions";
        }

        string part = rotary.Dimensions == config.HeadSize ? "" : $" of {rotary.Dimensions} channels";
        string scaling = rotary.Scaling is not { } scaled ? ""
            : scaled.Kind == RotaryScalingKind.Linear ? $", linear scaling by {scaled.Factor}" : $", llama3 scaling by {scaled.Factor}";
        return string.Create(CultureInfo.InvariantCulture, $"rotary positions{part}, base {rotary.Base}{scaling}");
    }

    private static string Biases(ModelConfig config)
    {
        string[] owners =
        [
            .. config.QueryKeyValueBias ? (string[])["query, key and value"] : [],
            .. config.AttentionOutputBias ? (string[])["attention output"] : [],
            .. config.FeedForwardBias ? (string[])["feed-forward"] : [],
        ];
        return owners.Length switch
        {
            0 => "no biases",
            3 => "biases everywhere",
            _ => $"biases of {string.Join(" and ", owners)}",
        };
    }

    private static string Function(Activation activation) => activation switch
    {
        Activation.GeluTanh => "gelu_tanh",
        Activation.GeluErf => "gelu_erf",
        Activation.Relu => "relu",
        _ => "silu",
    };
}
