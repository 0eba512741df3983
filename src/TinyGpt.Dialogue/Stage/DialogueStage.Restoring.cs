using TinyGpt.Dialogue.Saves;
using TinyGpt.Dialogue.Talks;
using TinyGpt.Kernels;

namespace TinyGpt.Dialogue;

/// <summary>Making a stage of a save, which may be damaged.</summary>
public sealed partial class DialogueStage
{
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
    /// The save is damaged, belongs to another model, or does not fit the options, or the stream cannot be read.
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
            using SaveReader save = new(source, name);
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
        _ticks = save.Int64();
        _now = _ticks;
        _opened = save.Int32(0, int.MaxValue, "the number of opened talks");
        for (int i = save.Int32(0, MostNpcs, "the number of characters"); i > 0; i--)
        {
            Persona persona = Persona.Read(save.Block(Persona.LargestFile, "the length of a persona"), $"{name}, character {_npcs.Count}");
            Npc npc = new(this, persona, _npcs.Count);
            _npcs.Add(npc);
            float distance = save.Single();
            npc.Distance = distance >= 0 ? distance : throw save.Failure($"a distance is {distance}");
        }

        Dictionary<int, Talk> sides = [];
        for (int i = save.Int32(0, MostTalks, "the number of exchanges"); i > 0; i--)
        {
            ReadExchange(save, sides);
        }

        for (int i = save.Int32(0, MostTalks, "the number of talks"); i > 0; i--)
        {
            ReadTalk(save, sides);
        }

        if (_exchanges.Count * 2 != _talks.Count(talk => talk.Exchange is not null))
        {
            throw save.Failure("an exchange has a side that is missing");
        }

        save.End();
    }

    private void ReadExchange(SaveReader save, Dictionary<int, Talk> sides)
    {
        Npc first = ReadNpc(save);
        Npc second = ReadNpc(save);
        int firstNumber = save.Int32(0, _opened - 1, "the number of a talk");
        int secondNumber = save.Int32(0, _opened - 1, "the number of a talk");
        Exchange exchange = new(this, first, firstNumber, (ulong)save.Int64(), second, secondNumber, (ulong)save.Int64())
        {
            LinesLeft = save.Int32(0, int.MaxValue, "the lines of an exchange"),
            IsHeard = save.Boolean("whether an exchange is heard"),
        };
        int next = save.Int32(0, 2, "whose turn it is in an exchange");
        exchange.Next = next == 1 ? exchange.FirstSide : next == 2 ? exchange.SecondSide : null;
        if (first == second || !sides.TryAdd(firstNumber, exchange.FirstSide) || !sides.TryAdd(secondNumber, exchange.SecondSide))
        {
            throw save.Failure("an exchange has the same side as another, or twice");
        }

        _exchanges.Add(exchange);
    }

    private Npc ReadNpc(SaveReader save) => _npcs[save.Int32(0, _npcs.Count - 1, "the number of a character")];

    private void ReadTalk(SaveReader save, Dictionary<int, Talk> sides)
    {
        int number = save.Int32(0, _opened - 1, "the number of a talk");
        Npc npc = ReadNpc(save);
        string partner = save.Text(LongestSavedText, "a partner's name");
        ulong seed = (ulong)save.Int64();
        Talk talk = sides.GetValueOrDefault(number) ?? new Talk(npc, partner, seed, number, null);
        if (talk.Npc != npc || talk.Seed != seed || (_talks.Count > 0 && _talks[^1].Number >= number))
        {
            throw save.Failure("talks are not in order, or not those of their exchanges");
        }

        talk.RestoreSummary(save.Text(LongestSavedText, "a summary"));
        talk.Phase = save.Enumeration<TalkState>("the state of a talk");
        talk.End = save.Enumeration<TalkEnd>("the end of an answer");
        talk.Answers = save.Int32(0, int.MaxValue, "the number of answers");
        talk.Since = save.Int64();
        talk.WasSuspended = save.Boolean("whether an answer was suspended");
        ReadLog(save, talk);
        talk.PromptTokens = save.Int32(0, Model.Config.ContextLength, "the tokens before an answer");
        talk.ProducedBytes = save.Int32(0, int.MaxValue, "the bytes of an answer");
        talk.SkippedBytes = save.Int32(0, talk.ProducedBytes, "the skipped bytes of an answer");
        talk.ReadBytes = save.Int32(0, int.MaxValue, "the read bytes of an answer");
        byte[] unread = save.Block(Talk.OutputCapacity, "the length of unread text");
        talk.Output.TryAppend(unread);
        talk.Request = ReadRequest(save, talk);
        ReadSession(save, talk);
        if (talk.IsBusy && talk.Log.Turns is not [.., { Kind: TurnKind.Heard }])
        {
            throw save.Failure("a character answers a line that nobody said");
        }

        _talks.Add(talk);
    }

    private void ReadLog(SaveReader save, Talk talk)
    {
        int windowStart = save.Int32(0, TalkLog.MostTurns, "the first turn of a prompt");
        int count = save.Int32(windowStart, TalkLog.MostTurns, "the number of turns");
        List<LoggedTurn> turns = [];
        List<int> ids = [];
        for (int i = 0; i < count; i++)
        {
            TurnKind kind = save.Enumeration<TurnKind>("the kind of a turn");
            int textStart = save.Int32();
            int textLength = save.Int32();
            long tick = save.Int64();
            int[] tokens = save.Ids(talk.Log.Capacity, Model.Config.VocabularySize, "the length of a turn");
            int bytes = _texts.Decode(tokens).Length;
            if (textStart < 0 || textLength < 0 || textStart > bytes - textLength)
            {
                throw save.Failure($"a line of {textLength} bytes at {textStart} is not within its turn of {bytes} bytes");
            }

            turns.Add(new LoggedTurn(kind, ids.Count, tokens.Length, textStart, textLength, tick));
            ids.AddRange(tokens);
        }

        if (!talk.Log.TryRestore([.. turns], [.. ids], windowStart))
        {
            throw save.Failure("the turns of a talk are longer than any");
        }
    }

    private AnswerRequest ReadRequest(SaveReader save, Talk talk)
    {
        RequestKind kind = save.Enumeration<RequestKind>("the kind of an answer");
        bool isAside = save.Boolean("whether an answer is an aside");
        if (kind == RequestKind.None != (talk.Phase == TalkState.Idle))
        {
            throw save.Failure("a talk is busy without an answer, or idle with one");
        }

        if (kind == RequestKind.Grammar)
        {
            return RequestGrammar(GrammarForm.Read(save), isAside);
        }

        if (kind != RequestKind.Choice)
        {
            return AnswerRequest.Free with { IsAside = isAside };
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
        if (isAnswer && (session.Tokens.Length < talk.PromptTokens || session.Tokens.Length - session.AnswerTokens.Length != talk.PromptTokens))
        {
            throw save.Failure("an answer under way does not begin where its prompt ends");
        }
    }
}
