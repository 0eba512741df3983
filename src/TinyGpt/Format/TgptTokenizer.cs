using System.Text.Json;
using TinyGpt.Text;

namespace TinyGpt.Format;

/// <summary>What a file's metadata says of the tokenizer, whose own bytes are in a chunk.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Chat">How the model was taught to talk, or null if it was not.</param>
internal sealed record TgptTokenizer(string Kind, ChatFormat? Chat)
{
    /// <summary>Kinds of tokenizer that this version reads, in the order of <see cref="TokenizerKind"/>.</summary>
    internal static readonly string[] Kinds = ["byte_bpe", "sentencepiece_bpe", "word_bpe"];

    /// <summary>The longest tokenizer chunk, in bytes.</summary>
    internal const int LongestChunk = 256 << 20;

    private static readonly string[] ChatNames = [.. ChatFormat.Names];

    /// <summary>Reads and checks the object.</summary>
    internal static TgptTokenizer Read(CheckedJson json)
    {
        json.AllowOnly("kind", "chunk", "chat");
        string kind = Kinds[json.Choice("kind", Kinds)];
        if (!json.Has("chat"))
        {
            return new TgptTokenizer(kind, null);
        }

        CheckedJson chat = json.Object("chat");
        chat.AllowOnly("template", "system");
        return new TgptTokenizer(
            kind, new ChatFormat((ChatFamily)chat.Choice("template", ChatNames), chat.Has("system") ? chat.Text("system") : null));
    }

    /// <summary>Writes the object.</summary>
    internal void Write(Utf8JsonWriter json, string chunk)
    {
        json.WriteStartObject("tokenizer");
        json.WriteString("kind", Kind);
        json.WriteString("chunk", chunk);
        if (Chat is not null)
        {
            json.WriteStartObject("chat");
            json.WriteString("template", Chat.Name);
            if (Chat.DefaultSystem is not null)
            {
                json.WriteString("system", Chat.DefaultSystem);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
