using System.Text;
using TinyGpt.Import;

namespace TinyGpt.Chat.Tests.Prompts;

/// <summary>Small random models whose vocabulary has all bytes and the special tokens of a family.</summary>
internal static class ChatModels
{
    public const int FirstSpecial = 256;

    public const string ChatMl =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    /// <summary>As Qwen3: earlier thoughts are dropped, and without thinking an empty thought is written.</summary>
    public const string Thinking =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + (m.content.split('</think>')[-1].lstrip('\\n') if m.role == 'assistant' else m.content)"
        + " + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
        + "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}";

    public static readonly string[] ChatMlTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    public static GptModel Create(params string[] special)
    {
        List<byte[]> tokens = [.. Enumerable.Range(0, FirstSpecial).Select(value => new[] { (byte)value }), .. special.Select(Encoding.UTF8.GetBytes)];
        TokenVocabulary vocabulary = TokenVocabulary.Create(tokens, [], [.. Enumerable.Range(FirstSpecial, special.Length)]);
        return new GptModel(SyntheticModel.Open(
            SyntheticModel.ConfigOf("synth-15m") with
            {
                VocabularySize = FirstSpecial + special.Length,
                ContextLength = 1024,
                Width = 32,
                Layers = 1,
                Heads = 2,
                FeedForwardWidth = 64,
                EndOfTextToken = FirstSpecial,
            },
            vocabulary,
            1));
    }

    public static ChatFormat Format(string source) =>
        new(ChatFamily.Unknown) { Templates = [new NamedChatTemplate(NamedChatTemplate.Default, source)] };

    public static TemplateVariables Messages(PromptTemplate template, params PromptMessage[] messages)
    {
        TemplateVariables variables = template.CreateVariables();
        variables.SetMessages(messages);
        return variables;
    }
}
