using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import;

/// <summary>
/// The tensors of a checkpoint: one safetensors file, or several with an index. The files are mapped, not read. Reading is thread-safe;
/// disposing is not, and invalidates every tensor.
/// </summary>
public sealed class SafetensorsCheckpoint : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const string Extension = ".safetensors";
    private const int LongestIndex = 4 << 20;

    private static readonly JsonLimits Limits = new(Depth: 16, Tokens: 1 << 18, TextBytes: 1 << 20);

    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);
    private readonly List<MappedFile> _mappings = [];

    private SafetensorsCheckpoint(string file) => File = file;

    /// <summary>The file that was opened: the single one, or the index.</summary>
    public string File { get; }

    /// <summary>Every tensor by its name.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <summary>Whether a path looks like such a checkpoint: a <c>.safetensors</c> file, or a folder with one or with an index.</summary>
    public static bool IsAt(string path) =>
        (System.IO.File.Exists(path) && HasExtension(path))
        || System.IO.File.Exists(Path.Combine(path, SingleName)) || System.IO.File.Exists(Path.Combine(path, IndexName));

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">A <c>.safetensors</c> file, or a folder with <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</param>
    /// <exception cref="FileNotFoundException">There is nothing of that kind, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">A file is damaged or contradicts the others.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Returned, or disposed where opening fails.")]
    public static SafetensorsCheckpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = !Directory.Exists(path) ? path
            : System.IO.File.Exists(Path.Combine(path, SingleName)) ? Path.Combine(path, SingleName)
            : Path.Combine(path, IndexName);
        if (!System.IO.File.Exists(file))
        {
            throw new FileNotFoundException($"{path}: there is no {SingleName} and no {IndexName}", path);
        }

        SafetensorsCheckpoint checkpoint = new(file);
        try
        {
            if (HasExtension(file))
            {
                foreach (SafetensorsTensor tensor in checkpoint.Map(file))
                {
                    checkpoint._tensors.Add(tensor.Name, tensor);
                }
            }
            else
            {
                checkpoint.AddShards(file);
            }

            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        _mappings.ForEach(mapping => mapping.Dispose());
        _mappings.Clear();
        _tensors.Clear();
    }

    private static bool HasExtension(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    private void AddShards(string index)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(index))!;
        Dictionary<string, Dictionary<string, SafetensorsTensor>> shards = new(StringComparer.Ordinal);
        using JsonDocument document = CheckedJson.Parse(BoundedFile.Read(index, LongestIndex), Limits, index, offset: null, out CheckedJson root);
        CheckedJson map = root.Object("weight_map");
        foreach ((string name, string shard) in map.TextMembers())
        {
            if (!shards.TryGetValue(shard, out Dictionary<string, SafetensorsTensor>? tensors))
            {
                if (!IsPlainFileName(shard))
                {
                    throw map.Failure($"names the file '{shard}', which is not a {Extension} file name beside the index");
                }

                string path = Path.Combine(folder, shard);
                if (!System.IO.File.Exists(path))
                {
                    // Also where the name is longer than the system allows, or is that of a folder.
                    throw new FileNotFoundException($"{path}: there is no such file, and {index} names it", path);
                }

                tensors = Map(path).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
                shards.Add(shard, tensors);
            }

            _tensors.Add(name, tensors.TryGetValue(name, out SafetensorsTensor? found) ? found
                : throw map.Failure($"places tensor '{name}' in {shard}, which does not hold it"));
        }
    }

    // An index may come from anywhere, and must not reach out of its folder on any system.
    private static bool IsPlainFileName(string name) =>
        HasExtension(name) && name.AsSpan().IndexOfAny("/\\:\0") < 0;

    private List<SafetensorsTensor> Map(string file)
    {
        MappedFile mapping = MappedFile.Open(file, SafetensorsHeader.RequireLength);
        _mappings.Add(mapping);
        return SafetensorsHeader.Read(mapping, file);
    }
}
