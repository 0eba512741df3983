using TinyGpt.Dialogue.Grammars;
using TinyGpt.Dialogue.Saves;
using TinyGpt.Dialogue.Talks;
using TinyGpt.Kernels;

namespace TinyGpt.Dialogue;

/// <summary>
/// Making a stage of a save, which a stranger may have written: every value is checked against its range and against the others, so that what
/// is restored is a stage that could have come to be, and memory and time are in proportion to the save.
/// </summary>
public sealed partial class DialogueStage
{
    // Far more than ever come to be, and far from where they overflow.
    private const long MostTicks = 1L << 62;
    private const int MostCount = 1 << 30;

    /// <summary>More bytes than any answer shows: of each token all bytes, each as a U+FFFD.</summary>
    private int LongestAnswer =>
        (int)Math.Min(int.MaxValue / 2, (long)Model.Config.ContextLength * (Model.Tokenizer!.Vocabulary.LongestToken + 1) * AnswerText.ReplacementLength);

    /// <summary>Makes the stage that was saved with <see cref="Save"/>; it says what that one would have said. Allocates.</summary>
    /// <param name="source">Stands at the save's first byte; is read to the save's end and left open. Need not seek.</param>
    /// <param name="model">The same model; must stay alive as long as the stage.</param>
    /// <param name="options">
    /// As the saved stage's, but for the engine, whose size, threads and tier may differ, and the seed, which is the saved one's. Null for
    /// the defaults. Layout and world count from the next answers on.
    /// </param>
    /// <param name="name">What errors call the source.</param>
    /// <returns>The stage; characters, talks and exchanges are in its lists in their old order. Listeners are to be given again.</returns>
    /// <exception cref="ArgumentNullException">The stream, the model or what an option must have is null.</exception>
    /// <exception cref="StageSaveException">
    /// The save is damaged, contradicts itself, belongs to another model, or does not fit the options, its grammars take too much work to compile,
    /// or the stream cannot be read.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range, as for the constructor.</exception>
    /// <exception cref="Kernels.KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public static DialogueStage Restore(Stream source, GptModel model, StageOptions? options = null, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(source);
        DialogueStage stage = new(model, options);
        try
        {
            SaveReader save = new(source, name);
            lock (stage._ticking)
            {
                lock (stage.Gate)
                {
                    stage.Read(save, name);
                }
            }

            return stage;
        }
        catch (Exception exception)
        {
            stage.Dispose();
            throw exception is PersonaException or GrammarException or SnapshotException or ArgumentException
                ? new StageSaveException(name, $"it does not fit: {exception.Message}", exception)
                : exception is StageSaveException ? exception : new StageSaveException(name, "it cannot be read", exception);
        }
    }

    private void Read(SaveReader save, string name)
    {
        if (save.Int32() != Magic)
        {
            throw save.Failure("this is no saved stage");
        }

        int version = save.Int32();
        if (version != Version)
        {
            throw save.Failure($"version {version} is not supported (supported: {Version})");
        }

        Span<byte> hash = stackalloc byte[Model.ContentHash.Length];
        save.Bytes(hash);
        if (!hash.SequenceEqual(Model.ContentHash))
        {
            throw save.Failure("the stage was saved with another model");
        }

        _seed = (ulong)save.Int64();
        _ticks = save.Int64(0, MostTicks, "the number of ticks");
        _now = _ticks;
        _opened = save.Int32(0, MostCount, "the number of opened talks");
        RestoredGrammars grammars = new(this);
        for (int i = save.Int32(0, MostNpcs, "the number of characters"); i > 0; i--)
        {
            Persona persona = Persona.Read(save.Block(Persona.LargestFile, "the length of a persona"), $"{name}, character {_npcs.Count}");
            Npc npc = new(this, persona, _npcs.Count);
            _npcs.Add(npc);
            float distance = save.Single();
            npc.Distance = distance >= 0 ? distance : throw save.Failure($"a distance is {distance}");
        }

        Dictionary<int, Talk> sides = [];
        for (int i = save.Int32(0, MostTalks / 2, "the number of exchanges"); i > 0; i--)
        {
            ReadExchange(save, sides);
        }

        for (int i = save.Int32(0, MostTalks, "the number of talks"); i > 0; i--)
        {
            ReadTalk(save, sides, grammars);
        }

        if (_exchanges.Count * 2 != _talks.Count(talk => talk.Exchange is not null))
        {
            throw save.Failure("an exchange has a side that is missing");
        }

        foreach (Exchange exchange in _exchanges)
        {
            CheckTurns(save, exchange);
        }

        save.End();
    }

    private void ReadExchange(SaveReader save, Dictionary<int, Talk> sides)
    {
        Npc first = ReadNpc(save);
        Npc second = ReadNpc(save);
        int firstNumber = save.Int32(0, _opened - 1, "the number of a talk");
        int secondNumber = save.Int32(0, _opened - 1, "the number of a talk");
        ulong firstSeed = ReadSeed(save, firstNumber);
        ulong secondSeed = ReadSeed(save, secondNumber);
        if (first == second || firstNumber + 1 != secondNumber)
        {
            throw save.Failure("an exchange has one side twice, or sides that were not opened together");
        }

        Exchange exchange = new(this, first, firstNumber, firstSeed, second, secondNumber, secondSeed)
        {
            LinesLeft = save.Int32(0, int.MaxValue, "the lines of an exchange"),
            IsHeard = save.Boolean("whether an exchange is heard"),
        };
        int next = save.Int32(0, 2, "whose turn it is in an exchange");
        exchange.Next = next == 1 ? exchange.FirstSide : next == 2 ? exchange.SecondSide : null;
        if (!sides.TryAdd(firstNumber, exchange.FirstSide) || !sides.TryAdd(secondNumber, exchange.SecondSide))
        {
            throw save.Failure("an exchange has the same side as another");
        }

        _exchanges.Add(exchange);
    }

    /// <summary>One of the two at most answers or is about to, a line that it has heard.</summary>
    private static void CheckTurns(SaveReader save, Exchange exchange)
    {
        Talk? next = exchange.Next;
        bool isBusy = exchange.FirstSide.IsBusy || exchange.SecondSide.IsBusy;
        if ((exchange.FirstSide.IsBusy && exchange.SecondSide.IsBusy)
            || (next is not null && (isBusy || exchange.LinesLeft == 0 || !HasHeard(next))))
        {
            throw save.Failure("an exchange has a turn that nobody can take");
        }

        if (next is null && !isBusy)
        {
            exchange.LinesLeft = 0; // nobody is left to say them
        }
    }

    /// <summary>Whether the last line of a talk is one that its character heard and has in its prompt.</summary>
    private static bool HasHeard(Talk talk) =>
        talk.Log.Turns is [.., { Kind: TurnKind.Heard }] && talk.Log.WindowStart < talk.Log.Turns.Length;

    private Npc ReadNpc(SaveReader save) => _npcs[save.Int32(0, _npcs.Count - 1, "the number of a character")];

    private ulong ReadSeed(SaveReader save, int number)
    {
        ulong seed = (ulong)save.Int64();
        return seed == SeedOf(number) ? seed : throw save.Failure($"talk {number} has a seed that is not the stage's");
    }

    private void ReadTalk(SaveReader save, Dictionary<int, Talk> sides, RestoredGrammars grammars)
    {
        int number = save.Int32(0, _opened - 1, "the number of a talk");
        Npc npc = ReadNpc(save);
        string partner = save.Text(LongestSavedText, "a partner's name");
        ulong seed = ReadSeed(save, number);
        if (string.IsNullOrWhiteSpace(partner) || !Personas.PersonaRules.IsName(partner))
        {
            throw save.Failure("a partner's name is blank, too long, or not one line");
        }

        Talk talk = sides.GetValueOrDefault(number) ?? new Talk(npc, partner, seed, number, null);
        if (talk.Npc != npc || talk.Partner != partner || (_talks.Count > 0 && _talks[^1].Number >= number))
        {
            throw save.Failure("talks are not in order, or not those of their exchanges");
        }

        talk.RestoreSummary(save.Text(LongestSavedText, "a summary"));
        talk.Phase = save.Enumeration<TalkState>("the state of a talk");
        talk.End = save.Enumeration<TalkEnd>("the end of an answer");
        talk.Answers = save.Int32(talk.IsBusy ? 1 : 0, MostCount, "the number of answers");
        talk.Since = save.Int64(0, _ticks + 1, "the tick of an answer");
        talk.WasSuspended = save.Boolean("whether an answer was suspended");
        if (talk.IsBusy != (talk.End == TalkEnd.None) && talk.Answers > 0)
        {
            throw save.Failure("an answer under way has ended, or one that has ended does not say how");
        }

        ReadLog(save, talk);
        if (talk.IsBusy && !HasHeard(talk))
        {
            throw save.Failure("a character answers a line that nobody said");
        }

        talk.PromptTokens = save.Int32(0, Model.Config.ContextLength, "the tokens before an answer");
        talk.ProducedBytes = save.Int32(0, LongestAnswer, "the bytes of an answer");
        talk.SkippedBytes = save.Int32(0, talk.ProducedBytes, "the skipped bytes of an answer");
        talk.ReadBytes = save.Int32(0, LongestAnswer, "the read bytes of an answer");
        byte[] unread = save.Block(Talk.OutputCapacity, "the length of unread text");
        if (!System.Text.Unicode.Utf8.IsValid(unread) || (unread.Length > 0 && unread.Length > talk.ShowableBytes - talk.ReadBytes))
        {
            throw save.Failure("unread text is more than an answer has left, or not valid UTF-8");
        }

        talk.Output.TryAppend(unread);
        talk.Request = ReadRequest(save, talk, grammars);
        ReadSession(save, talk);
        _talks.Add(talk);
    }

    private void ReadLog(SaveReader save, Talk talk)
    {
        int windowStart = save.Int32(0, TalkLog.MostTurns, "the first turn of a prompt");
        int count = save.Int32(windowStart, TalkLog.MostTurns, "the number of turns");
        List<LoggedTurn> turns = [];
        List<int> ids = [];
        long before = 0;
        for (int i = 0; i < count; i++)
        {
            TurnKind kind = save.Enumeration<TurnKind>("the kind of a turn");
            int textStart = save.Int32();
            int textLength = save.Int32();
            before = save.Int64(before, _ticks + 1, "the tick of a turn");
            int[] tokens = save.Ids(talk.Log.Capacity - ids.Count, Model.Config.VocabularySize, "the length of a turn");
            int bytes = _texts.Decode(tokens).Length;
            if (textStart < 0 || textLength < 0 || textStart > bytes - textLength)
            {
                throw save.Failure($"a line of {textLength} bytes at {textStart} is not within its turn of {bytes} bytes");
            }

            turns.Add(new LoggedTurn(kind, ids.Count, tokens.Length, textStart, textLength, before));
            ids.AddRange(tokens);
        }

        if (!talk.Log.TryRestore([.. turns], [.. ids], windowStart))
        {
            throw save.Failure("the turns of a talk are longer than any");
        }
    }

    private AnswerRequest ReadRequest(SaveReader save, Talk talk, RestoredGrammars grammars)
    {
        RequestKind kind = save.Enumeration<RequestKind>("the kind of an answer");
        bool isAside = save.Boolean("whether an answer is an aside");
        if (kind == RequestKind.None != (talk.Phase == TalkState.Idle))
        {
            throw save.Failure("a talk is busy without an answer, or idle with one");
        }

        if (kind is RequestKind.None or RequestKind.Free ? isAside : talk.Exchange is not null)
        {
            throw save.Failure("an answer is one that nobody can ask for");
        }

        if (kind == RequestKind.Grammar)
        {
            return grammars.Read(save) with { IsAside = isAside };
        }

        if (kind != RequestKind.Choice)
        {
            return AnswerRequest.Free;
        }

        List<string> options = [];
        for (int i = save.Int32(2, Grammar.MostParts, "the number of options"); i > 0; i--)
        {
            options.Add(save.Text(Talk.OutputCapacity, "an option"));
        }

        return RequestChoice(options, isAside);
    }

    /// <summary>
    /// Reads an answer under way, which goes on when there is room for it, or computed keys and values, which are dropped where there is none.
    /// </summary>
    private void ReadSession(SaveReader save, Talk talk)
    {
        byte[] snapshot = save.Block(int.MaxValue, "the length of a session");
        bool isAnswer = IsAnswerUnderWay(talk.Phase, talk.Request);
        if (isAnswer && (snapshot.Length == 0 || _sessions.Available == 0))
        {
            throw save.Failure(snapshot.Length == 0 ? "an answer under way has no session"
                : $"it has more answers under way than the engine has sequences ({_options.Engine.MaxSequences}): raise MaxSequences");
        }

        if (talk.IsBusy)
        {
            talk.Phase = isAnswer ? TalkState.Suspended : TalkState.Waiting;
        }

        if (snapshot.Length == 0 || _sessions.Available == 0)
        {
            return;
        }

        using MemoryStream stream = new(snapshot);
        GptSession session = _engine.Restore(stream, talk.Npc.Persona.Sampling, talk.Request.Options ?? talk.Npc.Options, $"talk {talk.Number}");
        session.PassInterval = 0;
        talk.Session = session;
        if (isAnswer)
        {
            CheckAnswer(save, talk, session);
        }
    }

    private void CheckAnswer(SaveReader save, Talk talk, GptSession session)
    {
        ReadOnlySpan<int> answer = session.AnswerTokens;
        int most = MostAnswerTokens(talk, talk.Request);
        if (session.Tokens.Length - answer.Length != talk.PromptTokens || answer.Length > most
            || talk.PromptTokens < 1 || talk.PromptTokens + most > Model.Config.ContextLength)
        {
            throw save.Failure("an answer under way does not begin where its prompt ends, or is longer than it can be");
        }

        ReadOnlySpan<byte> text = _texts.Decode(answer, session.Tokens[Math.Max(0, talk.PromptTokens - 1)]);
        int blank = text.Length - text.TrimStart(" \t\r\n"u8).Length;
        if (talk.ProducedBytes > AnswerText.ShownLength(text)
            || talk.SkippedBytes > (talk.Request.Grammar is null ? blank : Math.Min(text.Length, Prompts.LeadBytes)))
        {
            throw save.Failure("an answer under way has less text than was taken of it");
        }
    }

    /// <summary>
    /// The grammars of a save: equal ones are compiled once, and all together may take the work of <see cref="MostGrammars"/> that take all they may.
    /// </summary>
    private sealed class RestoredGrammars(DialogueStage stage)
    {
        private const int MostGrammars = 4;

        private readonly GrammarWork _work = new(MostGrammars);
        private readonly Dictionary<string, AnswerRequest> _known = new(StringComparer.Ordinal);

        public AnswerRequest Read(SaveReader save)
        {
            Grammar grammar = GrammarForm.Read(save);
            string form = GrammarForm.Key(grammar);
            if (!_known.TryGetValue(form, out AnswerRequest request))
            {
                request = stage.RequestGrammar(grammar, isAside: false, new GrammarWork(whole: _work));
                _known.Add(form, request);
            }

            return request;
        }
    }
}
