using System.Text;
using TinyGpt.Dialogue.Tests;
using TinyGpt.Import;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Small random models that have a chat template of their own in their file, as published models do.</summary>
internal static class TemplateModels
{
    /// <summary>The id of the first token beside bytes and the end of text.</summary>
    public const int FirstMark = 257;

    /// <summary>Turns between marks, no tools, and thoughts that the prompt begins, unless it is asked not to.</summary>
    public const string Thinking =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}"
        + "{% if enable_thinking is defined and enable_thinking is false %}{{ '\\n</think>\\n\\n' }}{% endif %}{% endif %}";

    /// <summary>A template that writes tools, with a mark that its family is known by.</summary>
    public static string WithTools(string mark) =>
        "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{# parameters " + mark + " #}"
        + "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' }}"
        + "{% for c in m.tool_calls or [] %}{{ c | tojson }}{% endfor %}{% endfor %}";

    /// <summary>A model whose tokens are bytes, the end of text, and marks from <see cref="FirstMark"/> on.</summary>
    public static GptModel Create(string template, params string[] marks)
    {
        List<byte[]> tokens =
            [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), "<e>"u8.ToArray(), .. marks.Select(Encoding.UTF8.GetBytes)];
        TokenVocabulary vocabulary = TokenVocabulary.Create(tokens, [], [.. Enumerable.Range(256, 1 + marks.Length)]);
        string folder = Directory.CreateTempSubdirectory("tinygpt-template").FullName;
        try
        {
            string path = Path.Combine(folder, "plain.tgpt");
            SyntheticModel.Write(DialogueModels.Config with { VocabularySize = tokens.Count, ContextLength = 2048 }, path);
            ChatFormat chat = new(ChatFamily.Unknown)
            {
                Templates = [new NamedChatTemplate(NamedChatTemplate.Default, template)],
            };
            return new GptModel(Packer.PackInMemory(path, new PackOptions { Tokenizer = TokenizerContent.Of(vocabulary) with { Chat = chat } }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
