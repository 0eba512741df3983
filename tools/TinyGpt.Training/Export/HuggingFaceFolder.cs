using System.Globalization;
using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Training.Network;

namespace TinyGpt.Training;

/// <summary>
/// Writes a network as a folder that Hugging Face's library and <c>tinygpt pack</c> load: <c>config.json</c> and
/// <c>model.safetensors</c>, and for a classifier <c>classifier.safetensors</c>. The tokenizer's files belong there too;
/// <see cref="Gpt2TokenizerFiles"/> writes them. Stateless and thread-safe.
/// </summary>
public static class HuggingFaceFolder
{
    private const float FirstWeights = 0.02f;

    /// <summary>Writes the files, each by a temporary one that takes its name; older ones are replaced.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="config">The network's shape, GPT-2's kind.</param>
    /// <param name="parameters">Its tensors, named as in a GPT-2 checkpoint.</param>
    /// <param name="dropout">The dropout that it was trained with, which fine-tuning elsewhere goes on with.</param>
    /// <param name="labels">The classes of the classifier among the tensors, or null.</param>
    public static void Write(
        string folder, ModelConfig config, IReadOnlyList<NamedParameter> parameters, float dropout, LabelSet? labels = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(parameters);
        WriteConfig(folder, config, dropout, labels);
        if (labels is not null)
        {
            WriteTensors("classifier.safetensors", parameter => parameter.Name == ParameterSet.ScoreName);
        }

        WriteTensors("model.safetensors", parameter => parameter.Name != ParameterSet.ScoreName);

        void WriteTensors(string name, Func<NamedParameter, bool> belongs) => AtomicFile.Write(
            Path.Combine(folder, name), stream => SafetensorsWriter.Write(stream, [.. parameters.Where(belongs)]));
    }

    /// <summary>Writes the configuration alone.</summary>
    internal static void WriteConfig(string folder, ModelConfig config, float dropout, LabelSet? labels) =>
        AtomicFile.Write(Path.Combine(folder, "config.json"), stream => WriteConfig(stream, config, dropout, labels));

    private static void WriteConfig(Stream stream, ModelConfig config, float dropout, LabelSet? labels)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue("GPT2LMHeadModel");
        json.WriteEndArray();
        json.WriteString("model_type", "gpt2");
        json.WriteNumber("vocab_size", config.VocabularySize);
        json.WriteNumber("n_positions", config.ContextLength);
        json.WriteNumber("n_ctx", config.ContextLength);
        json.WriteNumber("n_embd", config.Width);
        json.WriteNumber("n_layer", config.Layers);
        json.WriteNumber("n_head", config.Heads);
        json.WriteNumber("n_inner", config.FeedForwardWidth);
        json.WriteString("activation_function", config.Activation == Activation.GeluErf ? "gelu" : "gelu_new");
        json.WriteNumber("layer_norm_epsilon", config.NormEpsilon);
        json.WriteNumber("initializer_range", FirstWeights);
        json.WriteNumber("embd_pdrop", dropout);
        json.WriteNumber("attn_pdrop", dropout);
        json.WriteNumber("resid_pdrop", dropout);
        json.WriteBoolean("scale_attn_weights", true);
        json.WriteBoolean("tie_word_embeddings", config.TiedHead);
        if (config.EndOfTextToken is { } endOfText)
        {
            json.WriteNumber("bos_token_id", endOfText);
            WriteEndTokens(json, endOfText, config.OtherEndTokens);
        }

        if (labels is not null)
        {
            json.WriteStartObject("id2label");
            for (int id = 0; id < labels.Labels.Count; id++)
            {
                json.WriteString(id.ToString(CultureInfo.InvariantCulture), labels.Labels[id]);
            }

            json.WriteEndObject();
        }

        json.WriteString("torch_dtype", "float32");
        json.WriteEndObject();
    }

    /// <summary>One end token as a number, several as a list, as checkpoints have them.</summary>
    private static void WriteEndTokens(Utf8JsonWriter json, int first, TokenIdSet others)
    {
        if (others.Count == 0)
        {
            json.WriteNumber("eos_token_id", first);
            return;
        }

        json.WriteStartArray("eos_token_id");
        json.WriteNumberValue(first);
        foreach (int other in others)
        {
            json.WriteNumberValue(other);
        }

        json.WriteEndArray();
    }
}
