using System.Text.Json;
using TinyGpt.Format;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// A part of <c>tokenizer.json</c> (normalizer, pre-tokenizer, post-processor, decoder) as the list of its steps: none where it is null, one, or
/// those of a sequence. Dispose it; the steps are valid until then.
/// </summary>
internal sealed class TokenizerPart : IDisposable
{
    private const int MostSteps = 64;

    private static readonly JsonLimits Limits = new(Depth: 32, Tokens: 1 << 16, TextBytes: 1 << 20);

    private readonly string _what;
    private readonly JsonDocument? _document;

    private TokenizerPart(string what, FilePlace place, JsonDocument? document, CheckedJson[] steps)
    {
        _what = what;
        Place = place;
        _document = document;
        Steps = steps;
        Types = [.. steps.Select(TypeOf)];
    }

    /// <summary>Where the part begins.</summary>
    internal FilePlace Place { get; }

    /// <summary>What the part does, in order.</summary>
    internal IReadOnlyList<CheckedJson> Steps { get; }

    /// <summary>The name of each step.</summary>
    internal IReadOnlyList<string> Types { get; }

    /// <summary>Reads the part at the reader's position.</summary>
    /// <param name="reader">The reader; it is moved to the part's end.</param>
    /// <param name="what">What errors call the part.</param>
    /// <param name="listName">The name under which a sequence has its steps.</param>
    internal static TokenizerPart Read(ref JsonFileReader reader, string what, string listName)
    {
        FilePlace place = reader.Place;
        if (reader.IsNull)
        {
            return new TokenizerPart(what, place, null, []);
        }

        byte[] content = reader.TakeObject($"the {what}");
        JsonDocument document = CheckedJson.Parse(content, Limits, place.File, place.Offset, out CheckedJson root, what);
        try
        {
            bool isSequence = TypeOf(root) == "Sequence";
            if (isSequence)
            {
                root.AllowOnly("type", listName);
            }

            return new TokenizerPart(what, place, document, isSequence ? root.Objects(listName, MostSteps) : [root]);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    /// <summary>A part that a file does not have.</summary>
    internal static TokenizerPart Missing(string what, string file) => new(what, new FilePlace(file, null), null, []);

    /// <summary>The error that a step is not supported.</summary>
    /// <param name="step">Its index, or none where there is no step.</param>
    /// <param name="detail">What of it is not, or nothing if all of it.</param>
    internal ModelFormatException NotSupported(int step, string detail = "")
    {
        string type = Types.Count == 0 ? "null" : Types[step];
        return Place.Error($"{_what} '{type}'{(detail.Length == 0 ? "" : " " + detail)} is not supported");
    }

    /// <summary>The error that the steps are not supported in this combination.</summary>
    internal ModelFormatException CombinationNotSupported() =>
        Types.Count < 2 ? NotSupported(0) : Place.Error($"{_what} [{string.Join(", ", Types)}] is not supported in this order or combination");

    public void Dispose() => _document?.Dispose();

    private static string TypeOf(CheckedJson step) => step.Has("type") ? step.Text("type") : "without a type";
}
