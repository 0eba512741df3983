using System.Text;
using System.Text.Json;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Recognizes the family of a chat template by the marks in its Jinja text, which is not executed. A template with the marks of no family, or
/// with others besides, is unknown.
/// </summary>
internal static class ChatTemplates
{
    private const string SystemStart = "<|im_start|>system";
    private const string TurnEnd = "<|im_end|>";
    private const int LongestLiteral = 4 * ChatFormat.LongestSystem; // characters in which the end of a system turn is looked for

    /// <summary>Marks of families that look like one of those that are known.</summary>
    private static readonly string[] Strangers = ["<|im_sep|>", "<|end|>", "[gMASK]", "<|channel|>", "<start_of_turn>", "<|im_middle|>"];

    /// <summary>What a model file holds of its templates: their texts, and the family of the one for talks without tools.</summary>
    /// <param name="templates">The templates; those that are empty or too long are left out.</param>
    /// <param name="beginToken">How the token is written that templates call <c>bos_token</c>, or null.</param>
    /// <param name="endToken">How the token is written that templates call <c>eos_token</c>, or null.</param>
    /// <param name="hasEndOfText">Whether the model has an end-of-text token, which some families need.</param>
    /// <returns>Null where there is no template.</returns>
    internal static ChatFormat? Format(IReadOnlyList<NamedChatTemplate> templates, string? beginToken, string? endToken, bool hasEndOfText)
    {
        List<NamedChatTemplate> kept =
            [.. templates.Where(template => !string.IsNullOrWhiteSpace(template.Source) && template.Source.Length <= ChatFormat.MaxTemplateLength)];
        NamedChatTemplate? main = kept.Find(template => template.Name == NamedChatTemplate.Default);
        ChatFormat? format = Recognize(main?.Source, hasEndOfText) ?? (kept.Count > 0 ? new ChatFormat(ChatFamily.Unknown) : null);
        return format is null ? null : format with { Templates = kept, BeginToken = Short(beginToken), EndToken = Short(endToken) };
    }

    private static string? Short(string? token) =>
        token is not null && JsonEncodedText.Encode(token).EncodedUtf8Bytes.Length <= ChatFormat.LongestSystem ? token : null;

    /// <summary>The format that a template makes.</summary>
    /// <param name="template">The Jinja text, or null.</param>
    /// <param name="hasEndOfText">Whether the model has an end-of-text token, which some families need.</param>
    /// <returns>Null where there is no template.</returns>
    internal static ChatFormat? Recognize(string? template, bool hasEndOfText)
    {
        if (string.IsNullOrWhiteSpace(template))
        {
            return null;
        }

        bool Has(string mark) => template.Contains(mark, StringComparison.Ordinal);
        bool[] families =
        [
            Has("<|im_start|>") && Has(TurnEnd),
            Has("[INST]") && Has("[/INST]") && Has("<<SYS>>") && hasEndOfText,
            Has("<|start_header_id|>") && Has("<|end_header_id|>") && Has("<|eot_id|>"),
            Has("<|user|>") && Has("<|assistant|>") && (Has("eos_token") || Has("</s>")) && hasEndOfText,
        ];
        if (families.Count(found => found) != 1 || Strangers.Any(Has))
        {
            return new ChatFormat(ChatFamily.Unknown);
        }

        ChatFamily family = (ReadOnlySpan<ChatFamily>)[ChatFamily.ChatMl, ChatFamily.Llama2, ChatFamily.Llama3, ChatFamily.Zephyr]
            is var all ? all[Array.IndexOf(families, true)] : default;
        return new ChatFormat(family, family == ChatFamily.ChatMl ? FindDefaultSystem(template) : null);
    }

    /// <summary>
    /// A template of a format's family, for a folder that takes a model's tokenizer on: <see cref="Recognize"/> finds the same format in it. Null
    /// for lines, which no template makes.
    /// </summary>
    /// <param name="format">The format, or null.</param>
    internal static string? Write(ChatFormat? format) => format?.Family switch
    {
        ChatFamily.ChatMl => (format.DefaultSystem is { } system
                ? "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n" + Escape(system) + "<|im_end|>\n' }}{% endif %}"
                : "")
            + "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        ChatFamily.Llama2 =>
            "{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
            + "{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
            + "{% for message in turns %}{% if message['role'] == 'user' %}"
            + "{{ bos_token + '[INST] ' + (system if loop.first else '') + message['content'] + ' [/INST]' }}"
            + "{% else %}{{ ' ' + message['content'] + ' ' + eos_token }}{% endif %}{% endfor %}",
        ChatFamily.Llama3 =>
            "{% for message in messages %}{{ (bos_token if loop.first else '') + '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
            + " + message['content'] + '<|eot_id|>' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
        ChatFamily.Zephyr =>
            "{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>\n' }}{% elif message['role'] == 'system' %}"
            + "{{ '<|system|>\n' }}{% else %}{{ '<|assistant|>\n' }}{% endif %}{{ message['content'] + eos_token + '\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
        ChatFamily.Unknown => "{{ raise_exception('The template of this model was of no family that is known, and is lost.') }}",
        _ => null,
    };

    private static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>
    /// What the template lets the system say where a talk does not begin with it: the text between the marks of a system turn that is all in one
    /// literal, <c>'&lt;|im_start|&gt;system\nYou are …&lt;|im_end|&gt;\n'</c>.
    /// </summary>
    private static string? FindDefaultSystem(string template)
    {
        for (int start = 0; (start = template.IndexOf(SystemStart, start, StringComparison.Ordinal)) >= 0; start += SystemStart.Length)
        {
            char quote = start > 0 ? template[start - 1] : default;
            ReadOnlySpan<char> literal = template.AsSpan(start + SystemStart.Length);
            literal = literal[..Math.Min(literal.Length, LongestLiteral)];
            int end = literal.IndexOf(TurnEnd, StringComparison.Ordinal);
            if (quote is not ('\'' or '"') || end < 0 || IndexOfQuote(literal[..end], quote) >= 0)
            {
                continue;
            }

            string said = Unescape(literal[..end]);
            if (said.StartsWith('\n') && JsonEncodedText.Encode(said[1..]).EncodedUtf8Bytes.Length is > 0 and <= ChatFormat.LongestSystem)
            {
                return said[1..];
            }
        }

        return null;
    }

    private static int IndexOfQuote(ReadOnlySpan<char> literal, char quote)
    {
        for (int index = 0; index < literal.Length; index++)
        {
            if (literal[index] == '\\')
            {
                index++;
            }
            else if (literal[index] == quote)
            {
                return index;
            }
        }

        return -1;
    }

    private static string Unescape(ReadOnlySpan<char> literal)
    {
        StringBuilder text = new(literal.Length);
        for (int index = 0; index < literal.Length; index++)
        {
            bool escapes = literal[index] == '\\' && index + 1 < literal.Length;
            text.Append(!escapes ? literal[index] : literal[++index] == 'n' ? '\n' : literal[index]);
        }

        return text.ToString();
    }
}
