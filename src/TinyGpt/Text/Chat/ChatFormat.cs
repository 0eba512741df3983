namespace TinyGpt;

/// <summary>The families of chat templates.</summary>
public enum ChatFamily
{
    /// <summary>Lines: every turn is its text and a line feed.</summary>
    Plain,

    /// <summary>ChatML, turns between <c>&lt;|im_start|&gt;</c> and <c>&lt;|im_end|&gt;</c>: SmolLM, Qwen.</summary>
    ChatMl,

    /// <summary>Turns of the user between <c>[INST]</c> and <c>[/INST]</c>, the system's within the first of them.</summary>
    Llama2,

    /// <summary>Turns with headers, which <c>&lt;|eot_id|&gt;</c> ends.</summary>
    Llama3,

    /// <summary>Turns after <c>&lt;|user|&gt;</c> and so on, ended by the end of text: Zephyr, TinyLlama.</summary>
    Zephyr,

    /// <summary>The model has a template, and it is none of these.</summary>
    Unknown,
}

/// <summary>How a model was taught to talk, as a model file holds it. Immutable and thread-safe.</summary>
/// <param name="Family">The family of its template.</param>
/// <param name="DefaultSystem">What the system says in talks that do not begin with a turn of it, or null.</param>
public sealed record ChatFormat(ChatFamily Family, string? DefaultSystem = null)
{
    /// <summary>The longest <see cref="DefaultSystem"/>, in bytes as JSON writes it.</summary>
    internal const int LongestSystem = 256;

    /// <summary>The most templates of a model.</summary>
    internal const int MaxTemplates = 16;

    /// <summary>The longest template, in UTF-16 characters.</summary>
    internal const int MaxTemplateLength = 1 << 20;

    /// <summary>
    /// The model's own templates in Jinja; none where the model came without one. The project <c>TinyGpt.Chat</c> renders them.
    /// </summary>
    public IReadOnlyList<NamedChatTemplate> Templates { get; init; } = [];

    /// <summary>How the token is written that templates call <c>bos_token</c>, at most 256 bytes, or null where the model names none.</summary>
    public string? BeginToken { get; init; }

    /// <summary>How the token is written that templates call <c>eos_token</c>, at most 256 bytes, or null where the model names none.</summary>
    public string? EndToken { get; init; }

    /// <summary>The families' names in files and on the command line, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["plain", "chatml", "llama2", "llama3", "zephyr", "unknown"];

    /// <summary>The family's name.</summary>
    public string Name => Names[(int)Family];

    /// <summary>Whether both have the same values, their templates included.</summary>
    /// <param name="other">The other format, or null.</param>
    public bool Equals(ChatFormat? other) =>
        other is not null
        && Family == other.Family
        && DefaultSystem == other.DefaultSystem
        && BeginToken == other.BeginToken
        && EndToken == other.EndToken
        && Templates.SequenceEqual(other.Templates);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, DefaultSystem, BeginToken, EndToken, Templates.Count);
}
