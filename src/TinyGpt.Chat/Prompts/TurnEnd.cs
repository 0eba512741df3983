using TinyGpt.Text;

namespace TinyGpt.Chat.Prompts;

/// <summary>Finds out what a template writes after an answer, which is what the model writes where its answer ends.</summary>
internal static class TurnEnd
{
    private const string Question = "QUESTION";
    private const string Answer = "ANSWER";

    /// <summary>Renders a small talk and reads what follows its answer.</summary>
    /// <param name="render">Renders variables.</param>
    /// <param name="variables">The variables of a talk without messages.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <returns>A token, or a text where there is no token, or neither where the template does not tell.</returns>
    internal static (int? Token, string? Text) Find(Func<TemplateVariables, RenderedPrompt> render, TemplateVariables variables, Tokenizer tokenizer)
    {
        variables.SetMessages([new PromptMessage("user", Question), new PromptMessage("assistant", Answer), new PromptMessage("user", Question)]);
        RenderedPrompt prompt;
        try
        {
            prompt = render(variables);
        }
        catch (TemplateException)
        {
            return default;
        }

        int answer = prompt.Segments.ToList().FindLastIndex(segment => !segment.IsTemplate && segment.Text.Contains(Answer, StringComparison.Ordinal));
        if (answer < 0 || answer + 1 >= prompt.Segments.Count || !prompt.Segments[answer + 1].IsTemplate)
        {
            return default;
        }

        string after = prompt.Segments[answer + 1].Text;
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(after);
        AddedTokenMatch match = tokenizer.FindMark(utf8);
        bool isFirst = match.Id >= 0 && !utf8.AsSpan(0, match.Start).ContainsAnyExcept((byte)' ', (byte)'\n');
        string text = after.TrimEnd() is { Length: > 0 } trimmed ? trimmed : after;
        return isFirst ? (match.Id, null) : (null, text);
    }
}
