using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Kernels;

namespace TinyGpt;

/// <summary>
/// The member <c>config</c> of a <c>.tgpt</c> file's metadata, both ways. Thread-safe. What is as in GPT-2 is not written, so that a model of that
/// shape has the file that it always had.
/// </summary>
public static class TgptConfig
{
    private static readonly string[] Activations = ["gelu_tanh", "gelu_erf", "relu", "silu"];
    private static readonly string[] Norms = ["layer_norm", "rms_norm"];
    private static readonly string[] NormPlacements = ["before", "after"];
    private static readonly string[] Scalings = ["linear", "llama3"];

    /// <summary>Writes a valid configuration as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(config);
        json.WriteStartObject();
        json.WriteString("architecture", config.Architecture);
        json.WriteNumber("vocabularySize", config.VocabularySize);
        json.WriteNumber("contextLength", config.ContextLength);
        json.WriteNumber("width", config.Width);
        json.WriteNumber("layers", config.Layers);
        json.WriteNumber("heads", config.Heads);
        WriteAttention(json, config);
        json.WriteNumber("feedForwardWidth", config.FeedForwardWidth);
        WriteFlag(json, "gated", config.Gated, usual: false);
        json.WriteNumber("normEpsilon", config.NormEpsilon);
        WriteChoice(json, "norm", Norms, (int)config.Norm);
        WriteChoice(json, "normPlacement", NormPlacements, (int)config.NormPlacement);
        WriteFlag(json, "parallelResidual", config.ParallelResidual, usual: false);
        WriteFlag(json, "queryKeyValueBias", config.QueryKeyValueBias, usual: true);
        WriteFlag(json, "attentionOutputBias", config.AttentionOutputBias, usual: true);
        WriteFlag(json, "feedForwardBias", config.FeedForwardBias, usual: true);
        json.WriteString("activation", Activations[(int)config.Activation]);
        json.WriteBoolean("tiedHead", config.TiedHead);
        if (config.EndOfTextToken is { } end)
        {
            json.WriteNumber("endOfTextToken", end);
        }

        if (config.OtherEndTokens.Count > 0)
        {
            json.WriteStartArray("otherEndTokens");
            foreach (int other in config.OtherEndTokens)
            {
                json.WriteNumberValue(other);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <exception cref="ModelFormatException">A member is unknown, missing, of another type, or out of range.</exception>
    internal static ModelConfig Read(CheckedJson json)
    {
        json.AllowOnly(
            "architecture", "vocabularySize", "contextLength", "width", "layers", "heads", "keyValueHeads", "headSize", "scoreScale",
            "queryKeyNorm", "attentionWindow", "rotary", "feedForwardWidth", "gated", "normEpsilon", "norm", "normPlacement",
            "parallelResidual", "queryKeyValueBias", "attentionOutputBias", "feedForwardBias", "activation", "tiedHead", "endOfTextToken",
            "otherEndTokens");
        ModelConfig config = new()
        {
            Architecture = json.Text("architecture"),
            VocabularySize = json.Int32("vocabularySize"),
            ContextLength = json.Int32("contextLength"),
            Width = json.Int32("width"),
            Layers = json.Int32("layers"),
            Heads = json.Int32("heads"),
            ScoreScale = json.Has("scoreScale") ? json.Single("scoreScale") : null,
            QueryKeyNorm = ReadFlag(json, "queryKeyNorm", usual: false),
            AttentionWindow = json.Has("attentionWindow") ? ReadWindow(json.Object("attentionWindow")) : null,
            Rotary = json.Has("rotary") ? ReadRotary(json.Object("rotary")) : null,
            FeedForwardWidth = json.Int32("feedForwardWidth"),
            Gated = ReadFlag(json, "gated", usual: false),
            NormEpsilon = json.Single("normEpsilon"),
            Norm = (NormKind)ReadChoice(json, "norm", Norms),
            NormPlacement = (NormPlacement)ReadChoice(json, "normPlacement", NormPlacements),
            ParallelResidual = ReadFlag(json, "parallelResidual", usual: false),
            QueryKeyValueBias = ReadFlag(json, "queryKeyValueBias", usual: true),
            AttentionOutputBias = ReadFlag(json, "attentionOutputBias", usual: true),
            FeedForwardBias = ReadFlag(json, "feedForwardBias", usual: true),
            Activation = (Activation)json.Choice("activation", Activations),
            TiedHead = json.Boolean("tiedHead"),
            EndOfTextToken = json.Has("endOfTextToken") ? json.Int32("endOfTextToken") : null,
            OtherEndTokens = json.Has("otherEndTokens") ? [.. json.Int32s("otherEndTokens", ModelConfig.MaxEndTokens)] : [],
        };
        config = json.Has("keyValueHeads") ? config with { KeyValueHeads = json.Int32("keyValueHeads") } : config;
        config = json.Has("headSize") ? config with { HeadSize = json.Int32("headSize") } : config;
        return config.TryValidate(out string problem) ? config : throw json.Failure($"is not valid: {problem}");
    }

    private static void WriteAttention(Utf8JsonWriter json, ModelConfig config)
    {
        if (config.KeyValueHeads != config.Heads)
        {
            json.WriteNumber("keyValueHeads", config.KeyValueHeads);
        }

        if (config.HeadSize * config.Heads != config.Width)
        {
            json.WriteNumber("headSize", config.HeadSize);
        }

        if (config.ScoreScale is { } scale)
        {
            json.WriteNumber("scoreScale", scale);
        }

        WriteFlag(json, "queryKeyNorm", config.QueryKeyNorm, usual: false);
        if (config.AttentionWindow is { } window)
        {
            json.WriteStartObject("attentionWindow");
            json.WriteNumber("length", window.Length);
            json.WriteNumber("firstLayer", window.FirstLayer);
            json.WriteNumber("layerStep", window.LayerStep);
            json.WriteEndObject();
        }

        if (config.Rotary is { } rotary)
        {
            json.WriteStartObject("rotary");
            json.WriteNumber("base", rotary.Base);
            json.WriteNumber("dimensions", rotary.Dimensions);
            if (rotary.Scaling is { } scaling)
            {
                json.WriteStartObject("scaling");
                json.WriteString("kind", Scalings[(int)scaling.Kind]);
                json.WriteNumber("factor", scaling.Factor);
                json.WriteNumber("lowFrequencyFactor", scaling.LowFrequencyFactor);
                json.WriteNumber("highFrequencyFactor", scaling.HighFrequencyFactor);
                json.WriteNumber("originalContext", scaling.OriginalContext);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
    }

    private static AttentionWindow ReadWindow(CheckedJson json)
    {
        json.AllowOnly("length", "firstLayer", "layerStep");
        return new AttentionWindow(json.Int32("length"), json.Int32("firstLayer"), json.Int32("layerStep"));
    }

    private static RotaryPositions ReadRotary(CheckedJson json)
    {
        json.AllowOnly("base", "dimensions", "scaling");
        return new RotaryPositions(json.Single("base"), json.Int32("dimensions"))
        {
            Scaling = json.Has("scaling") ? ReadScaling(json.Object("scaling")) : null,
        };
    }

    private static RotaryScaling ReadScaling(CheckedJson json)
    {
        json.AllowOnly("kind", "factor", "lowFrequencyFactor", "highFrequencyFactor", "originalContext");
        return new RotaryScaling((RotaryScalingKind)json.Choice("kind", Scalings), json.Single("factor"))
        {
            LowFrequencyFactor = json.Single("lowFrequencyFactor"),
            HighFrequencyFactor = json.Single("highFrequencyFactor"),
            OriginalContext = json.Int32("originalContext"),
        };
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool value, bool usual)
    {
        if (value != usual)
        {
            json.WriteBoolean(name, value);
        }
    }

    private static bool ReadFlag(CheckedJson json, string name, bool usual) => json.Has(name) ? json.Boolean(name) : usual;

    private static void WriteChoice(Utf8JsonWriter json, string name, string[] choices, int value)
    {
        if (value != 0)
        {
            json.WriteString(name, choices[value]);
        }
    }

    private static int ReadChoice(CheckedJson json, string name, string[] choices) => json.Has(name) ? json.Choice(name, choices) : 0;
}
