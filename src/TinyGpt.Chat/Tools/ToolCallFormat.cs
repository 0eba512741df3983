namespace TinyGpt.Chat;

/// <summary>How a family of templates has the model write a call of a tool: JSON between marks. Immutable and thread-safe.</summary>
/// <param name="Name">The family's name.</param>
/// <param name="Start">What a call, or the list of calls, begins with.</param>
/// <param name="BeforeName">What is written between <paramref name="Start"/> and the tool's name, a string of JSON.</param>
/// <param name="BeforeArguments">What is written between the name and the arguments, an object of JSON.</param>
/// <param name="AfterArguments">What ends a call.</param>
/// <param name="Next">What the model writes where another call follows; empty where a turn has one call.</param>
public sealed record ToolCallFormat(string Name, string Start, string BeforeName, string BeforeArguments, string AfterArguments, string Next)
{
    private const string NameMember = "{\"name\": ";
    private const string ArgumentsMember = ", \"arguments\": ";
    private const string ParametersMember = ", \"parameters\": ";

    /// <summary><c>&lt;tool_call&gt;</c> around each call: Hermes, Qwen, and models without another format.</summary>
    public static ToolCallFormat Hermes { get; } =
        new("hermes", "<tool_call>", "\n" + NameMember, ArgumentsMember, "}\n</tool_call>", "<tool_call>");

    /// <summary>A list after <c>[TOOL_CALLS]</c>: Mistral.</summary>
    public static ToolCallFormat Mistral { get; } = new("mistral", "[TOOL_CALLS]", "[" + NameMember, ArgumentsMember, "}", ",");

    /// <summary>A list after <c>&lt;|tool_call|&gt;</c>: Granite.</summary>
    public static ToolCallFormat Granite { get; } = new("granite", "<|tool_call|>", "[" + NameMember, ArgumentsMember, "}", ",");

    /// <summary>An object with <c>parameters</c>, one a turn: Llama 3.1.</summary>
    public static ToolCallFormat Llama3 { get; } = new("llama3", "{\"name\":", " ", ParametersMember, "}", "");

    /// <summary>An object with <c>parameters</c> after <c>&lt;|python_tag|&gt;</c>: Llama 3.1 with built-in tools.</summary>
    public static ToolCallFormat PythonTag { get; } = new("python-tag", "<|python_tag|>", NameMember, ParametersMember, "}", "");

    /// <summary>The forms that a template's model may write, the one to ask for first.</summary>
    /// <param name="source">The template's source.</param>
    /// <returns>One or more.</returns>
    public static IReadOnlyList<ToolCallFormat> Find(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        bool Has(string mark) => source.Contains(mark, StringComparison.Ordinal);
        return Has(Mistral.Start) ? [Mistral]
            : Has(Granite.Start) ? [Granite]
            : Has("<|start_header_id|>") && Has("parameters") ? [Llama3, PythonTag]
            : [Hermes];
    }
}
