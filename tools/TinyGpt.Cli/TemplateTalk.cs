using System.Text;
using TinyGpt.Chat;

namespace TinyGpt.Cli;

/// <summary>
/// A talk in the form of the model's own template. The answer goes to the output, thoughts to standard error. When the talk becomes longer
/// than the context, its oldest turns are left out.
/// </summary>
internal sealed class TemplateTalk : IDisposable
{
    private readonly PromptTemplate _template;
    private readonly GptEngine _engine;
    private readonly GptSession _session;
    private readonly Conversation _conversation;
    private readonly List<PromptMessage> _messages = [];
    private readonly int _answerTokens;
    private readonly byte[] _buffer = new byte[4096];

    public TemplateTalk(PromptTemplate template, GptEngine engine, SamplingOptions sampling, SessionOptions session, string? persona)
    {
        _template = template;
        _engine = engine;
        _answerTokens = session.MaxNewTokens;
        _session = engine.CreateSession(sampling, session with
        {
            StopTokens = template.StopTokens,
            StopStrings = session.StopStrings.Count > 0 ? session.StopStrings : template.StopStrings,
        });
        _conversation = new Conversation(template, _session);
        if (persona is not null)
        {
            _messages.Add(new PromptMessage("system", persona));
        }
    }

    /// <summary>Whether the model is to think; null for what its template says.</summary>
    public bool? Thinks { get; init; }

    /// <summary>The most tokens of thoughts before an answer.</summary>
    public int ThinkingBudget { get; init; } = int.MaxValue;

    /// <summary>Has a line answered.</summary>
    public void Answer(string line, Stream output, CancellationToken cancellation)
    {
        _messages.Add(new PromptMessage("user", line));
        TemplateVariables variables = Variables();
        while (_messages.Count > 2 && _template.Encode(_template.Render(variables)).Length + _answerTokens > _engine.Model.Config.ContextLength)
        {
            DropOldest();
            variables = Variables();
        }

        bool isOpen = _template.Thinking is { } marks && marks.IsOpenAfter(_template.Render(variables));
        _conversation.Prompt(variables);
        (string reasoning, string answer) = Run(new ThinkingReader(_template.Thinking, isOpen), output, cancellation);
        _messages.Add(new PromptMessage("assistant", answer) { Reasoning = reasoning.Length > 0 ? reasoning : null });
        output.WriteByte((byte)'\n');
        output.Flush();
    }

    public void Dispose() => _session.Dispose();

    private TemplateVariables Variables()
    {
        TemplateVariables variables = _template.CreateVariables();
        variables.SetMessages(_messages);
        if (Thinks is { } thinks)
        {
            variables.Set("enable_thinking", thinks);
        }

        return variables;
    }

    /// <summary>Leaves the oldest turn out, and the answer to it; what the system says stays.</summary>
    private void DropOldest()
    {
        int first = _messages[0].Role == "system" ? 1 : 0;
        _messages.RemoveAt(first);
        while (_messages.Count > first + 1 && _messages[first].Role == "assistant")
        {
            _messages.RemoveAt(first);
        }
    }

    private (string Reasoning, string Answer) Run(ThinkingReader reader, Stream output, CancellationToken cancellation)
    {
        StringBuilder reasoning = new();
        StringBuilder answer = new();
        StepStatus status;
        do
        {
            status = _engine.Step(StepBudget.OnePass, cancellation);
            while (_session.TryRead(_buffer, out int written))
            {
                Write(reader.Read(Encoding.UTF8.GetString(_buffer, 0, written)));
            }

            if (reader.IsThinking && _session.GeneratedTokens >= ThinkingBudget)
            {
                Write(reader.EndThinking());
                _conversation.EndThinking();
                status = StepStatus.Working;
            }
        }
        while (status != StepStatus.Idle);
        Write(reader.Read("", isLast: true));
        return (reasoning.ToString(), answer.ToString());

        void Write(IReadOnlyList<AnswerPart> parts)
        {
            foreach (AnswerPart part in parts)
            {
                if (part.IsReasoning)
                {
                    reasoning.Append(part.Text);
                    Console.Error.Write(TerminalText.ShowLines(part.Text));
                    continue;
                }

                if (answer.Length == 0 && reasoning.Length > 0)
                {
                    Console.Error.WriteLine();
                }

                answer.Append(part.Text);
                output.Write(Encoding.UTF8.GetBytes(part.Text));
                output.Flush();
            }
        }
    }
}
