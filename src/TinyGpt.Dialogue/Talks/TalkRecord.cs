using System.Text;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Talks;

/// <summary>
/// What was said in one talk, as its character remembers it: the turns, the summary of what was before, and how a prompt is put together of them.
/// Knows nothing of answers under way. Not thread-safe.
/// </summary>
internal sealed class TalkRecord
{
    private readonly PromptWriter _prompts;

    public TalkRecord(PromptWriter prompts, CharacterCard card, string partner, ulong seed, int number)
    {
        _prompts = prompts;
        Card = card;
        Partner = partner;
        Seed = seed;
        Number = number;
        Heard = prompts.HeardFrame(card.Name, partner);
        Log = new TalkLog(2 * prompts.ContextLength);
    }

    /// <summary>The character that answers.</summary>
    public CharacterCard Card { get; }

    /// <summary>The character's talk partner.</summary>
    public string Partner { get; }

    public ulong Seed { get; }

    /// <summary>The talk's number on its stage, in the order in which talks were opened.</summary>
    public int Number { get; }

    /// <summary>The text around a line that the character hears.</summary>
    public HeardFrame Heard { get; }

    public TalkLog Log { get; }

    public string Summary { get; private set; } = "";

    public int[] SummaryIds { get; private set; } = [];

    /// <summary>Whether the last turn is a line that the character heard and has in its prompt.</summary>
    public bool EndsWithHeardLine => Log.Turns is [.., { Kind: TurnKind.Heard }] && Log.WindowStart < Log.Turns.Length;

    private ReadOnlySpan<int> Start => Card.Persona.Examples.Count > 0 ? [] : _prompts.TalkStart;

    /// <summary>Tokens of a prompt that are there whatever was said.</summary>
    private int FixedTokens => Card.Prefix.Length + Start.Length + SummaryIds.Length + Card.AnswerStart.Length;

    /// <summary>Tokens that all turns of a prompt may have beside an answer.</summary>
    public int RoomBeside(int answerTokens) => _prompts.ContextLength - FixedTokens - answerTokens;

    /// <summary>The tokens of a summary.</summary>
    /// <exception cref="ArgumentException">It cannot be written with the model's vocabulary.</exception>
    public int[] EncodeSummary(string summary) => _prompts.Summary(summary, Heard.Marks);

    /// <exception cref="ArgumentException">With the summary there is no room for a line and an answer.</exception>
    public void SetSummary(string summary, int[] ids)
    {
        int room = RoomBeside(Card.Persona.MaxAnswerTokens) + SummaryIds.Length - PromptWriter.MinLineTokens;
        if (ids.Length > room)
        {
            throw new ArgumentException(
                $"The summary takes {ids.Length} tokens, and beside the card of {Card.Name}, a line and an answer the context has room for "
                + $"{Math.Max(0, room)}: shorten it.",
                nameof(summary));
        }

        (Summary, SummaryIds) = (summary, ids);
    }

    /// <summary>Takes a summary from a save. The card may have grown since it was set, so whether there is room shows with the next line.</summary>
    /// <exception cref="ArgumentException">It cannot be written with the model's vocabulary.</exception>
    public void RestoreSummary(string summary) => (Summary, SummaryIds) = (summary, EncodeSummary(summary));

    public void AddHeard(ReadOnlySpan<int> ids, int textLength, long tick) =>
        Log.Add(TurnKind.Heard, ids, [], [], Heard.Before.Length, textLength, tick);

    /// <summary>Adds a line that the character said.</summary>
    /// <param name="tokens">Tokens after the start of the answer.</param>
    /// <param name="rest">Tokens after those.</param>
    /// <param name="leadBytes">Bytes of their text that were not shown.</param>
    /// <param name="textLength">Bytes of the line.</param>
    /// <param name="tick">When it was said to the end.</param>
    public void AddSaid(ReadOnlySpan<int> tokens, ReadOnlySpan<int> rest, int leadBytes, int textLength, long tick) =>
        Log.Add(TurnKind.Said, Card.AnswerStart, tokens, rest, Card.AnswerStartBytes + leadBytes, textLength, tick);

    /// <summary>Forgets the last turn.</summary>
    public void ForgetLast() => Log.Truncate(Log.Turns.Length - 1);

    /// <summary>Shortens the last line, if the character said it, to what was shown of it; to nothing where nothing was.</summary>
    public void ShortenLast(int shown, AnswerText texts, Span<int> scratch, long tick)
    {
        if (Log.Turns is not [.., { Kind: TurnKind.Said } turn])
        {
            return;
        }

        // The start of the answer is the one that it was said with: the stage may have been restored with another layout since.
        ReadOnlySpan<int> ids = Log.Ids(turn);
        int frame = texts.CountWithin(ids, ids[0], turn.TextStart, out int frameBytes);
        int lead = turn.TextStart - frameBytes;
        int kept = texts.Cut(ids[frame..], ids[Math.Max(0, frame - 1)], lead + shown, scratch, out int rest, out int bytes);
        ForgetLast();
        if (shown > 0)
        {
            // The log takes its own tokens back in their old place.
            Log.Add(TurnKind.Said, ids[..frame], ids.Slice(frame, kept), scratch[..rest], turn.TextStart, Math.Max(0, bytes - lead), tick);
        }
    }

    /// <summary>Puts a prompt together, and takes older turns out of it where it would be too long.</summary>
    /// <returns>Its length, or -1 if there is no room even for the last turn.</returns>
    public int WritePrompt(Span<int> prompt, int answerTokens)
    {
        int room = RoomBeside(answerTokens);
        if (Log.WindowTokens > room)
        {
            // Half of the room, so that it takes a while until everything has to be read again.
            Log.ShrinkWindow(room / 2);
        }

        if (Log.WindowTokens > room)
        {
            return -1;
        }

        int length = 0;
        Append(Card.Prefix, prompt, ref length);
        Append(SummaryIds, prompt, ref length);
        Append(Start, prompt, ref length);
        Append(Log.WindowIds, prompt, ref length);
        Append(Card.AnswerStart, prompt, ref length);
        return length;
    }

    /// <summary>The lines, the oldest first.</summary>
    public List<TranscriptLine> Transcript(AnswerText texts)
    {
        List<TranscriptLine> lines = [];
        for (int i = 0; i < Log.Turns.Length; i++)
        {
            LoggedTurn turn = Log.Turns[i];
            string speaker = turn.Kind == TurnKind.Said ? Card.Name : Partner;
            lines.Add(new TranscriptLine(speaker, Encoding.UTF8.GetString(TextOf(turn, texts)), turn.Tick, i >= Log.WindowStart));
        }

        return lines;
    }

    /// <summary>The text of a line. Valid until the next use of <paramref name="texts"/>.</summary>
    public ReadOnlySpan<byte> TextOf(in LoggedTurn turn, AnswerText texts) =>
        texts.Decode(Log.Ids(turn)).Slice(turn.TextStart, turn.TextLength);

    private static void Append(ReadOnlySpan<int> ids, Span<int> prompt, ref int length)
    {
        ids.CopyTo(prompt[length..]);
        length += ids.Length;
    }
}
