using System.Buffers.Binary;
using System.Text;
using TinyGpt.Import.Tokenizers;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>The metadata of a GGUF file, version 3, read as plainly as possible: for the tests of what is made of it.</summary>
internal sealed class GgufMetadata
{
    private const int Text = 8;
    private const int List = 9;

    private readonly byte[] _file;
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private int _position = 8;

    internal GgufMetadata(string path)
    {
        _file = File.ReadAllBytes(path);
        ReadNumber(8);
        for (long left = ReadNumber(8); left > 0; left--)
        {
            string name = ReadText();
            _values.Add(name, ReadValue((int)ReadNumber(4)));
        }
    }

    /// <summary>What the file says of its tokenizer.</summary>
    internal GgufTokenizer Tokenizer => new()
    {
        File = "stories260K.gguf",
        Model = (string)_values["tokenizer.ggml.model"],
        Tokens = [.. ((object[])_values["tokenizer.ggml.tokens"]).Cast<string>()],
        Scores = [.. ((object[])_values["tokenizer.ggml.scores"]).Select(value => BitConverter.Int32BitsToSingle((int)(long)value))],
        TokenTypes = [.. ((object[])_values["tokenizer.ggml.token_type"]).Select(value => (int)(long)value)],
        BeginOfText = (int)(long)_values["tokenizer.ggml.bos_token_id"],
        EndOfText = (int)(long)_values["tokenizer.ggml.eos_token_id"],
        AddsBeginOfText = (long)_values["tokenizer.ggml.add_bos_token"] != 0,
        AddsPrefixSpace = (long)_values["tokenizer.ggml.add_space_prefix"] != 0,
    };

    private object ReadValue(int type) => type switch
    {
        Text => ReadText(),
        List => ReadList(),
        0 or 1 or 7 => ReadNumber(1),
        2 or 3 => ReadNumber(2),
        4 or 5 or 6 => ReadNumber(4),
        _ => ReadNumber(8),
    };

    private object[] ReadList()
    {
        int type = (int)ReadNumber(4);
        object[] values = new object[ReadNumber(8)];
        for (int index = 0; index < values.Length; index++)
        {
            values[index] = ReadValue(type);
        }

        return values;
    }

    private string ReadText()
    {
        int length = (int)ReadNumber(8);
        _position += length;
        return Encoding.UTF8.GetString(_file, _position - length, length);
    }

    /// <summary>The bits of a number, whatever its type.</summary>
    private long ReadNumber(int bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        number.Clear();
        _file.AsSpan(_position, bytes).CopyTo(number);
        _position += bytes;
        return BinaryPrimitives.ReadInt64LittleEndian(number);
    }
}
