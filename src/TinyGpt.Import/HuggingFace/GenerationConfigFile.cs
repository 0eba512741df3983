using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import.HuggingFace;

/// <summary>Reads what a folder's <c>generation_config.json</c> says of the end of a text. Nothing else in it is used.</summary>
internal static class GenerationConfigFile
{
    private const string Name = "generation_config.json";
    private const int Longest = 1 << 20;

    private static readonly JsonLimits Limits = new(Depth: 32, Tokens: 1 << 16, TextBytes: 1 << 18);

    /// <summary>The tokens that end a text; none where there is no file.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="ModelFormatException">The file is damaged.</exception>
    public static int[] ReadEndTokens(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument document = CheckedJson.Parse(BoundedFile.Read(path, Longest), Limits, path, offset: null, out CheckedJson json);
        return HuggingFaceConfig.ReadEndTokens(json);
    }
}
