using System.Text.Json;
using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Walks through a JSON file without making a tree of it. Whatever is not as the caller asks for is a
/// <see cref="ModelFormatException"/> with the place where it is.
/// </summary>
/// <remarks>
/// The reader is always at the first JSON token of a value: the root at first, later what <see cref="NextProperty"/> or
/// <see cref="NextElement"/> has moved to. The caller takes a scalar, walks an object or array to its end, or skips the value.
/// </remarks>
internal ref struct JsonFileReader
{
    /// <summary>The longest text that is read, in bytes as it is written: two tokens of 1,024 bytes, every one of them an escape of six.</summary>
    internal const int LongestText = 1 << 14;

    private const int DeepestNesting = 32;
    private const int LargestPart = 1 << 20;
    private const int MostMembers = 1 << 10;

    private readonly string _file;
    private readonly ReadOnlySpan<byte> _content;
    private readonly int _firstByte; // where the JSON begins: after a byte order mark
    private Utf8JsonReader _reader;

    internal JsonFileReader(ReadOnlySpan<byte> content, string file)
    {
        _file = file;
        _content = content;
        _firstByte = ByteOrderMark.LengthIn(content);
        _reader = new Utf8JsonReader(content[_firstByte..], new JsonReaderOptions { MaxDepth = DeepestNesting });
        Advance();
    }

    /// <summary>Where the current value begins.</summary>
    internal readonly FilePlace Place => new(_file, _firstByte + _reader.TokenStartIndex);

    internal readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    internal readonly bool IsString => _reader.TokenType == JsonTokenType.String;

    internal readonly bool IsObject => _reader.TokenType == JsonTokenType.StartObject;

    /// <summary>Checks that the current value is an object; <see cref="NextProperty"/> then walks through it.</summary>
    internal readonly void EnterObject(string what) => Expect(JsonTokenType.StartObject, what, "an object");

    /// <summary>Checks that the current value is an array; <see cref="NextElement"/> then walks through it.</summary>
    internal readonly void EnterArray(string what) => Expect(JsonTokenType.StartArray, what, "an array");

    /// <summary>Moves to the next property's value, or out of the object.</summary>
    /// <param name="seen">The names that this object has had; a name that comes again is refused.</param>
    /// <param name="name">The property's name.</param>
    /// <param name="most">The most properties that the object may have.</param>
    /// <returns>Whether there is a next property.</returns>
    internal bool NextProperty(HashSet<string> seen, out string name, int most = MostMembers)
    {
        if (!NextUncheckedProperty(out name))
        {
            return false;
        }

        if (!seen.Add(name))
        {
            throw Place.Error($"the name '{name}' comes twice");
        }

        if (seen.Count > most)
        {
            throw Place.Error($"there are more than {most} names in one object");
        }

        return true;
    }

    /// <summary>Moves to the next property's value, or out of the object, for a caller that makes sure that no name comes twice.</summary>
    internal bool NextUncheckedProperty(out string name)
    {
        Advance();
        name = string.Empty;
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        name = Text();
        Advance();
        return true;
    }

    /// <summary>Moves to the next element, or out of the array.</summary>
    internal bool NextElement()
    {
        Advance();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    internal readonly string GetString(string what)
    {
        Expect(JsonTokenType.String, what, "a string");
        return Text();
    }

    internal readonly int GetInt32(string what)
    {
        Expect(JsonTokenType.Number, what, "a number");
        return _reader.TryGetInt32(out int value) ? value : throw Place.Error($"{what} is not a 32-bit integer");
    }

    internal readonly bool GetBoolean(string what) => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Place.Error($"{what} is neither true nor false"),
    };

    /// <summary>Moves to the end of the current value.</summary>
    internal void Skip()
    {
        try
        {
            _reader.Skip();
        }
        catch (JsonException exception)
        {
            throw Invalid(exception);
        }
    }

    /// <summary>Copies the current value, a small object, and moves to its end.</summary>
    internal byte[] TakeObject(string what)
    {
        EnterObject(what);
        FilePlace place = Place;
        int start = _firstByte + (int)_reader.TokenStartIndex;
        Skip();
        int length = _firstByte + (int)_reader.BytesConsumed - start;
        return length <= LargestPart
            ? _content.Slice(start, length).ToArray()
            : throw place.Error($"{what} has {length} bytes; at most {LargestPart} are read");
    }

    /// <summary>Checks that nothing follows the root value. The reader is at its end.</summary>
    internal void End() => Advance();

    private readonly void Expect(JsonTokenType type, string what, string kind)
    {
        if (_reader.TokenType != type)
        {
            throw Place.Error($"{what} is not {kind}");
        }
    }

    private readonly string Text()
    {
        if (_reader.ValueSpan.Length > LongestText)
        {
            throw Place.Error($"a string has {_reader.ValueSpan.Length} bytes; at most {LongestText} are read");
        }

        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Place.Error("a string is not valid UTF-8, or escapes half of a surrogate pair", exception);
        }
    }

    private void Advance()
    {
        try
        {
            _reader.Read(); // it has all of the JSON: where that ends too early, this throws
        }
        catch (JsonException exception)
        {
            throw Invalid(exception);
        }
    }

    private readonly ModelFormatException Invalid(JsonException exception) =>
        new(_file, $"this is not valid JSON: {exception.Message}", _firstByte + _reader.BytesConsumed, exception);
}
