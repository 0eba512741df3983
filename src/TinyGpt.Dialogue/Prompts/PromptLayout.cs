using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue;

/// <summary>
/// How personas and talks are written for a model, which should be as the texts that it was trained on. Immutable and thread-safe. Checked when a
/// stage is made with it, which throws <see cref="ArgumentException"/> and names what is wrong; nothing is null.
/// </summary>
/// <remarks>
/// <para>
/// A prompt is: the world; the card; the start of a talk; the persona's examples as turns; the summary; and the turns, of which the last
/// is the start of the answer. Pieces begin with the line break that separates them from the text before, so that each becomes the
/// tokens that it would be within the whole.
/// </para>
/// <para>
/// In <see cref="Card"/>, <c>{name}</c>, <c>{mood}</c> and <c>{fact:KEY}</c> are replaced by their values, and a line in which one of them is
/// empty or missing is left out. A line <c>{facts}</c> becomes one <see cref="FactLine"/> for each fact that the card does not name, and a
/// line <c>{style}</c> the style lines. Braces cannot be written otherwise.
/// </para>
/// </remarks>
public sealed record PromptLayout
{
    /// <summary>
    /// The cards and talks of the tavern model: lines <c>Name: …</c>, <c>Trade: …</c>, <c>Mood: …</c>, <c>Home: …</c> and the other facts,
    /// an empty line, then turns <c>Player: …</c> and <c>Mira: …</c>. The talk partner is always <c>Player</c>, because the
    /// model was trained with that name.
    /// </summary>
    public static PromptLayout Tavern { get; } = new()
    {
        Card = "Name: {name}\nTrade: {fact:Trade}\nMood: {mood}\nHome: {fact:Home}\n{facts}\n{style}",
        Heard = "\nPlayer: {text}",
    };

    /// <summary>Plain English for models of general text, such as GPT-2.</summary>
    public static PromptLayout Plain { get; } = new()
    {
        Card = "This is a talk with {name}.\n{style}\n{name} is {mood} today.\n{facts}",
    };

    /// <summary>The world, which all personas share; used where there is one. Must have <c>{world}</c>.</summary>
    public string World { get; init; } = "{world}\n";

    /// <summary>What separates the world from the card; used if there is a world. Literal, without slots; may be empty.</summary>
    public string AfterWorld { get; init; } = "\n";

    /// <summary>The persona: see the remarks. Slots beside those that they name are refused.</summary>
    public required string Card { get; init; }

    /// <summary>A fact's line. Must have <c>{key}</c> and <c>{value}</c>.</summary>
    public string FactLine { get; init; } = "{key}: {value}";

    /// <summary>The text between the card and a talk. Literal, without slots; may be empty.</summary>
    public string TalkStart { get; init; } = "\n";

    /// <summary>The summary of what was said before, set by the game; used where there is one. Must have <c>{summary}</c>.</summary>
    public string Summary { get; init; } = "\n{summary}";

    /// <summary>A line to the character. Must have <c>{text}</c>; may have <c>{partner}</c>, the speaker.</summary>
    public string Heard { get; init; } = "\n{partner}: {text}";

    /// <summary>The text before the character's answer. Not empty; may have <c>{name}</c>.</summary>
    public string AnswerStart { get; init; } = "\n{name}:";

    /// <summary>
    /// What the text of an answer begins with and is not shown, such as the space that belongs to the first word. Literal, without slots;
    /// may be empty.
    /// </summary>
    public string AnswerLead { get; init; } = " ";

    /// <summary>
    /// The text that ends an answer; not shown. Literal, without slots; not empty. Grammars and options of a choice cannot have it in their texts.
    /// </summary>
    public string AnswerEnd { get; init; } = "\n";

    private static void RequireText(string text, string property) => ArgumentNullException.ThrowIfNull(text, property);

    /// <summary>Checks that every template has its slots.</summary>
    /// <exception cref="ArgumentException">One has not; the message says which.</exception>
    internal void Validate()
    {
        RequireText(AfterWorld, nameof(AfterWorld));
        RequireText(TalkStart, nameof(TalkStart));
        RequireText(AnswerLead, nameof(AnswerLead));
        PromptTemplate.Require(World, nameof(World), ["world"], []);
        PromptTemplate.Require(FactLine, nameof(FactLine), ["key", "value"], []);
        PromptTemplate.Require(Summary, nameof(Summary), ["summary"], []);
        PromptTemplate.Require(Heard, nameof(Heard), ["text"], ["partner"]);
        PromptTemplate.Require(AnswerStart, nameof(AnswerStart), [], ["name"]);
        PromptTemplate.RequireCard(Card, nameof(Card));
        if (string.IsNullOrEmpty(AnswerEnd) || AnswerStart.Length == 0)
        {
            throw new ArgumentException(
                $"{nameof(PromptLayout)}.{nameof(AnswerStart)} or {nameof(AnswerEnd)} is empty: write the texts before and after an answer.");
        }
    }
}
