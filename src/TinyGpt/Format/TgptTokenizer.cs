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
        chat.AllowOnly("template", "system", "bos", "eos", "templates");
        string? Text(string name) => chat.Has(name) ? chat.Text(name) : null;
        return new TgptTokenizer(kind, new ChatFormat((ChatFamily)chat.Choice("template", ChatNames), Text("system"))
        {
            BeginToken = Text("bos"),
            EndToken = Text("eos"),
            Templates = chat.Has("templates") ? ReadTemplates(chat) : [],
        });
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

            WriteTemplates(json, Chat);

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static List<NamedChatTemplate> ReadTemplates(CheckedJson chat)
    {
        List<NamedChatTemplate> templates = [];
        foreach (CheckedJson json in chat.Objects("templates", ChatFormat.MaxTemplates))
        {
            json.AllowOnly("name", "text");
            string name = json.Text("name");
            string source = string.Concat(json.Texts("text", ChatFormat.MaxTemplateLength));
            if (!NamedChatTemplate.IsName(name) || templates.Exists(template => template.Name == name))
            {
                throw json.Failure($"has a name that is wrong or there already: '{name}'");
            }

            templates.Add(source.Length <= ChatFormat.MaxTemplateLength
                ? new NamedChatTemplate(name, source)
                : throw json.Failure($"has a text of {source.Length} characters, and at most {ChatFormat.MaxTemplateLength} are accepted"));
        }

        return templates;
    }

    private static void WriteTemplates(Utf8JsonWriter json, ChatFormat chat)
    {
        if (chat.BeginToken is not null)
        {
            json.WriteString("bos", chat.BeginToken);
        }

        if (chat.EndToken is not null)
        {
            json.WriteString("eos", chat.EndToken);
        }

        if (chat.Templates.Count == 0)
        {
            return;
        }

        json.WriteStartArray("templates");
        foreach (NamedChatTemplate template in chat.Templates)
        {
            json.WriteStartObject();
            json.WriteString("name", template.Name);
            json.WriteStartArray("text");
            foreach (ReadOnlyMemory<char> part in Parts(template.Source))
            {
                json.WriteStringValue(part.Span);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Cuts a text where its parts stay below the longest text of metadata, however their characters are written in JSON.</summary>
    private static IEnumerable<ReadOnlyMemory<char>> Parts(string text)
    {
        const int LongestCharacter = 6; // \u0022
        int start = 0;
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int size = char.IsAsciiLetterOrDigit(text[i]) || text[i] == ' ' ? 1 : LongestCharacter;
            if (length + size > ChatFormat.LongestSystem - (2 * LongestCharacter) && !char.IsLowSurrogate(text[i]))
            {
                yield return text.AsMemory(start..i);
                (start, length) = (i, 0);
            }

            length += size;
        }

        yield return text.AsMemory(start);
    }
}
