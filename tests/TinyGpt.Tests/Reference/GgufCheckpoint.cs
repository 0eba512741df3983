using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using TinyGpt.Import.Tests.Gguf;

namespace TinyGpt.Tests.Reference;

/// <summary>
/// A Llama-shaped checkpoint in Hugging Face's names, from a GGUF file and to one. Reading knows float32 and nothing of the product's readers.
/// </summary>
internal static class GgufCheckpoint
{
    private static readonly (string Gguf, string HuggingFace)[] Names =
    [
        ("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head"), ("attn_norm", "input_layernorm"),
        ("ffn_norm", "post_attention_layernorm"), ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"), ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"), ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
    ];

    /// <summary>Reads a file of architecture <c>llama</c>, all float32.</summary>
    public static FamilyCheckpoint Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int at = 8;
        int tensors = (int)UInt64();
        int entries = (int)UInt64();
        Dictionary<string, double> numbers = [];
        for (int i = 0; i < entries; i++)
        {
            string key = Text();
            Value(key, UInt32());
        }

        List<(string Name, int[] Shape, int Offset)> table = [];
        for (int i = 0; i < tensors; i++)
        {
            string name = Text();
            int[] sizes = [.. Enumerable.Range(0, (int)UInt32()).Select(_ => (int)UInt64())];
            _ = UInt32() == 0 ? 0 : throw new InvalidDataException($"{name} is not float32.");
            table.Add((name, [.. sizes.Reverse()], (int)UInt64()));
        }

        int start = (at + 31) / 32 * 32;
        string Whole(string key) => numbers["llama." + key].ToString(CultureInfo.InvariantCulture);
        bool isTied = table.All(tensor => tensor.Name != "output.weight");
        int heads = (int)numbers["llama.attention.head_count"];
        FamilyCheckpoint checkpoint = new(
            $$"""
            {"model_type":"llama","hidden_size":{{Whole("embedding_length")}},"num_hidden_layers":{{Whole("block_count")}},
            "num_attention_heads":{{heads}},"num_key_value_heads":{{Whole("attention.head_count_kv")}},
            "hidden_act":"silu","rms_norm_eps":{{Whole("attention.layer_norm_rms_epsilon")}},"rope_theta":{{Whole("rope.freq_base")}},
            "tie_word_embeddings":{{(isTied ? "true" : "false")}}}
            """,
            []);
        int size = (int)numbers["llama.embedding_length"] / heads;
        foreach ((string name, int[] shape, int offset) in table)
        {
            float[] values = new float[shape.Aggregate((product, dimension) => product * dimension)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(start + offset + (i * 4)));
            }

            values = IsRotated(name) ? ToHalves(values, shape, size) : values;
            checkpoint.Tensors.Add(ToHuggingFace(name), (values, shape));
        }

        return checkpoint;

        uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan((at += 4) - 4));
        ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan((at += 8) - 8));
        string Text()
        {
            int length = (int)UInt64();
            return Encoding.UTF8.GetString(file, (at += length) - length, length);
        }

        void Value(string key, uint type)
        {
            switch (type)
            {
                case 4 or 5:
                    numbers[key] = UInt32();
                    break;
                case 6:
                    numbers[key] = BitConverter.UInt32BitsToSingle(UInt32());
                    break;
                case 7:
                    at++;
                    break;
                case 8:
                    Text();
                    break;
                case 9:
                    uint elementType = UInt32();
                    for (ulong left = UInt64(); left > 0; left--)
                    {
                        Value("", elementType);
                    }

                    break;
                default:
                    throw new InvalidDataException($"{key} has type {type}.");
            }
        }
    }

    /// <summary>Writes a checkpoint as a GGUF file, in float32.</summary>
    /// <param name="checkpoint">A Llama, Qwen2 or Qwen3.</param>
    /// <param name="architecture">The name of the architecture, before which its keys are.</param>
    /// <param name="headSize">Channels of a head.</param>
    public static GgufDraft Write(FamilyCheckpoint checkpoint, string architecture, int headSize)
    {
        uint Number(string name) => checkpoint.Config.GetProperty(name).GetUInt32();
        float Float(string name) => checkpoint.Config.GetProperty(name).GetSingle();
        GgufDraft draft = new GgufDraft().Text("general.architecture", architecture)
            .UInt32($"{architecture}.context_length", Number("max_position_embeddings"))
            .UInt32($"{architecture}.embedding_length", Number("hidden_size"))
            .UInt32($"{architecture}.block_count", Number("num_hidden_layers"))
            .UInt32($"{architecture}.feed_forward_length", Number("intermediate_size"))
            .UInt32($"{architecture}.attention.head_count", Number("num_attention_heads"))
            .UInt32($"{architecture}.attention.head_count_kv", Number("num_key_value_heads"))
            .UInt32($"{architecture}.attention.key_length", (uint)headSize)
            .UInt32($"{architecture}.attention.value_length", (uint)headSize)
            .Float32($"{architecture}.attention.layer_norm_rms_epsilon", Float("rms_norm_eps"))
            .Float32($"{architecture}.rope.freq_base", Float("rope_theta"));
        foreach ((string name, (float[] values, int[] shape)) in checkpoint.Tensors)
        {
            string stored = ToGguf(name);
            draft.Tensor(
                stored,
                architecture == "llama" && IsRotated(stored) ? ToNeighbours(values, shape, headSize) : values,
                [.. shape.Reverse().Select(dimension => (ulong)dimension)]);
        }

        return draft;
    }

    private static bool IsRotated(string name) =>
        name.Contains(".attn_q.", StringComparison.Ordinal) || name.Contains(".attn_k.", StringComparison.Ordinal);

    private static string ToHuggingFace(string name)
    {
        string[] parts = name.Split('.');
        string middle = Names.Single(pair => pair.Gguf == parts[^2]).HuggingFace;
        return parts.Length == 4 ? $"model.layers.{parts[1]}.{middle}.{parts[3]}" : $"{middle}.{parts[^1]}";
    }

    private static string ToGguf(string name)
    {
        int end = name.LastIndexOf('.');
        string[] parts = name[..end].Split('.', 4);
        return parts is ["model", "layers", _, _]
            ? $"blk.{parts[2]}.{Names.Single(pair => pair.HuggingFace == parts[3]).Gguf}{name[end..]}"
            : Names.Single(pair => pair.HuggingFace == name[..end]).Gguf + name[end..];
    }

    /// <summary>Rows 2i and 2i + 1 of each head become i and i + size/2.</summary>
    private static float[] ToHalves(float[] values, int[] shape, int size) =>
        Reorder(values, shape, size, channel => (2 * (channel % (size / 2))) + (channel / (size / 2)));

    /// <summary>The other way.</summary>
    private static float[] ToNeighbours(float[] values, int[] shape, int size) =>
        Reorder(values, shape, size, channel => (channel / 2) + (channel % 2 * (size / 2)));

    private static float[] Reorder(float[] values, int[] shape, int size, Func<int, int> from)
    {
        int columns = shape.Length == 1 ? 1 : shape[1];
        return [.. Enumerable.Range(0, shape[0]).SelectMany(row =>
            values.Skip(((row / size * size) + from(row % size)) * columns).Take(columns))];
    }
}
