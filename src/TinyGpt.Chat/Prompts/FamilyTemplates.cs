namespace TinyGpt.Chat.Prompts;

/// <summary>
/// Templates for models whose file has none: the families that were recognized before files kept templates. Beside the usual variables they
/// take <c>default_system</c>.
/// </summary>
internal static class FamilyTemplates
{
    private const string WithDefaultSystem =
        "{%- if default_system and (not messages or messages[0].role != 'system') %}{% set messages = [{'role': 'system', 'content': default_system}] + messages %}{% endif %}";

    private const string ToolsInSystem =
        """
        {%- macro tool_text() -%}
        You can call these functions:
        {% for tool in tools %}
        {{ tool | tojson }}
        {% endfor %}
        To call one, answer with {"name": <function-name>, "arguments": <args-json-object>} within <tool_call></tool_call>.
        {%- endmacro -%}
        {%- if tools %}{% set first = messages[0].content ~ '\n\n' if messages and messages[0].role == 'system' else '' -%}
        {%- set messages = [{'role': 'system', 'content': first ~ tool_text()}] + (messages[1:] if messages and messages[0].role == 'system' else messages) -%}
        {%- endif -%}
        {%- macro body(message) -%}
        {{ message.content }}
        {%- for call in message.tool_calls or [] %}
        <tool_call>
        {"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
        </tool_call>
        {%- endfor %}
        {%- endmacro -%}

        """;

    /// <summary>The template of a family, or null where there is none.</summary>
    internal static string? Of(ChatFamily family) => family switch
    {
        ChatFamily.Plain => ToolsInSystem + "{% for message in messages %}{% if message.role == 'system' %}{{ body(message) }}{% else %}{{ body(message).splitlines() | join(' ') + '\n' }}{% endif %}{% endfor %}",
        ChatFamily.ChatMl => WithDefaultSystem + ToolsInSystem
            + "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + body(message) + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        ChatFamily.Llama2 => WithDefaultSystem + ToolsInSystem + Llama2,
        ChatFamily.Llama3 => WithDefaultSystem + ToolsInSystem
            + "{% for message in messages %}{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + body(message) | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
        ChatFamily.Zephyr => WithDefaultSystem + ToolsInSystem
            + "{% for message in messages %}{{ '<|' + message.role + '|>\n' + body(message) + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
        _ => null,
    };

    private const string Llama2 =
        "{% set ns = namespace(system='') %}{% for message in messages %}"
        + "{% if message.role == 'system' %}{% set ns.system = '<<SYS>>\n' + message.content + '\n<</SYS>>\n\n' %}"
        + "{% elif message.role == 'assistant' %}{{ ' ' + body(message) | trim + ' ' + eos_token }}"
        + "{% else %}{{ (bos_token if not loop.first else '') + '[INST] ' + ns.system + body(message) | trim + ' [/INST]' }}{% set ns.system = '' %}{% endif %}{% endfor %}";
}
