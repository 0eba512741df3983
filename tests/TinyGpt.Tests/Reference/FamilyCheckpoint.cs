using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TinyGpt.Arm64;

namespace TinyGpt.Tests.Reference;

/// <summary>
/// A small random checkpoint in the layout that Hugging Face's library gives an architecture: the text of its <c>config.json</c> and its
/// tensors by their published names. Every tensor's numbers depend on its name and size alone.
/// </summary>
internal sealed class FamilyCheckpoint
{
    private readonly JsonObject _config;

    public FamilyCheckpoint(string config, IEnumerable<(string Name, int[] Shape)> shapes)
    {
        _config = JsonNode.Parse(config)!.AsObject();
        Tensors = shapes.ToDictionary(tensor => tensor.Name, tensor => (Values(tensor.Name, tensor.Shape), tensor.Shape));
    }

    public Dictionary<string, (float[] Values, int[] Shape)> Tensors { get; }

    /// <summary>The configuration, as the reference reads it.</summary>
    public JsonElement Config => JsonSerializer.SerializeToElement(_config);

    /// <summary>Changes a member of the configuration; null takes it away.</summary>
    public FamilyCheckpoint With(string member, string? json)
    {
        _config.Remove(member);
        if (json is not null)
        {
            _config[member] = JsonNode.Parse(json);
        }

        return this;
    }

    /// <summary>Writes the folder, with one file of tensors or with several and their index.</summary>
    public TemporaryModel Write(int shards = 1)
    {
        TemporaryModel folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), _config.ToJsonString());
        if (shards == 1)
        {
            File.WriteAllBytes(Path.Combine(folder.Path, "model.safetensors"), Safetensors(Tensors.Keys));
            return folder;
        }

        JsonObject map = [];
        for (int shard = 0; shard < shards; shard++)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:d5}-of-{shards:d5}.safetensors");
            string[] names = [.. Tensors.Keys.Where((_, i) => i % shards == shard)];
            File.WriteAllBytes(Path.Combine(folder.Path, file), Safetensors(names));
            foreach (string name in names)
            {
                map[name] = file;
            }
        }

        File.WriteAllText(
            Path.Combine(folder.Path, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        return folder;
    }

    private static float[] Values(string name, int[] shape)
    {
        ulong seed = name.Aggregate(14695981039346656037ul, (hash, letter) => (hash ^ letter) * 1099511628211ul);
        SeededNumbers numbers = new(seed);
        bool isVector = shape.Length == 1;
        bool isGain = isVector && name.EndsWith(".weight", StringComparison.Ordinal);
        bool isTable = name.Contains("embed", StringComparison.Ordinal) || name.Contains("wte", StringComparison.Ordinal)
            || name.Contains("wpe", StringComparison.Ordinal);

        // Matrices that keep a vector's size, so that attention is far from even and every part of a block matters.
        float scale = isVector ? 0.2f : isTable ? 0.5f : MathF.Sqrt(3f / Math.Min(shape[0], shape[1]));
        int count = shape.Aggregate((product, size) => product * size);
        return [.. Enumerable.Range(0, count).Select(_ => (isGain ? 1f : 0f) + (scale * numbers.NextFloat()))];
    }

    private byte[] Safetensors(IEnumerable<string> names)
    {
        JsonObject header = [];
        using MemoryStream data = new();
        foreach (string name in names)
        {
            (float[] values, int[] shape) = Tensors[name];
            long start = data.Position;
            data.Write(MemoryMarshal.AsBytes<float>(values));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(start, data.Position),
            };
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data.ToArray()];
    }
}

/// <summary>A folder that is deleted.</summary>
internal sealed class TemporaryModel : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tinygpt-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
