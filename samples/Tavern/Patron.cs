using TinyGpt.Dialogue;
using TinyGpt.Tavern;

namespace TinyGpt.Samples.Tavern;

/// <summary>One of the folk: walks from seat to seat, and says what its voice gives it.</summary>
internal sealed class Patron
{
    /// <summary>Frames that a line stays in the air when it is over: two seconds and a half.</summary>
    public const int LingeringFrames = 150;

    // Speech goes at four characters in six frames, some forty a second. Text is read from the talk when it is shown and not before, so
    // that an interrupted character has said exactly what could be read.
    private const int SpeechFrames = 6;
    private const int SpeechBytes = 4;
    private const int FramesPerStep = 7;

    private readonly TalkPanel _panel;
    private string _line = "";
    private int _linePosition;
    private Talk? _voice;
    private int _frame;

    public Patron(DialogueStage stage, TavernCard card, TalkPanel panel)
    {
        _panel = panel;
        Npc = stage.Add(PersonaOf(card));
        Npc.Prepare();
        Talk = stage.Open(Npc);
        Questions = QuestionsFor(card);
    }

    /// <summary>The character on the stage.</summary>
    public Npc Npc { get; }

    /// <summary>The talk with the player.</summary>
    public Talk Talk { get; }

    /// <summary>What others can ask the patron.</summary>
    public IReadOnlyList<string> Questions { get; }

    public int X { get; private set; }

    public int Y { get; private set; }

    /// <summary>The column where the patron's name begins, by which it is drawn.</summary>
    public int NameColumn => X - (Npc.Name.Length / 2);

    /// <summary>Where the patron sits or is going: a number in <see cref="Room.Seats"/>.</summary>
    public int Seat { get; set; }

    /// <summary>Whether the patron has arrived at its seat.</summary>
    public bool IsSeated => Room.Seats[Seat].X == X && Room.Seats[Seat].Y == Y;

    /// <summary>Whether the patron's bubble would hide the guests at the bar.</summary>
    public bool IsBehindBar => IsSeated && Seat == Room.InnkeepersSeat;

    /// <summary>The column of the table at which the patron sits, above which it speaks; null for the bar and on the way.</summary>
    public int? TableColumn => IsSeated ? Room.ColumnOf(Room.Seats[Seat].Table) : null;

    /// <summary>Frames since the patron's last talk.</summary>
    public int IdleFrames { get; set; }

    /// <summary>What the patron says or has just said.</summary>
    public Utterance? Said { get; private set; }

    /// <summary>Frames since the last word.</summary>
    public int SilentFrames { get; private set; }

    /// <summary>Whether a line of the game's own is not yet spoken to its end.</summary>
    public bool IsAsking => _linePosition < _line.Length;

    /// <summary>Whether the patron's name is drawn there.</summary>
    public bool Covers(int x, int y) => y == Y && x >= NameColumn && x < NameColumn + Npc.Name.Length;

    /// <summary>Puts the patron on its seat.</summary>
    public void SitDown() => (X, Y) = (Room.Seats[Seat].X, Room.Seats[Seat].Y);

    /// <summary>Speaks a line of the game's own.</summary>
    public void Ask(string line)
    {
        FallSilent();
        (_line, _linePosition) = (line, 0);
    }

    /// <summary>Speaks what a talk has to say from now on.</summary>
    public void Answer(Talk talk)
    {
        FallSilent();
        _voice = talk;
    }

    /// <summary>Removes the last line, because it is being answered.</summary>
    public void LetLineFade() => Said = null;

    /// <summary>Says no more.</summary>
    public void FallSilent()
    {
        _voice = null;
        _line = "";
        _linePosition = 0;
        Said = null;
    }

    /// <summary>Takes a step now and then, if there is a way to go.</summary>
    public void Walk(Room room)
    {
        if (_frame % FramesPerStep == 0)
        {
            (X, Y) = room.StepToward(Seat, X, Y);
        }
    }

    /// <summary>Says the next few characters when it is time. Called once a frame, whether the patron walks or not.</summary>
    public void Speak()
    {
        SilentFrames++;
        if (SilentFrames > LingeringFrames)
        {
            Said = null;
        }

        if (++_frame % SpeechFrames != 0)
        {
            return;
        }

        if (IsAsking)
        {
            int length = Math.Min(SpeechBytes, _line.Length - _linePosition);
            Voiced().Append(_line.AsSpan(_linePosition, length));
            _linePosition += length;
            return;
        }

        Span<byte> characters = stackalloc byte[SpeechBytes];
        if (_voice is { } voice && voice.TryRead(characters, out int written))
        {
            Voiced().Append(characters[..written]);
        }
    }

    /// <summary>A card of the tavern as a persona, whose prompts are those that the model was trained on.</summary>
    internal static Persona PersonaOf(TavernCard card) => new()
    {
        Name = card.Name,
        Mood = card["Mood"] ?? "",
        Facts =
        [
            .. TavernCard.Fields.Where(field => field is not ("Name" or "Mood") && card[field] is not null)
                .Select(field => new PersonaFact(field, card[field]!)),
        ],
        Sampling = TavernTalk.DefaultSampling,
        MaxAnswerTokens = TavernTalk.LongestAnswer,
    };

    private static List<string> QuestionsFor(TavernCard card)
    {
        List<string> questions = ["How are you today?", "Tell me a joke."];
        void AddIf(string field, string question)
        {
            if (card[field] is not null)
            {
                questions.Add(question);
            }
        }

        AddIf("Rumour", "Heard any rumours?");
        AddIf("Sells", "What do you sell?");
        AddIf("Quest", "Do you have work for me?");
        AddIf("Likes", "Whom do you like?");
        AddIf("Dislikes", "Is there anyone you do not like?");
        return questions;
    }

    private Utterance Voiced()
    {
        SilentFrames = 0;
        return Said ??= _panel.Begin(Npc.Name);
    }
}
