using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Chat;

namespace TinyGpt.Extensions.AI.Tools;

/// <summary>What an answer may call.</summary>
/// <param name="Tools">The tools.</param>
/// <param name="Formats">The forms of a call that the model may write.</param>
/// <param name="IsRequired">Whether the answer is a call, and nothing before it.</param>
/// <param name="IsParallel">Whether it can be several.</param>
internal sealed record CallableTools(
    IReadOnlyList<PromptTool> Tools, IReadOnlyList<ToolCallFormat> Formats, bool IsRequired, bool IsParallel);

/// <summary>
/// An answer in the form of a model's template: thoughts, text and calls. Text is free until a call begins; from there on marks are written
/// for the model, and names and arguments are constrained. Used by the engine's thread alone.
/// </summary>
internal sealed class TemplateAnswer(
    PromptTemplate template, ThinkingReader reader, int thinkingBudget, CallableTools? tools, ToolConstraints constraints, int promptTokens,
    int maxTokens, SamplingOptions sampling, SessionOptions options)
{
    private const int ProbeTokens = 8; // in which a model says whether another call follows

    private readonly StringBuilder _held = new();
    private Phase _phase = Phase.Text;
    private ToolCallFormat? _format;
    private PromptTool? _tool;
    private string _callText = "";

    private enum Phase
    {
        Text,
        Name,
        Arguments,
        Probe,
    }

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether the answer begins with a call, which <see cref="Start"/> begins.</summary>
    public bool BeginsWithCall => tools is { IsRequired: true };

    /// <summary>The options that a session begins with: a call's beginning ends the free text.</summary>
    public static SessionOptions Begin(SessionOptions options, CallableTools? tools) => tools is null ? options
        : options with { StopStrings = [.. options.StopStrings, .. tools.Formats.Select(format => format.Start)] };

    /// <summary>Whether the tokens ran out between two parts of the answer.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Begins the answer in a session that holds the prompt.</summary>
    /// <returns>Whether the tokens suffice for a beginning.</returns>
    public bool Start(GptSession session)
    {
        if (!BeginsWithCall)
        {
            return true;
        }

        _format = tools!.Formats[0];
        return BeginCall(session, _format.Start + _format.BeforeName);
    }

    /// <summary>Takes text of the session, and gives what of it the caller is to see.</summary>
    public IEnumerable<AIContent> Read(string text)
    {
        if (_phase == Phase.Text)
        {
            return Contents(reader.Read(text));
        }

        _held.Append(text);
        return [];
    }

    /// <summary>Ends thoughts that take too long.</summary>
    public IEnumerable<AIContent> Watch(GptSession session)
    {
        if (_phase != Phase.Text || !reader.IsThinking || session.GeneratedTokens < thinkingBudget || template.Thinking is not { } marks)
        {
            return [];
        }

        IEnumerable<AIContent> rest = Contents(reader.EndThinking());
        session.Stop();
        Append(session, $"\n{marks.End}\n\n", Free);
        return rest;
    }

    /// <summary>Goes on where the session has ended a part of the answer.</summary>
    /// <param name="session">The session, whose text has been read.</param>
    /// <param name="contents">What the caller is to see.</param>
    /// <returns>Whether the session continues.</returns>
    public bool Continue(GptSession session, List<AIContent> contents)
    {
        switch (_phase)
        {
            case Phase.Text:
                contents.AddRange(Contents(reader.Read("", isLast: true)));
                return session.Finish == FinishReason.Stop && tools is not null && TryBeginCall(session);
            case Phase.Name when IsWhole(session):
                string? name = (string?)JsonSerializer.Deserialize(TakeHeld(), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(string)));
                _tool = tools!.Tools.First(tool => tool.Name == name);
                return BeginArguments(session);
            case Phase.Arguments when IsWhole(session):
                string arguments = TakeHeld();
                Calls++;
                contents.Add(FunctionCallContent.CreateFromParsedArguments(
                    arguments, CallId(), _tool!.Name, static text => Parse(text)));
                return session.Finish == FinishReason.Complete && tools!.IsParallel && _format!.Next.Length > 0 && Probe(session);
            case Phase.Probe:
                bool goesOn = TakeHeld().TrimStart().StartsWith(_format!.Next, StringComparison.Ordinal);
                if (goesOn)
                {
                    session.Rewind(session.Tokens.Length - session.AnswerTokens.Length);
                    string start = _format.Next == "," ? $", {_format.BeforeName.TrimStart('[')}" : $"\n{_format.Start}{_format.BeforeName}";
                    return BeginCall(session, start);
                }

                return false;
            default:
                return false;
        }
    }

    /// <summary>Whether a constrained part is whole. The tokens of a shortened one have run out, so no other call follows it.</summary>
    private static bool IsWhole(GptSession session) => session.Finish is FinishReason.Complete or FinishReason.Shortened;

    private SessionOptions Free => Begin(options, tools);

    private static Dictionary<string, object?> Parse(string arguments)
    {
        using JsonDocument document = JsonDocument.Parse(arguments);
        Dictionary<string, object?> values = new(StringComparer.Ordinal);
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            values[member.Name] = member.Value.Clone(); // where a schema allows any names, one can come twice
        }

        return values;
    }

    private static IEnumerable<AIContent> Contents(IReadOnlyList<AnswerPart> parts) =>
        parts.Select(part => part.IsReasoning ? (AIContent)new TextReasoningContent(part.Text) : new TextContent(part.Text));

    /// <summary>An id of nine letters and digits, as Mistral's templates want them, that depends on the number of the call alone.</summary>
    private string CallId() => $"call{promptTokens % 1000:000}{Calls % 100:00}";

    private string TakeHeld()
    {
        string held = _held.ToString();
        _held.Clear();
        return held;
    }

    /// <summary>Begins a call where the text ended at the beginning of one; what the last token has of it is written anew.</summary>
    private bool TryBeginCall(GptSession session)
    {
        Tokenizer tokenizer = template.Tokenizer;
        int first = session.Tokens.Length - session.AnswerTokens.Length;
        int[] answer = session.AnswerTokens.ToArray();
        byte[] text = tokenizer.Decode(answer);
        (_format, int at) = tools!.Formats
            .Select(format => (format, At: text.AsSpan().IndexOf(Encoding.UTF8.GetBytes(format.Start))))
            .Where(found => found.At >= 0)
            .OrderBy(found => found.At)
            .FirstOrDefault();
        if (_format is null)
        {
            return false;
        }

        int kept = 0;
        int length = 0;
        while (kept < answer.Length && tokenizer.Decode(answer.AsSpan(0, kept + 1)).Length is var next && next <= at)
        {
            length = next;
            kept++;
        }

        string rest = Encoding.UTF8.GetString(text.AsSpan(length, at - length));
        session.Rewind(first + kept);
        return BeginCall(session, rest + _format.Start + _format.BeforeName);
    }

    private bool BeginCall(GptSession session, string text)
    {
        if (tools!.Tools.Count == 1)
        {
            _tool = tools.Tools[0];
            _callText = text + JsonSerializer.Serialize(_tool.Name, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(string)));
            return BeginArguments(session);
        }

        _phase = Phase.Name;
        return Append(session, text, options with { Constraint = constraints.ForName(tools.Tools), StopStrings = [] });
    }

    private bool BeginArguments(GptSession session)
    {
        _phase = Phase.Arguments;
        string text = _callText + _format!.BeforeArguments;
        _callText = "";
        return Append(session, text, options with { Constraint = constraints.ForArguments(_tool!), StopStrings = [] });
    }

    private bool Probe(GptSession session)
    {
        _phase = Phase.Probe;
        return Append(session, _format!.AfterArguments, options with { MaxNewTokens = ProbeTokens, StopStrings = [] });
    }

    /// <summary>Writes text for the model and lets it go on, as far as the request's tokens and the context reach.</summary>
    private bool Append(GptSession session, string text, SessionOptions next)
    {
        Tokenizer tokenizer = template.Tokenizer;
        int[] ids = tokenizer.Encode(text, SpecialTokenHandling.Recognize, tokenizer.PositionAfter(session.Tokens[^1]));
        int left = maxTokens - session.Tokens.Length - ids.Length;
        if (left <= 0)
        {
            IsCut = true;
            return false;
        }

        session.Configure(sampling, next with { MaxNewTokens = Math.Min(next.MaxNewTokens, left) });
        session.Append(ids);
        return true;
    }
}
