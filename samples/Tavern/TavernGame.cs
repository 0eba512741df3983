using TinyGpt.Dialogue;
using TinyGpt.Tavern;

namespace TinyGpt.Samples.Tavern;

/// <summary>
/// The game without its picture: the room, its folk, the player and the stage on which they talk. The same keys in the same frames give
/// the same game, and with a budget of passes every word comes in the same frame as well.
/// </summary>
internal sealed class TavernGame : IDisposable
{
    private const ulong Seed = 7;
    private const int KvPages = 40; // half of what all characters would need to speak at length at the same time
    private const int EarshotColumns = 9;
    private const int PatientFrames = 240;
    private const int LonelyFrames = 420;

    private static readonly string[] Names = ["Mira", "Tom", "Garrick", "Agnes", "Wren", "Silas", "Pip"];
    private static readonly int[] FirstSeats = [Room.InnkeepersSeat, 0, 1, 2, 3, 7, 5];

    private readonly Random _random = new((int)Seed);
    private readonly StepBudget _budget;
    private readonly Acquaintances _acquaintances;
    private readonly Conversation[] _conversations;

    /// <summary>Opens the tavern.</summary>
    /// <param name="model">The model that speaks; must stay alive as long as the game.</param>
    /// <param name="budget">How long the stage works in a frame.</param>
    public TavernGame(GptModel model, StepBudget budget)
    {
        _budget = budget;
        Stage = new DialogueStage(model, new StageOptions
        {
            Engine = new GptEngineOptions { MaxSequences = 2 * Names.Length, KvPages = KvPages, MaxLookupTokens = 4 },
            Seed = Seed,
            FullRateDistance = Screen.Width / 2,
        });
        Player = new Player(Panel);
        Folk = Array.ConvertAll(Names, name => new Patron(Stage, TavernFolk.Find(name)!, Panel));
        for (int i = 0; i < Folk.Length; i++)
        {
            Folk[i].Seat = FirstSeats[i];
            Folk[i].SitDown();
        }

        _acquaintances = new Acquaintances(Stage, Folk);
        _conversations = [.. Enumerable.Range(0, Room.Tables).Select(_ => new Conversation(_random))];
    }

    public DialogueStage Stage { get; }

    public Room Room { get; } = new();

    public Player Player { get; }

    public Patron[] Folk { get; }

    public TalkPanel Panel { get; } = new();

    /// <summary>Whether the player has left.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Who would hear the player: the nearest within earshot.</summary>
    public Patron? Nearest
    {
        get
        {
            Patron? nearest = null;
            foreach (Patron patron in Folk)
            {
                float distance = Player.DistanceTo(patron);
                if (distance <= EarshotColumns && (nearest is null || distance < Player.DistanceTo(nearest)))
                {
                    nearest = patron;
                }
            }

            return nearest;
        }
    }

    /// <summary>Takes a key.</summary>
    public void Press(Keystroke stroke)
    {
        if (Player.IsTyping)
        {
            PressWhileTyping(stroke);
            return;
        }

        (Key key, char character) = stroke;
        switch (key == Key.Character ? char.ToLowerInvariant(character) : '\0')
        {
            case 'a': key = Key.Left; break;
            case 'd': key = Key.Right; break;
            case 'w': key = Key.Up; break;
            case 's': key = Key.Down; break;
        }

        switch (key)
        {
            case Key.Left: Walk(-1, 0); break;
            case Key.Right: Walk(1, 0); break;
            case Key.Up: Walk(0, -1); break;
            case Key.Down: Walk(0, 1); break;
            case Key.Escape: IsOver = true; break;
            case Key.Enter when Nearest is { } nearest: Player.BeginTyping(nearest); break;
        }
    }

    /// <summary>Goes on by a sixtieth of a second.</summary>
    public void Update()
    {
        Player.Update();
        ReleasePartner();
        foreach (Patron patron in Folk)
        {
            if (patron != Player.Partner)
            {
                patron.Walk(Room);
            }

            patron.Npc.Distance = Player.DistanceTo(patron);
        }

        for (int table = 0; table < Room.Tables; table++)
        {
            Converse(table);
        }

        // Everything the folk say is computed here, within the budget; it is spoken in this frame or in one of the next.
        Stage.Tick(_budget);
        foreach (Patron patron in Folk)
        {
            patron.Speak();
            if (patron == Player.Partner && patron.Said is not null)
            {
                Player.LetLineFade();
            }
        }
    }

    public void Dispose() => Stage.Dispose();

    /// <summary>Moves the player one step, but not into a person. The player can always step away from a person that is already too close.</summary>
    private void Walk(int columns, int rows)
    {
        foreach (Patron patron in Folk)
        {
            if (patron.Covers(Player.X + columns, Player.Y + rows) && !patron.Covers(Player.X, Player.Y))
            {
                return;
            }
        }

        Player.Move(Room, columns, rows);
    }

    private void PressWhileTyping(Keystroke stroke)
    {
        switch (stroke.Key)
        {
            case Key.Character: Player.Type(stroke.Character); break;
            case Key.Backspace: Player.Erase(); break;
            case Key.Escape: Player.StopTyping(); break;
            case Key.Enter when Player.Line.Trim().IsEmpty: Player.StopTyping(); break;
            case Key.Enter: Address(Player.Partner!); break;
        }
    }

    /// <summary>Says the player's line to a patron, who breaks off whatever it was saying.</summary>
    private void Address(Patron patron)
    {
        foreach (Conversation conversation in _conversations)
        {
            if (conversation.Includes(patron))
            {
                conversation.BreakOff();
            }
        }

        Player.Say();
        patron.Talk.Say(Player.Line);
        patron.Answer(patron.Talk);
    }

    private void ReleasePartner()
    {
        if (Player.Partner is { } partner && !Player.IsTyping && partner.Talk.State == TalkState.Idle
            && Math.Min(partner.SilentFrames, Player.SilentFrames) > PatientFrames)
        {
            Player.Partner = null;
        }
    }

    private void Converse(int table)
    {
        Conversation conversation = _conversations[table];
        if (conversation.IsActive)
        {
            if (conversation.Update(_acquaintances))
            {
                SendElsewhere(table);
            }

            return;
        }

        Patron? first = null;
        foreach (Patron patron in Folk)
        {
            if (Room.Seats[patron.Seat].Table != table || !patron.IsSeated || patron == Player.Partner)
            {
                continue;
            }

            if (first is null)
            {
                first = patron;
            }
            else
            {
                first.IdleFrames = patron.IdleFrames = 0;
                conversation.Begin(patron, first, _acquaintances);
                return;
            }
        }

        if (first is not null && ++first.IdleFrames > LonelyFrames)
        {
            SendElsewhere(table);
        }
    }

    /// <summary>Has one of a table's patrons go to a free seat; the innkeeper stays.</summary>
    private void SendElsewhere(int table)
    {
        Patron? guest = null;
        int guests = 0;
        foreach (Patron patron in Folk)
        {
            if (patron.Seat != Room.InnkeepersSeat && Room.Seats[patron.Seat].Table == table && _random.Next(++guests) == 0)
            {
                guest = patron;
            }
        }

        if (guest is null)
        {
            return;
        }

        int seat = _random.Next(Room.Seats.Count);
        while (seat == Room.InnkeepersSeat || IsTaken(seat))
        {
            seat = (seat + 1) % Room.Seats.Count;
        }

        guest.IdleFrames = 0;
        guest.Seat = seat;
    }

    private bool IsTaken(int seat)
    {
        foreach (Patron patron in Folk)
        {
            if (patron.Seat == seat)
            {
                return true;
            }
        }

        return false;
    }
}
