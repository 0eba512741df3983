using TinyGpt.Chat.Prompts;

namespace TinyGpt.Chat;

/// <summary>
/// A talk in a session: each prompt is compared with what the session holds, and only what differs is encoded and computed. A template that
/// rewrites what was said before, as those do that drop earlier thoughts, takes the session back to the first difference. Not thread-safe.
/// </summary>
/// <param name="template">The model's template.</param>
/// <param name="session">A session of the same model, whose sequence is the talk's from here on.</param>
public sealed class Conversation(PromptTemplate template, GptSession session)
{
    private readonly PromptEncoder _encoder = template.CreateEncoder();
    private int[] _prompt = [];

    /// <summary>Tokens of the last prompt that the session held already.</summary>
    public int ReusedTokens { get; private set; }

    /// <summary>Bytes of text that were encoded for the last prompt; the rest was known.</summary>
    public int EncodedBytes => _encoder.EncodedBytes;

    /// <summary>Tokens of the last prompt.</summary>
    public int PromptTokens => _prompt.Length;

    /// <summary>Puts a prompt into the session and has it answered.</summary>
    /// <param name="variables">The variables of the whole talk, the messages of earlier turns included.</param>
    /// <param name="now">The time for templates that write the date; null for the local time.</param>
    /// <param name="answer">False to read the prompt only.</param>
    /// <exception cref="TemplateException">The template refuses the messages, fails on them, or needs too much.</exception>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit the context.</exception>
    public void Prompt(TemplateVariables variables, DateTimeOffset? now = null, bool answer = true)
    {
        RenderedPrompt prompt = template.Render(variables, now);
        ReadOnlySpan<int> held = session.Tokens;
        if (held.Length > _prompt.Length && held.StartsWith(_prompt))
        {
            _encoder.AddAnswer(held[_prompt.Length..]);
        }

        _prompt = _encoder.Encode(prompt);
        ReusedTokens = held.CommonPrefixLength(_prompt);
        session.Rewind(ReusedTokens);
        session.Append(_prompt.AsSpan(ReusedTokens), answer);
    }

    /// <summary>
    /// Ends thoughts that take too long: the model continues as if it had ended them itself, with the number of tokens for the answer that is the session's
    /// options allow. The mark that ends them is not part of what the session says.
    /// </summary>
    /// <exception cref="InvalidOperationException">The template knows no thinking.</exception>
    public void EndThinking()
    {
        ThinkingMarks marks = template.Thinking ?? throw new InvalidOperationException("The model's chat template knows no thinking.");
        session.Stop();
        Tokenizer tokenizer = template.Tokenizer;
        int last = session.Tokens.IsEmpty ? EncodedSpan.NoToken : session.Tokens[^1];
        session.Append(tokenizer.Encode($"\n{marks.End}\n\n", SpecialTokenHandling.Recognize, tokenizer.PositionAfter(last)));
    }
}
