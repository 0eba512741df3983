using Microsoft.Extensions.AI;
using TinyGpt.Chat;
using TinyGpt.Dialogue;
using TinyGpt.Extensions.AI.Prompts;
using TinyGpt.Extensions.AI.ResponseFormats;
using TinyGpt.Extensions.AI.Tools;

namespace TinyGpt.Extensions.AI.Batching;

/// <summary>Makes requests of messages and chat options, on the callers' threads. Thread-safe.</summary>
internal sealed class ChatRequestComposer
{
    private readonly GptModel _model;
    private readonly string _modelId;
    private readonly SamplingOptions _sampling;
    private readonly int _maxOutputTokens;
    private readonly ChatPromptFormat _format;
    private readonly int _mostPages;
    private readonly PromptTemplate? _template;
    private readonly ToolConstraints _constraints;
    private readonly int _context;
    private readonly ResponseGrammars _grammars;

    public ChatRequestComposer(GptModel model, string modelId, TinyGptChatClientOptions options, GptEngine engine)
    {
        _model = model;
        _modelId = modelId;
        _sampling = options.Sampling;
        _maxOutputTokens = options.MaxOutputTokens;
        _format = options.PromptFormat;
        _mostPages = engine.KvPages;
        _context = engine.ContextLength;
        _constraints = new ToolConstraints(model);
        _grammars = new ResponseGrammars(model, _constraints);
        _template = ReferenceEquals(_format, ChatPromptFormat.Template) ? PromptTemplate.Find(model) : null;
    }

    public async ValueTask<ChatRequest> ComposeAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options, long started, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RefuseWhatIsNotServed(options);
        SamplingOptions sampling = SamplingOf(options);
        sampling.Validate(_model.Config.VocabularySize);
        if (options.MaxOutputTokens < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.MaxOutputTokens, $"ChatOptions.MaxOutputTokens is {options.MaxOutputTokens} and must be 1 or more.");
        }

        TokenConstraint? grammar = options.ResponseFormat is ChatResponseFormatJson json
            ? await _grammars.ForAsync(json, options.MaxOutputTokens, cancellation).ConfigureAwait(false)
            : null;
        List<PromptTool> tools = ToolsOf(options);
        if (_template is not null || tools.Count > 0)
        {
            return ComposeByTemplate(_template ?? PlainTemplate(), TalkOf(messages, options), tools, options, grammar, sampling, started);
        }

        int[] prompt = PromptOf(messages, options);
        SessionOptions session = new()
        {
            MaxNewTokens = options.MaxOutputTokens ?? (grammar as CompiledGrammar)?.MostTokens ?? _maxOutputTokens,
            StopStrings = [.. options.StopSequences ?? [], .. grammar is null ? _format.StopSequences : []],
            Constraint = grammar,
        };
        return new ChatRequest(prompt, sampling, session, PagesFor(prompt.Length, session.MaxNewTokens), started);
    }

    private static void Refuse(bool asked, string option, string problem)
    {
        if (asked)
        {
            throw new UnsupportedChatOptionException($"ChatOptions.{option}", problem);
        }
    }

    private static void CheckContents(ChatMessage message)
    {
        foreach (AIContent content in message.Contents)
        {
            if (content is not (TextContent or TextReasoningContent or UsageContent))
            {
                throw new UnsupportedChatOptionException(
                    "ChatMessage.Contents",
                    $"the model reads text only, and a message of the role '{message.Role}' has {content.GetType().Name}.");
            }
        }
    }

    private void RefuseWhatIsNotServed(ChatOptions options)
    {
        bool hasTools = options.Tools is { Count: > 0 } && options.ToolMode is not NoneChatToolMode;
        Refuse(
            hasTools && options.ResponseFormat is ChatResponseFormatJson,
            nameof(ChatOptions.Tools),
            "an answer in JSON calls no tools: ask for one or the other.");
        bool hasTalk = options.ConversationId is not null;
        Refuse(hasTalk, nameof(ChatOptions.ConversationId), "the client keeps no talks: send all messages with each request.");
        bool hasOtherModel = options.ModelId is { } id && id != _modelId;
        Refuse(hasOtherModel, nameof(ChatOptions.ModelId), $"the client has the model '{_modelId}' and no '{options.ModelId}'.");
    }

    private SamplingOptions SamplingOf(ChatOptions options) => _sampling with
    {
        Temperature = options.Temperature ?? _sampling.Temperature,
        TopK = options.TopK ?? _sampling.TopK,
        TopP = options.TopP ?? _sampling.TopP,
        FrequencyPenalty = options.FrequencyPenalty ?? _sampling.FrequencyPenalty,
        PresencePenalty = options.PresencePenalty ?? _sampling.PresencePenalty,
        Seed = options.Seed is { } seed ? unchecked((ulong)seed) : _sampling.Seed,
    };

    /// <summary>The tools that a request may call: none, those of the request, or the one that its mode names.</summary>
    private static List<PromptTool> ToolsOf(ChatOptions options)
    {
        if (options.Tools is not { Count: > 0 } || options.ToolMode is NoneChatToolMode)
        {
            return [];
        }

        List<PromptTool> tools = TemplateMessages.Translate(options.Tools);
        return options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } name }
            ? [tools.Find(tool => tool.Name == name)
                ?? throw new UnsupportedChatOptionException("ChatOptions.ToolMode", $"it requires the function '{name}', and there is none.")]
            : tools;
    }

    private static bool? Flag(ChatOptions options, string name) => options.AdditionalProperties?.TryGetValue(name, out bool value) == true ? value : null;

    /// <summary>The form of models without a template. The system message describes their tools.</summary>
    private PromptTemplate PlainTemplate() => new(_model, new ChatFormat(ChatFamily.Plain));

    private ChatRequest ComposeByTemplate(
        PromptTemplate template,
        List<ChatMessage> talk,
        List<PromptTool> tools,
        ChatOptions options,
        TokenConstraint? grammar,
        SamplingOptions sampling,
        long started)
    {
        foreach (PromptTool tool in tools)
        {
            _constraints.ForArguments(tool);
        }

        TemplateVariables variables = template.CreateVariables();
        List<PromptMessage> translated = TemplateMessages.Translate(talk);
        bool describes = tools.Count > 0 && ToolDescriptions.IsNeeded(template);
        variables.SetMessages(translated);
        variables.SetTools(tools);
        if (Flag(options, "enable_thinking") is { } thinks)
        {
            variables.Set("enable_thinking", thinks);
        }

        RenderedPrompt rendered = describes ? ToolDescriptions.Render(template, variables, translated, tools) : template.Render(variables);
        int[] prompt = template.Encode(rendered);
        CallableTools? callable = tools.Count == 0 ? null : new CallableTools(
            tools,
            describes ? [ToolCallFormat.Hermes] : ToolCallFormat.Find(template.Source),
            options.ToolMode is RequiredChatToolMode,
            options.AllowMultipleToolCalls != false);
        SessionOptions session = new()
        {
            MaxNewTokens = options.MaxOutputTokens ?? (grammar as CompiledGrammar)?.MostTokens ?? _maxOutputTokens,
            StopStrings = [.. options.StopSequences ?? [], .. grammar is null ? template.StopStrings : []],
            StopTokens = grammar is null ? template.StopTokens : [],
            Constraint = grammar,
        };
        ThinkingReader reader = new(grammar is null ? template.Thinking : null, template.Thinking?.IsOpenAfter(rendered) == true);
        int budget = options.AdditionalProperties?.TryGetValue("thinking_budget", out int tokens) == true ? tokens : int.MaxValue;
        int maxTokens = (int)Math.Min((long)prompt.Length + session.MaxNewTokens, _context);
        TemplateAnswer answer = new(template, reader, budget, callable, _constraints, prompt.Length, maxTokens, sampling, session);
        return new ChatRequest(
            prompt, sampling, TemplateAnswer.Begin(session, callable), PagesFor(prompt.Length, session.MaxNewTokens), started)
        { Answer = answer };
    }

    private static List<ChatMessage> TalkOf(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        List<ChatMessage> talk = [.. messages];
        if (options.Instructions is { Length: > 0 } instructions)
        {
            talk.Insert(0, new ChatMessage(ChatRole.System, instructions));
        }

        if (talk.Count == 0)
        {
            throw new ArgumentException("There are no messages to answer.", nameof(messages));
        }

        return talk;
    }

    private int[] PromptOf(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        List<ChatMessage> talk = TalkOf(messages, options);
        talk.ForEach(CheckContents);
        int[] prompt = _format.Encode(_model.Tokenizer!, talk);
        return prompt.Length > 0 ? prompt : throw new ArgumentException("The format made no tokens of the messages.", nameof(messages));
    }

    /// <summary>The maximum number of pages of a request. The last token of an answer is never computed, but counts here.</summary>
    private int PagesFor(int prompt, int answer)
    {
        int context = _model.Config.ContextLength;
        if (prompt > context)
        {
            throw new ContextOverflowException(prompt, context);
        }

        int promptPages = Pages(prompt);
        if (promptPages > _mostPages)
        {
            throw new InvalidOperationException(
                $"The prompt of {prompt} tokens needs {promptPages} pages, and the engine has {_mostPages}: raise GptEngineOptions.KvPages.");
        }

        if (prompt > _context)
        {
            throw new ContextOverflowException(prompt, _context);
        }

        return Pages((int)Math.Min((long)prompt + answer, _context));
    }

    private static int Pages(int positions) => (positions + GptEngine.PositionsPerPage - 1) / GptEngine.PositionsPerPage;
}
