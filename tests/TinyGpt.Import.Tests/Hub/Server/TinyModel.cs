using System.Text;

namespace TinyGpt.Import.Tests;

/// <summary>The files of a GPT-2 of seven tokens as they are in a model's folder on a hub, beside others that are not needed.</summary>
internal static class TinyModel
{
    public const string Weights = "model.safetensors";
    public const string Index = "model.safetensors.index.json";

    /// <summary>The files that are needed.</summary>
    public static readonly string[] Needed = ["config.json", "merges.txt", Weights, "vocab.json"];

    /// <summary>A model with its weights in one file.</summary>
    public static Dictionary<string, byte[]> Files() => new(Common())
    {
        [Weights] = new TinyCheckpoint().Build(),
    };

    /// <summary>A model with its weights in two files and an index.</summary>
    public static Dictionary<string, byte[]> ShardedFiles()
    {
        TinyCheckpoint checkpoint = new();
        const string First = "model-00001-of-00002.safetensors";
        const string Second = "model-00002-of-00002.safetensors";
        static bool IsFirst(string name) => name.Contains("h.0.", StringComparison.Ordinal);
        return new(Common())
        {
            [First] = checkpoint.Build(IsFirst),
            [Second] = checkpoint.Build(name => !IsFirst(name)),
            [Index] = Utf8($"{{\"weight_map\":{{{string.Join(
                ',', checkpoint.Tensors.Keys.Select(name => $"\"{name}\":\"{(IsFirst(name) ? First : Second)}\""))}}}}}"),
        };
    }

    private static Dictionary<string, byte[]> Common() => new()
    {
        [".gitattributes"] = Utf8("*.bin filter=lfs"),
        ["README.md"] = Utf8("# Tiny"),
        ["config.json"] = Utf8(TinyCheckpoint.Config),
        ["merges.txt"] = Utf8("#version: 0.2\n"),
        ["onnx/decoder_model.onnx"] = new byte[10],
        ["pytorch_model.bin"] = new byte[100],
        ["vocab.json"] = Utf8("""{"a":0,"b":1,"c":2,"d":3,"e":4,"Ġ":5,"<|endoftext|>":6}"""),
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
