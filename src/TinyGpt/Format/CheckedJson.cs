using System.Text.Json;
using System.Text.Unicode;
using TinyGpt.Text;

namespace TinyGpt.Format;

/// <summary>
/// A JSON object whose members are asked for by name and type; whatever is missing, of another type, out of range or unknown becomes a
/// <see cref="ModelFormatException"/> that says where. Valid as long as its document.
/// </summary>
internal readonly struct CheckedJson
{
    private readonly JsonElement _element;
    private readonly string _file;
    private readonly string _path;
    private readonly long? _offset;

    private CheckedJson(JsonElement element, string file, string path, long? offset)
    {
        _element = element;
        _file = file;
        _path = path;
        _offset = offset;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Failure($"must be an object, and is {Describe(element)}");
        }
    }

    /// <summary>Parses untrusted bytes: valid UTF-8, no comments, no duplicate keys, within limits.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="limits">How deep and how much it may be.</param>
    /// <param name="file">For errors.</param>
    /// <param name="offset">Where the text starts in the file, or null if it is a separate file.</param>
    /// <param name="root">The outermost object.</param>
    /// <param name="path">What errors call the outermost object; nothing for all of a file.</param>
    public static JsonDocument Parse(
        ReadOnlyMemory<byte> utf8, in JsonLimits limits, string file, long? offset, out CheckedJson root, string path = "")
    {
        utf8 = offset is null ? utf8[ByteOrderMark.LengthIn(utf8.Span)..] : utf8; // a file may have been edited; a part of one was not
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new ModelFormatException(file, "the JSON is not valid UTF-8", offset);
        }

        JsonDocument? document = null;
        try
        {
            RequireModest(utf8.Span, limits, file, offset);
            document = StrictJson.Parse(utf8, limits.Depth);
            root = new CheckedJson(document.RootElement, file, path, offset);
            return document;
        }
        catch (Exception exception)
        {
            document?.Dispose();

            // Unpaired surrogates in a name come as InvalidOperationException.
            if (exception is JsonException or InvalidOperationException)
            {
                throw new ModelFormatException(file, $"the JSON is damaged: {exception.Message}", offset, exception);
            }

            throw;
        }
    }

    /// <summary>Whether a member is there and not null.</summary>
    public bool Has(string name) => _element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether a member is an object.</summary>
    public bool IsObject(string name) => _element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>Whether a member is an array.</summary>
    public bool IsArray(string name) => _element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>Refuses members of other names than these.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            string name = NameOf(property);
            if (!names.Contains(name))
            {
                throw Failure($"has an unknown member '{name}'; a newer version may have written it");
            }
        }
    }

    public string Text(string name) => TextOf(name, Member(name));

    public bool Boolean(string name)
    {
        JsonElement value = Member(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw WrongType(name, "true or false", value);
    }

    public int Int32(string name)
    {
        JsonElement value = Member(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number
            : throw WrongType(name, "a whole number of 32 bits", value);
    }

    public long Int64(string name)
    {
        JsonElement value = Member(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number
            : throw WrongType(name, "a whole number of 64 bits", value);
    }

    public float Single(string name)
    {
        JsonElement value = Member(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) ? number : throw WrongType(name, "a number", value);
    }

    /// <summary>Text that is one of a few.</summary>
    /// <returns>Its index among them.</returns>
    public int Choice(string name, string[] choices)
    {
        string value = Text(name);
        int index = System.Array.IndexOf(choices, value);
        return index >= 0 ? index : throw Failure($"has {name} '{value}', which is not supported (supported: {string.Join(", ", choices)})");
    }

    public CheckedJson Object(string name) => Wrap(Member(name), name);

    /// <summary>The objects of an array.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="most">The most of them that are accepted.</param>
    public CheckedJson[] Objects(string name, int most)
    {
        JsonElement array = Array(name, most);
        CheckedJson[] result = new CheckedJson[array.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in array.EnumerateArray()) // an index would be searched from the start each time
        {
            result[count] = Wrap(item, $"{name}[{count}]");
            count++;
        }

        return result;
    }

    /// <summary>The numbers of an array.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="most">The most of them that are accepted.</param>
    public long[] Int64s(string name, int most)
    {
        JsonElement array = Array(name, most);
        long[] result = new long[array.GetArrayLength()];
        for (int i = 0; i < result.Length; i++)
        {
            JsonElement item = array[i];
            result[i] = item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number) ? number
                : throw WrongType($"{name}[{i}]", "a whole number of 64 bits", item);
        }

        return result;
    }

    /// <summary>The numbers of an array, each of 32 bits.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="most">The most of them that are accepted.</param>
    public int[] Int32s(string name, int most)
    {
        CheckedJson owner = this;
        return [.. Int64s(name, most).Select(number => number is >= int.MinValue and <= int.MaxValue ? (int)number
            : throw owner.Failure($"has {number} in '{name}', which is no number of 32 bits"))];
    }

    /// <summary>The texts of an array.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="most">The most of them that are accepted.</param>
    public string[] Texts(string name, int most) => TextsOf(name, Array(name, most));

    /// <summary>An array of pairs, each of an array of texts and how often it is repeated.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="most">The most pairs that are accepted, and the most texts of a pair.</param>
    public (string[] Texts, int Times)[] RepeatedTexts(string name, int most)
    {
        JsonElement array = Array(name, most);
        (string[], int)[] result = new (string[], int)[array.GetArrayLength()];
        for (int i = 0; i < result.Length; i++)
        {
            JsonElement pair = array[i];
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.Array
                || pair[0].GetArrayLength() > most || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt32(out int times))
            {
                throw WrongType($"{name}[{i}]", "an array of texts and a number", pair);
            }

            result[i] = (TextsOf($"{name}[{i}]", pair[0]), times);
        }

        return result;
    }

    /// <summary>Every member, each of which must be an object, in the order of the text.</summary>
    public IEnumerable<(string Name, CheckedJson Value)> ObjectMembers()
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            string name = NameOf(property);
            yield return (name, Wrap(property.Value, name));
        }
    }

    /// <summary>Every member, each of which must be text, in the order of the text.</summary>
    public IEnumerable<(string Name, string Value)> TextMembers()
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            string name = NameOf(property);
            yield return (name, TextOf(name, property.Value));
        }
    }

    /// <summary>An exception about this object.</summary>
    /// <param name="reason">A predicate, such as "has no member 'x'".</param>
    /// <param name="cause">The cause, or null.</param>
    public ModelFormatException Failure(string reason, Exception? cause = null) =>
        new(_file, _path.Length == 0 ? $"the JSON {reason}" : $"{_path} {reason}", _offset, cause);

    /// <summary>Refuses what a tree would multiply: it takes 12 bytes and more for a token of two, and text is doubled when it is quoted.</summary>
    private static void RequireModest(ReadOnlySpan<byte> utf8, in JsonLimits limits, string file, long? offset)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = limits.Depth });
        for (int tokens = 1; reader.Read(); tokens++)
        {
            if (tokens > limits.Tokens)
            {
                throw new ModelFormatException(file, $"the JSON has more than {limits.Tokens} names and values", offset + reader.TokenStartIndex);
            }

            if (reader.ValueSpan.Length > limits.TextBytes)
            {
                throw new ModelFormatException(
                    file,
                    $"the JSON has text or a number that is {reader.ValueSpan.Length} bytes long, and at most {limits.TextBytes} are accepted",
                    offset + reader.TokenStartIndex);
            }
        }
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "text",
        JsonValueKind.Null => "null",
        _ => value.GetRawText().Length <= 40 ? value.GetRawText() : "a long number",
    };

    private JsonElement Array(string name, int most)
    {
        JsonElement array = Member(name);
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw WrongType(name, "an array", array);
        }

        return array.GetArrayLength() <= most ? array
            : throw Failure($"has {array.GetArrayLength()} entries in '{name}', and at most {most} are accepted");
    }

    private string[] TextsOf(string name, JsonElement array)
    {
        string[] result = new string[array.GetArrayLength()];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = TextOf($"{name}[{i}]", array[i]);
        }

        return result;
    }

    private string TextOf(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw WrongType(name, "text", value);
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Failure($"has '{name}', which is not valid text: {exception.Message}", exception);
        }
    }

    private JsonElement Member(string name) =>
        _element.TryGetProperty(name, out JsonElement value) ? value : throw Failure($"has no member '{name}'");

    private CheckedJson Wrap(JsonElement element, string name) =>
        new(element, _file, _path.Length == 0 ? name : $"{_path}.{name}", _offset);

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw Failure($"has a name that is not valid text: {exception.Message}", exception);
        }
    }

    private ModelFormatException WrongType(string name, string wanted, JsonElement found) =>
        Failure($"has '{name}', which must be {wanted} and is {Describe(found)}");
}
