namespace TinyGpt.Extensions.AI;

/// <summary>
/// What a <see cref="TinyGptChatClient"/> is made of. Read once, when the client is made. Not thread-safe while it is being changed. Setting a value
/// checks nothing: making the client, or starting the host that it belongs to, throws
/// <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>, which names each value that is wrong.
/// </summary>
public sealed class TinyGptChatClientOptions
{
    /// <summary>The model, which stays the caller's and must outlive the client; null (the default) where <see cref="ModelPath"/> is set.</summary>
    public GptModel? Model { get; set; }

    /// <summary>
    /// The path of a <c>.tgpt</c> file, which the client loads and closes; the file must be there. Null (the default) where <see cref="Model"/> is
    /// set.
    /// </summary>
    public string? ModelPath { get; set; }

    /// <summary>
    /// What answers and metrics call the model; not blank. Null (the default) for the name of <see cref="ModelPath"/> without folder and ending, or
    /// <c>tinygpt</c>.
    /// </summary>
    public string? ModelId { get; set; }

    /// <summary>
    /// The engine's size: <see cref="GptEngineOptions.MaxSequences"/> answers are computed at a time, 4 by default, and further callers wait.
    /// Not null; its ranges are those of <see cref="GptEngineOptions"/>.
    /// </summary>
    public GptEngineOptions Engine { get; set; } = new() { MaxSequences = 4 };

    /// <summary>
    /// How tokens are chosen where a request's <c>ChatOptions</c> say nothing; not null, within the ranges of <see cref="SamplingOptions"/>,
    /// <see cref="SamplingOptions.Greedy"/> by default. Its seed is that of every request without one, so that equal requests get equal answers.
    /// </summary>
    public SamplingOptions Sampling { get; set; } = SamplingOptions.Greedy;

    /// <summary>
    /// The most tokens of an answer where a request says nothing; 1 or more, 256 by default. The model's context ends an answer as well. Answers
    /// in JSON are as long as they need to be.
    /// </summary>
    public int MaxOutputTokens { get; set; } = 256;

    /// <summary>How messages become a prompt; not null, <see cref="ChatPromptFormat.Template"/> by default.</summary>
    public ChatPromptFormat PromptFormat { get; set; } = ChatPromptFormat.Template;
}
