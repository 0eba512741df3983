using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Tokenizers;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>Chat templates on their way from a model's files into a packed model.</summary>
public sealed class StoredTemplatesTests
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 4000).Select(i => $"{{{{ \"{i}\" }}}}<b>'é\u2028🦜\\\n\t\0"));

    [Fact]
    public void A_packed_model_keeps_the_templates_and_tokens()
    {
        ChatFormat format = new(ChatFamily.Unknown, "Be brief.")
        {
            Templates = [new("default", Long), new("tool_use", "{{ tools }}"), new("empty", "")],
            BeginToken = "<s>",
            EndToken = "</s>",
        };
        TgptTokenizer written = new("byte_bpe", format);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            written.Write(writer, "tokenizer");
            writer.WriteEndObject();
        }

        using JsonDocument document = CheckedJson.Parse(
            stream.ToArray(), new JsonLimits(8, 1 << 19, 256), "model.tgpt", null, out CheckedJson root);
        ChatFormat read = TgptTokenizer.Read(root.Object("tokenizer")).Chat!;

        Assert.Equal(format.Templates, read.Templates);
        Assert.Equal(("<s>", "</s>", "Be brief."), (read.BeginToken, read.EndToken, read.DefaultSystem));
    }

    [Theory]
    [InlineData("""{"name":"a b","text":["x"]}""")]
    [InlineData("""{"name":"","text":["x"]}""")]
    [InlineData("""{"name":"a","text":["x"]},{"name":"a","text":["y"]}""")]
    [InlineData("""{"name":"a","text":"x"}""")]
    [InlineData("""{"name":"a"}""")]
    public void Damaged_templates_are_refused(string templates)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(
            """{"kind":"byte_bpe","chunk":"tokenizer","chat":{"template":"unknown","templates":[""" + templates + "]}}");
        using JsonDocument document = CheckedJson.Parse(json, new JsonLimits(8, 1 << 19, 256), "model.tgpt", null, out CheckedJson root);
        Assert.Throws<ModelFormatException>(() => TgptTokenizer.Read(root));
    }

    [Fact]
    public void Templates_come_from_files_of_their_own_and_from_the_configuration()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(Path.Combine(folder.Name, "chat_templates"));
        File.WriteAllText(Path.Combine(folder.Name, "chat_template.jinja"), "main");
        File.WriteAllText(Path.Combine(folder.Name, "chat_templates", "tool_use.jinja"), "tools");
        List<NamedChatTemplate> templates = ChatTemplateFiles.Read(
            folder.Name, [new("default", "old"), new("rag", "documents")]);
        Assert.Equal([new("default", "main"), new("tool_use", "tools"), new("rag", "documents")], templates);
    }
}
