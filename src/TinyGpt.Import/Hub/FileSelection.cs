using System.Text.Json;
using System.Text.RegularExpressions;
using TinyGpt.Format;

namespace TinyGpt.Import.Hub;

/// <summary>
/// Chooses the files of a model that are needed: its weights as safetensors, with its configuration and its tokenizer, or one GGUF
/// file, which has all of that in it. Nothing else of what the model's folder may hold is touched.
/// </summary>
internal static partial class FileSelection
{
    /// <summary>The longest index that is read, in bytes: what a checkpoint's reader accepts.</summary>
    public const int LongestIndex = 4 << 20;

    /// <summary>The configuration's name.</summary>
    public const string Config = "config.json";

    private const string Weights = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const string SafetensorsExtension = ".safetensors";
    private const string GgufExtension = ".gguf";
    private const int MostNamed = 12;

    private static readonly JsonLimits Limits = new(Depth: 16, Tokens: 1 << 18, TextBytes: 1 << 20);

    private static readonly HashSet<string> Companions = new(StringComparer.Ordinal)
    {
        Config, "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
    };

    /// <summary>Whether a file is the index of weights in several files.</summary>
    public static bool IsIndex(HubFile file) => file.Path == Index;

    /// <summary>Whether a file holds weights, which come last because they are large.</summary>
    public static bool IsWeights(HubFile file) => file.EndsWith(SafetensorsExtension) || file.EndsWith(GgufExtension);

    /// <summary>Finds the file with the weights, or the index of several.</summary>
    /// <param name="listing">The model's files.</param>
    /// <param name="wanted">The GGUF file that was asked for, or null for the model's own weights.</param>
    /// <param name="url">Where the list came from.</param>
    /// <exception cref="HubException">There is none, or there are several to choose from.</exception>
    public static HubFile FindMain(HubListing listing, string? wanted, Uri url)
    {
        HubFile main = wanted is null ? FindOwn(listing, url) : FindWanted(listing, wanted, url);
        return !SplitGguf().IsMatch(main.Path)
            ? main
            : throw new HubException(
                url, null, $"'{HubPath.Show(main.Path)}' is one of several parts, and GGUF files in parts are not supported",
                "choose a file that is whole with --file");
    }

    /// <summary>The names of the files that an index speaks of.</summary>
    /// <exception cref="ModelFormatException">It is damaged.</exception>
    public static IReadOnlyList<string> ReadIndex(byte[] utf8)
    {
        using JsonDocument document = CheckedJson.Parse(utf8, Limits, Index, offset: null, out CheckedJson root);
        return [.. root.Object("weight_map").TextMembers().Select(member => member.Value).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Chooses everything that goes with the weights, and checks that the names can be files here.</summary>
    /// <param name="listing">The model's files.</param>
    /// <param name="main">The file with the weights, or the index.</param>
    /// <param name="shards">The names in the index; none where the weights are one file.</param>
    /// <param name="url">Where the list came from.</param>
    /// <exception cref="HubException">A file is missing, or its name is refused.</exception>
    public static IReadOnlyList<HubFile> Choose(HubListing listing, HubFile main, IReadOnlyList<string> shards, Uri url)
    {
        List<HubFile> files = [main];
        if (!main.EndsWith(GgufExtension))
        {
            files.AddRange(listing.Files.Where(file => Companions.Contains(file.Path)));
            files.AddRange(shards.Select(shard => FindShard(listing, shard, url)));
            if (files.All(file => file.Path != Config))
            {
                throw new HubException(url, null, $"the model has no {Config}, and without it its shape is unknown");
            }
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (HubFile file in files)
        {
            if (!HubPath.IsSafe(file.Path))
            {
                throw new HubException(url, null, $"'{HubPath.Show(file.Path)}' is not a file name that can be used on every system");
            }

            if (!names.Add(file.Path))
            {
                throw new HubException(url, null, $"the model has '{HubPath.Show(file.Path)}' twice, which differ at most in case");
            }
        }

        return files;
    }

    private static HubFile FindOwn(HubListing listing, Uri url)
    {
        if (listing.Files.FirstOrDefault(file => file.Path == Weights) is { } single)
        {
            return single;
        }

        if (listing.Files.FirstOrDefault(IsIndex) is { } index)
        {
            return index;
        }

        HubFile[] safetensors = [.. listing.Files.Where(file => file.IsTopLevel && file.EndsWith(SafetensorsExtension))];
        HubFile[] gguf = [.. listing.Files.Where(file => file.EndsWith(GgufExtension))];
        return (safetensors, gguf) switch
        {
            ([HubFile only], _) => only,
            ([], [HubFile only]) => only,
            ([], []) => throw new HubException(
                url, null, "the model has neither safetensors nor GGUF weights",
                "pull a conversion of it, or convert it and use 'tinygpt pack'"),
            ([], _) => throw new HubException(url, null, "the model has several GGUF files", $"choose one with --file: {Names(gguf)}"),
            _ => throw new HubException(
                url, null, $"the model has several safetensors files and neither {Weights} nor {Index}: {Names(safetensors)}"),
        };
    }

    private static HubFile FindWanted(HubListing listing, string wanted, Uri url)
    {
        if (!wanted.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase))
        {
            throw new HubException(
                null, null, $"'{HubPath.Show(wanted)}' is not a {GgufExtension} file", "leave --file out for safetensors");
        }

        HubFile[] gguf = [.. listing.Files.Where(file => file.EndsWith(GgufExtension))];
        return gguf.FirstOrDefault(file => file.Path == wanted)
            ?? throw new HubException(
                url, null, $"the model has no file '{HubPath.Show(wanted)}'",
                gguf.Length == 0 ? "leave --file out: it has no GGUF files" : $"choose one of {Names(gguf)}");
    }

    private static HubFile FindShard(HubListing listing, string shard, Uri url) =>
        shard.EndsWith(SafetensorsExtension, StringComparison.OrdinalIgnoreCase)
            ? listing.Files.FirstOrDefault(file => file.Path == shard)
                ?? throw new HubException(url, null, $"{Index} names the file '{HubPath.Show(shard)}', which the model does not have")
            : throw new HubException(url, null, $"{Index} names the file '{HubPath.Show(shard)}', which is no {SafetensorsExtension} file");

    private static string Names(HubFile[] files) =>
        string.Join(", ", files.Take(MostNamed).Select(file => HubPath.Show(file.Path))) + (files.Length > MostNamed ? ", …" : "");

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SplitGguf();
}
