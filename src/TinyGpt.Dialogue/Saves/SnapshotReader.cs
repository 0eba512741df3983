using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Personas;
using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Scheduling;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// Reads a stage that a stranger may have saved: every value is checked against its range and against the others, so that what is restored is a
/// stage that could have arisen, and memory and time are proportional to the save.
/// </summary>
internal sealed class SnapshotReader
{
    // Far more than there will ever be, and far from overflow.
    private const long MaxTicks = 1L << 62;
    private const int MaxCount = 1 << 30;

    private readonly SaveReader _save;
    private readonly string _name;
    private readonly SnapshotTarget _target;
    private readonly GptEngine _engine;
    private readonly Roster _roster;
    private readonly SessionPool _sessions;
    private readonly AnswerContext _context;
    private readonly SavedGrammars _grammars;
    private readonly SavedConstraints _constraints;
    private readonly List<(ExchangeTurns Exchange, int LinesLeft, AnswerRun? Next)> _turns = [];
    private readonly Dictionary<int, AnswerRun> _sides = [];
    private long _ticks;
    private int _version;

    /// <param name="save">The save.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="target">What it is read into.</param>
    public SnapshotReader(SaveReader save, string name, SnapshotTarget target)
    {
        (_save, _name, _target) = (save, name, target);
        (_engine, _sessions, _roster, _context, _) = target;
        _grammars = new SavedGrammars(target.Requests);
        _constraints = new SavedConstraints(target.Requests);
    }

    private int ContextLength => _context.Prompts.ContextLength;

    private ModelConfig Config => _engine.Model.Config;

    /// <summary>More bytes than any answer shows: of each token all bytes, each as a U+FFFD.</summary>
    private int MaxAnswerBytes => (int)Math.Min(
        int.MaxValue / 2, (long)ContextLength * (_engine.Model.Tokenizer!.Vocabulary.LongestToken + 1) * AnswerText.ReplacementLength);

    /// <summary>Reads everything.</summary>
    /// <returns>Ticks so far.</returns>
    /// <exception cref="StageSaveException">The save is damaged, contradicts itself, or belongs to another model.</exception>
    public long Read()
    {
        ReadHeader();
        ulong seed = (ulong)_save.Int64();
        _ticks = _save.Int64(0, MaxTicks, "the number of ticks");
        _context.BeginTick(_ticks);
        _roster.Restore(seed, _save.Int32(0, MaxCount, "the number of opened talks"));
        for (int i = _save.Int32(0, _target.MaxCharacters, "the number of characters"); i > 0; i--)
        {
            ReadCharacter();
        }

        for (int i = _save.Int32(0, _target.MaxTalks / 2, "the number of exchanges"); i > 0; i--)
        {
            ReadExchange();
        }

        for (int i = _save.Int32(0, _target.MaxTalks, "the number of talks"); i > 0; i--)
        {
            ReadTalk();
        }

        if (_roster.Exchanges.Count * 2 != _roster.Runs.Count(run => run.Exchange is not null))
        {
            throw _save.Failure("an exchange has a side that is missing");
        }

        foreach ((ExchangeTurns exchange, int linesLeft, AnswerRun? next) in _turns)
        {
            if (!exchange.TryRestore(linesLeft, next))
            {
                throw _save.Failure("an exchange has a turn that no side can take");
            }
        }

        _save.End();
        return _ticks;
    }

    private void ReadHeader()
    {
        if (_save.Int32() != SaveFormat.Magic)
        {
            throw _save.Failure("this is no saved stage");
        }

        int version = _version = _save.Int32();
        if (version is < 1 or > SaveFormat.Version)
        {
            throw _save.Failure($"version {version} is not supported (supported: 1 and {SaveFormat.Version})");
        }

        Span<byte> hash = stackalloc byte[_engine.Model.ContentHash.Length];
        _save.Bytes(hash);
        if (!hash.SequenceEqual(_engine.Model.ContentHash))
        {
            throw _save.Failure("the stage was saved with another model");
        }
    }

    private void ReadCharacter()
    {
        int number = _roster.Characters.Count;
        Persona persona = Persona.Read(_save.Block(Persona.MaxFileBytes, "the length of a persona"), $"{_name}, character {number}");
        float distance = _save.Single();
        StageCharacter character = _roster.Add(persona, _context.Prompts);
        character.Distance = distance >= 0 ? distance : throw _save.Failure($"a distance is {distance}");
        if (_version > 1 && SavedActions.ReadSet(_save) is { } actions)
        {
            character.Change(_target.Requests.ByActions(actions, persona.MaxAnswerTokens, character.Options.StopStrings));
        }
    }

    private void ReadExchange()
    {
        CharacterCard first = ReadCard();
        CharacterCard second = ReadCard();
        int firstNumber = ReadNumber();
        int secondNumber = ReadNumber();
        ulong firstSeed = ReadSeed(firstNumber);
        ulong secondSeed = ReadSeed(secondNumber);
        if (first == second || firstNumber + 1 != secondNumber || _sides.ContainsKey(firstNumber) || _sides.ContainsKey(secondNumber))
        {
            throw _save.Failure("an exchange has one side twice, or sides that were not opened together");
        }

        AnswerRun firstSide = new(new TalkRecord(_context.Prompts, first, second.Name, firstSeed, firstNumber), _context);
        AnswerRun secondSide = new(new TalkRecord(_context.Prompts, second, first.Name, secondSeed, secondNumber), _context);
        int linesLeft = _save.Int32(0, int.MaxValue, "the lines of an exchange");
        ExchangeTurns exchange = new(firstSide, secondSide, _context) { IsHeard = _save.Boolean("whether an exchange is heard") };
        int next = _save.Int32(0, 2, "whose turn it is in an exchange");
        _sides.Add(firstNumber, firstSide);
        _sides.Add(secondNumber, secondSide);
        _turns.Add((exchange, linesLeft, next == 1 ? firstSide : next == 2 ? secondSide : null));
        _roster.Exchanges.Add(exchange);
    }

    private int ReadNumber() => _save.Int32(0, _roster.Opened - 1, "the number of a talk");

    private CharacterCard ReadCard() => _roster.Characters[_save.Int32(0, _roster.Characters.Count - 1, "the number of a character")].Card;

    private ulong ReadSeed(int number)
    {
        ulong seed = (ulong)_save.Int64();
        return seed == _roster.SeedOf(number) ? seed : throw _save.Failure($"talk {number} has a seed that is not the stage's");
    }

    private void ReadTalk()
    {
        int number = ReadNumber();
        CharacterCard card = ReadCard();
        string partner = _save.Text(SaveFormat.MaxTextBytes, "a partner's name");
        ulong seed = ReadSeed(number);
        if (string.IsNullOrWhiteSpace(partner) || !PersonaRules.IsName(partner))
        {
            throw _save.Failure("a partner's name is blank, too long, or not one line");
        }

        AnswerRun run = _sides.GetValueOrDefault(number) ?? new AnswerRun(new TalkRecord(_context.Prompts, card, partner, seed, number), _context);
        TalkRecord talk = run.Talk;
        if (talk.Card != card || talk.Partner != partner || (_roster.Runs.Count > 0 && _roster.Runs[^1].Talk.Number >= number))
        {
            throw _save.Failure("talks are not in order, or not those of their exchanges");
        }

        talk.RestoreSummary(_save.Text(SaveFormat.MaxTextBytes, "a summary"));
        TalkState state = _save.Enumeration<TalkState>("the state of a talk");
        bool isBusy = state != TalkState.Idle;
        SavedAnswer answer = ReadAnswer(talk, state);
        if (isBusy && !talk.EndsWithHeardLine)
        {
            throw _save.Failure("a character answers a line that was not said");
        }

        AnswerRequest request = ReadRequest(isBusy, run);
        ReadSession(run, answer, request);
        if (_version > 1)
        {
            SavedActions.Read(_save, run.RestoreCall);
        }

        _roster.Runs.Add(run);
    }

    /// <summary>Reads the values of a talk's answers, and its log between them.</summary>
    private SavedAnswer ReadAnswer(TalkRecord talk, TalkState state)
    {
        bool isBusy = state != TalkState.Idle;
        TalkEnd end = _save.Enumeration<TalkEnd>("the end of an answer");
        int answers = _save.Int32(isBusy ? 1 : 0, MaxCount, "the number of answers");
        long since = _save.Int64(0, _ticks + 1, "the tick of an answer");
        bool wasSuspended = _save.Boolean("whether an answer was suspended");
        if (isBusy != (end == TalkEnd.None) && answers > 0)
        {
            throw _save.Failure("an answer under way has ended, or one that has ended does not say how");
        }

        ReadLog(talk.Log);
        int promptTokens = _save.Int32(0, ContextLength, "the tokens before an answer");
        int produced = _save.Int32(0, MaxAnswerBytes, "the bytes of an answer");
        int skipped = _save.Int32(0, produced, "the skipped bytes of an answer");
        int read = _save.Int32(0, MaxAnswerBytes, "the read bytes of an answer");
        byte[] unread = _save.Block(AnswerRun.OutputCapacity, "the length of unread text");
        if (!System.Text.Unicode.Utf8.IsValid(unread) || (unread.Length > 0 && unread.Length > produced - skipped - read))
        {
            throw _save.Failure("unread text is more than an answer has left, or not valid UTF-8");
        }

        return new SavedAnswer
        {
            State = state,
            End = end,
            Answers = answers,
            Since = since,
            WasSuspended = wasSuspended,
            PromptTokens = promptTokens,
            ProducedBytes = produced,
            SkippedBytes = skipped,
            ReadBytes = read,
            Unread = unread,
        };
    }

    private void ReadLog(TalkLog log)
    {
        int windowStart = _save.Int32(0, TalkLog.MaxTurns, "the first turn of a prompt");
        int count = _save.Int32(windowStart, TalkLog.MaxTurns, "the number of turns");
        List<LoggedTurn> turns = [];
        List<int> ids = [];
        long tick = 0;
        for (int i = 0; i < count; i++)
        {
            TurnKind kind = _save.Enumeration<TurnKind>("the kind of a turn");
            int textStart = _save.Int32();
            int textLength = _save.Int32();
            tick = _save.Int64(tick, _ticks + 1, "the tick of a turn");
            int[] tokens = _save.Ids(log.Capacity - ids.Count, Config.VocabularySize, "the length of a turn");
            int bytes = _context.Texts.Decode(tokens).Length;
            if (textStart < 0 || textLength < 0 || textStart > bytes - textLength)
            {
                throw _save.Failure($"a line of {textLength} bytes at {textStart} is not within its turn of {bytes} bytes");
            }

            turns.Add(new LoggedTurn(kind, ids.Count, tokens.Length, textStart, textLength, tick));
            ids.AddRange(tokens);
        }

        if (!log.TryRestore([.. turns], [.. ids], windowStart))
        {
            throw _save.Failure("the turns of a talk are longer than any");
        }
    }

    private AnswerRequest ReadRequest(bool isBusy, AnswerRun run)
    {
        bool isInExchange = run.Exchange is not null;
        SaveFormat.RequestKind kind = _save.Enumeration<SaveFormat.RequestKind>("the kind of an answer");
        bool isAside = _save.Boolean("whether an answer is an aside");
        if (kind == SaveFormat.RequestKind.None == isBusy)
        {
            throw _save.Failure("a talk is busy without an answer, or idle with one");
        }

        bool isFree = kind is SaveFormat.RequestKind.None or SaveFormat.RequestKind.Free;
        if ((isAside && (kind is SaveFormat.RequestKind.Free or SaveFormat.RequestKind.Actions || isInExchange)) || (isInExchange && !isFree))
        {
            throw _save.Failure("an answer is of an impossible kind");
        }

        AnswerRequest request = kind switch
        {
            SaveFormat.RequestKind.Grammar => _grammars.Read(_save),
            SaveFormat.RequestKind.Choice => ReadChoice(),
            SaveFormat.RequestKind.Actions => ReadActions(run),
            SaveFormat.RequestKind.Constraint => _constraints.Read(_save, ContextLength),
            _ => AnswerRequest.Free,
        };
        return request with { IsAside = isAside };
    }

    private AnswerRequest ReadActions(AnswerRun run)
    {
        ActionSet actions = SavedActions.ReadSet(_save) ?? throw _save.Failure("an answer with actions has none");
        int maxTokens = _save.Int32(1, ContextLength, "the tokens of an answer");
        return _target.Requests.ByActions(actions, maxTokens, _roster.CharacterOf(run).Options.StopStrings);
    }

    private AnswerRequest ReadChoice()
    {
        List<string> options = [];
        for (int i = _save.Int32(2, Grammar.MostParts, "the number of options"); i > 0; i--)
        {
            options.Add(_save.Text(AnswerRun.OutputCapacity, "an option"));
        }

        return _target.Requests.ByOptions(options);
    }

    /// <summary>
    /// Reads an answer under way, which goes on when there is room for it, or computed keys and values, which are dropped where there is none.
    /// </summary>
    private void ReadSession(AnswerRun run, SavedAnswer answer, in AnswerRequest request)
    {
        byte[] snapshot = _save.Block(int.MaxValue, "the length of a session");
        bool isUnderWay = SaveFormat.NeedsSession(answer.State, request);
        if (isUnderWay && (snapshot.Length == 0 || _sessions.Available == 0))
        {
            throw _save.Failure(snapshot.Length == 0 ? "an answer under way has no session"
                : $"it has more answers under way than the engine has sequences ({_target.MaxSequences}): raise MaxSequences");
        }

        if (answer.State != TalkState.Idle)
        {
            answer = answer with { State = isUnderWay ? TalkState.Suspended : TalkState.Waiting };
        }

        run.Restore(answer, request);
        if (snapshot.Length == 0 || _sessions.Available == 0)
        {
            return;
        }

        using MemoryStream stream = new(snapshot);
        StageCharacter character = _roster.CharacterOf(run);
        GptSession session = _engine.Restore(
            stream, character.Card.Persona.Sampling, request.Options ?? character.Options, $"talk {run.Talk.Number}");
        session.PassInterval = 0;
        run.Take(session);
        if (isUnderWay)
        {
            CheckAnswer(run, session);
        }
    }

    private void CheckAnswer(AnswerRun run, GptSession session)
    {
        ReadOnlySpan<int> answer = session.AnswerTokens;
        int most = run.MaxAnswerTokens;
        if (session.Tokens.Length - answer.Length != run.PromptTokens || answer.Length > most
            || run.PromptTokens < 1 || run.PromptTokens + most > ContextLength)
        {
            throw _save.Failure("an answer under way does not begin where its prompt ends, or is longer than it can be");
        }

        ReadOnlySpan<byte> text = _context.Texts.Decode(answer, session.Tokens[run.PromptTokens - 1]);
        int blank = text.Length - text.TrimStart(" \t\r\n"u8).Length;
        if (run.ProducedBytes > AnswerText.ShownLength(text)
            || run.SkippedBytes > (!run.Request.IsFormed ? blank : Math.Min(text.Length, _context.Prompts.LeadBytes)))
        {
            throw _save.Failure("an answer under way has less text than was taken of it");
        }

        int mark = run.Request.Actions is null ? -1 : text.IndexOf(ActionSet.Mark);
        if (mark >= 0 && run.ProducedBytes >= AnswerText.ShownLength(text[..mark]))
        {
            run.RestoreAction();
        }
    }
}
