using TinyGpt.Dialogue.Saves;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue;

/// <summary>
/// Saving a stage. The layout, little-endian: magic <c>TGST</c>, version 1, the model's content hash (32 bytes), the
/// seed, the ticks, the number of opened talks; the characters as personas with what the game changed; the exchanges; the talks; and the
/// SHA-256 of everything before it. Texts and blocks begin with their length.
/// </summary>
public sealed partial class DialogueStage
{
    private const int Magic = 0x54534754;
    private const int Version = 1;
    private const int LongestSavedText = 1 << 16;

    private enum RequestKind
    {
        None,
        Free,
        Grammar,
        Choice,
    }

    /// <summary>
    /// Saves the stage: characters with their cards and moods, talks with all their tokens and seeds, unread text, and answers under way.
    /// What was asked for since the last tick is done first. Can be called between any two ticks, and while the stage runs in the background.
    /// Waits for a tick or a pass under way, and has everybody else wait until all is written. Allocates. Listeners and prepared grammars are not
    /// saved.
    /// </summary>
    /// <param name="destination">Where to, a game's save stream for instance; written from its position and left open. Need not seek.</param>
    /// <param name="keysAndValues">Whether computed keys and values are saved too: much larger, but nothing has to be read again.</param>
    /// <exception cref="ArgumentNullException">The stream is null.</exception>
    /// <exception cref="IOException">The stream cannot be written; the stage is unharmed.</exception>
    /// <exception cref="NotSupportedException">The stream is not one to write to; the stage is unharmed.</exception>
    /// <exception cref="InvalidOperationException">A listener calls: save when the tick is over.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Save(Stream destination, bool keysAndValues = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        RefuseListener();
        lock (_ticking)
        {
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _now = _ticks + 1;
                ApplyInputs();
                SaveWriter save = new(destination);
                save.Int32(Magic);
                save.Int32(Version);
                save.Bytes(Model.ContentHash);
                save.Int64((long)_seed);
                save.Int64(_ticks);
                save.Int32(_opened);
                save.Int32(_npcs.Count);
                foreach (Npc npc in _npcs)
                {
                    using MemoryStream persona = new();
                    npc.Changed().Write(persona);
                    save.Block(persona.ToArray());
                    save.Single(npc.Distance);
                }

                save.Int32(_exchanges.Count);
                foreach (Exchange exchange in _exchanges)
                {
                    WriteExchange(save, exchange);
                }

                save.Int32(_talks.Count);
                foreach (Talk talk in _talks)
                {
                    WriteTalk(save, talk, keysAndValues);
                }

                save.End();
            }
        }
    }

    private static void WriteExchange(SaveWriter save, Exchange exchange)
    {
        save.Int32(exchange.First.Number);
        save.Int32(exchange.Second.Number);
        save.Int32(exchange.FirstSide.Number);
        save.Int32(exchange.SecondSide.Number);
        save.Int64((long)exchange.FirstSide.Seed);
        save.Int64((long)exchange.SecondSide.Seed);
        save.Int32(exchange.LinesLeft);
        save.Boolean(exchange.IsHeard);
        save.Int32(exchange.Next == exchange.FirstSide ? 1 : exchange.Next == exchange.SecondSide ? 2 : 0);
    }

    private static void WriteTalk(SaveWriter save, Talk talk, bool keysAndValues)
    {
        save.Int32(talk.Number);
        save.Int32(talk.Npc.Number);
        save.Text(talk.Partner);
        save.Int64((long)talk.Seed);
        save.Text(talk.Summary);
        save.Int32((int)talk.Phase);
        save.Int32((int)talk.End);
        save.Int32(talk.Answers);
        save.Int64(talk.Since);
        save.Boolean(talk.WasSuspended);
        save.Int32(talk.Log.WindowStart);
        save.Int32(talk.Log.Turns.Length);
        foreach (LoggedTurn turn in talk.Log.Turns)
        {
            save.Int32((int)turn.Kind);
            save.Int32(turn.TextStart);
            save.Int32(turn.TextLength);
            save.Int64(turn.Tick);
            save.Ids(talk.Log.Ids(turn));
        }

        save.Int32(talk.PromptTokens);
        save.Int32(talk.ProducedBytes);
        save.Int32(talk.SkippedBytes);
        save.Int32(talk.ReadBytes);
        save.Block(Unread(talk));
        WriteRequest(save, talk);
        bool isAnswer = IsAnswerUnderWay(talk.Phase, talk.Request);
        if (talk.Session is { } session && (isAnswer || keysAndValues))
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

    private static bool IsAnswerUnderWay(TalkState phase, in AnswerRequest request) =>
        phase is TalkState.Answering or TalkState.Suspended && request.Choice is null;

    /// <summary>The unread text, which is put back after it was read.</summary>
    private static byte[] Unread(Talk talk)
    {
        byte[] text = new byte[talk.Output.Pending];
        if (text.Length > 0)
        {
            talk.Output.TryRead(text, out int written);
            Array.Resize(ref text, written);
            talk.Output.TryAppend(text);
        }

        return text;
    }

    private static void WriteRequest(SaveWriter save, Talk talk)
    {
        AnswerRequest request = talk.Request;
        save.Int32((int)(!talk.IsBusy ? RequestKind.None : request.Choice is not null ? RequestKind.Choice
            : request.Grammar is not null ? RequestKind.Grammar : RequestKind.Free));
        save.Boolean(request.IsAside);
        if (request.Grammar is not null)
        {
            GrammarForm.Write(save, request.Grammar);
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
}
