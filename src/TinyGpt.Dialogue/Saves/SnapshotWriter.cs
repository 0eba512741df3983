using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Scheduling;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Saves;

/// <summary>Writes a stage in the layout of <see cref="SaveFormat"/>.</summary>
internal static class SnapshotWriter
{
    /// <exception cref="InvalidOperationException">Answers within more constraints are under way than a save can hold.</exception>
    /// <param name="destination">Where to; stays open.</param>
    /// <param name="model">The model that speaks.</param>
    /// <param name="roster">The characters and talks of the stage.</param>
    /// <param name="ticks">Ticks so far.</param>
    /// <param name="keysAndValues">Whether computed keys and values are saved too.</param>
    public static void Write(Stream destination, GptModel model, Roster roster, long ticks, bool keysAndValues)
    {
        SavedConstraints.Check(roster.Runs);
        SaveWriter save = new(destination);
        save.Int32(SaveFormat.Magic);
        int version = roster.Runs.Exists(static run => run.Request.Constraint is not null || run.Calls is { Count: > 0 })
            || roster.Characters.Exists(static character => character.Request.Actions is not null) ? SaveFormat.Version : 1;
        save.Int32(version);
        save.Bytes(model.ContentHash);
        save.Int64((long)roster.Seed);
        save.Int64(ticks);
        save.Int32(roster.Opened);
        save.Int32(roster.Characters.Count);
        foreach (StageCharacter character in roster.Characters)
        {
            using MemoryStream persona = new();
            character.Card.Changed().Write(persona);
            save.Block(persona.ToArray());
            save.Single(character.Distance);
            if (version > 1)
            {
                save.Text(ActionText.Write(character.Request.Actions?.Actions));
            }
        }

        save.Int32(roster.Exchanges.Count);
        foreach (ExchangeTurns exchange in roster.Exchanges)
        {
            WriteExchange(save, exchange);
        }

        save.Int32(roster.Runs.Count);
        foreach (AnswerRun run in roster.Runs)
        {
            WriteTalk(save, run.Talk);
            WriteState(save, run);
            WriteLog(save, run.Talk.Log);
            WriteText(save, run);
            WriteRequest(save, run);
            WriteSession(save, run, keysAndValues);
            if (version > 1)
            {
                SavedActions.Write(save, run.Calls);
            }
        }

        save.End();
    }

    private static void WriteExchange(SaveWriter save, ExchangeTurns exchange)
    {
        TalkRecord first = exchange.First.Talk;
        TalkRecord second = exchange.Second.Talk;
        save.Int32(first.Card.Number);
        save.Int32(second.Card.Number);
        save.Int32(first.Number);
        save.Int32(second.Number);
        save.Int64((long)first.Seed);
        save.Int64((long)second.Seed);
        save.Int32(exchange.LinesLeft);
        save.Boolean(exchange.IsHeard);
        save.Int32(exchange.Next == exchange.First ? 1 : exchange.Next == exchange.Second ? 2 : 0);
    }

    private static void WriteTalk(SaveWriter save, TalkRecord talk)
    {
        save.Int32(talk.Number);
        save.Int32(talk.Card.Number);
        save.Text(talk.Partner);
        save.Int64((long)talk.Seed);
        save.Text(talk.Summary);
    }

    private static void WriteLog(SaveWriter save, TalkLog log)
    {
        save.Int32(log.WindowStart);
        save.Int32(log.Turns.Length);
        foreach (LoggedTurn turn in log.Turns)
        {
            save.Int32((int)turn.Kind);
            save.Int32(turn.TextStart);
            save.Int32(turn.TextLength);
            save.Int64(turn.Tick);
            save.Ids(log.Ids(turn));
        }
    }

    private static void WriteState(SaveWriter save, AnswerRun run)
    {
        save.Int32((int)run.State);
        save.Int32((int)run.End);
        save.Int32(run.Answers);
        save.Int64(run.Since);
        save.Boolean(run.WasSuspended);
    }

    private static void WriteText(SaveWriter save, AnswerRun run)
    {
        save.Int32(run.PromptTokens);
        save.Int32(run.ProducedBytes);
        save.Int32(run.SkippedBytes);
        save.Int32(run.ReadBytes);
        save.Block(run.CopyUnread());
    }

    private static void WriteRequest(SaveWriter save, AnswerRun run)
    {
        AnswerRequest request = run.Request;
        save.Int32((int)(!run.IsBusy ? SaveFormat.RequestKind.None
            : request.Choice is not null ? SaveFormat.RequestKind.Choice
            : request.Actions is not null ? SaveFormat.RequestKind.Actions
            : request.Constraint is not null ? SaveFormat.RequestKind.Constraint
            : request.Grammar is not null ? SaveFormat.RequestKind.Grammar
            : SaveFormat.RequestKind.Free));
        save.Boolean(request.IsAside);
        if (request.Grammar is not null)
        {
            GrammarForm.Write(save, request.Grammar);
        }

        if (request.Actions is { } actions)
        {
            save.Text(ActionText.Write(actions.Actions));
            save.Int32(request.Options!.MaxNewTokens);
        }
        else if (request.Constraint is not null)
        {
            SavedConstraints.Write(save, request);
        }

        if (request.Choice is { } choice)
        {
            save.Int32(choice.Result.Options.Count);
            foreach (string option in choice.Result.Options)
            {
                save.Text(option);
            }
        }
    }

    private static void WriteSession(SaveWriter save, AnswerRun run, bool keysAndValues)
    {
        if (run.Session is { } session && (keysAndValues || SaveFormat.NeedsSession(run.State, run.Request)))
        {
            using MemoryStream snapshot = new();
            session.Save(snapshot, keysAndValues);
            save.Block(snapshot.GetBuffer().AsSpan(0, (int)snapshot.Length));
        }
        else
        {
            save.Block([]);
        }
    }
}
