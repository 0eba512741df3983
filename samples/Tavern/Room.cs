namespace TinyGpt.Samples.Tavern;

/// <summary>A place to sit or stand for a talk.</summary>
/// <param name="X">The column.</param>
/// <param name="Y">The row.</param>
/// <param name="Table">The table, of which there are <see cref="Room.Tables"/>; the last is the bar.</param>
internal readonly record struct Seat(int X, int Y, int Table);

/// <summary>The tavern's room: walls, tables, a bar, and the way from anywhere to every seat. Immutable.</summary>
internal sealed class Room
{
    /// <summary>The first row, below the title.</summary>
    public const int Top = 1;

    /// <summary>The last row.</summary>
    public const int Bottom = 16;

    /// <summary>Tables, the bar included.</summary>
    public const int Tables = 4;

    /// <summary>The table that is the bar.</summary>
    public const int Bar = Tables - 1;

    private const int TableRow = 7;
    private const int BarRow = 14;
    private const short Unreachable = short.MaxValue;

    private static readonly int[] TableColumns = [13, 40, 66];

    private readonly char[] _glyphs = new char[Screen.Width * Screen.Height];
    private readonly short[][] _steps;

    public Room()
    {
        Array.Fill(_glyphs, ' ');
        DrawWalls();
        foreach (int column in TableColumns)
        {
            Write(column - 2, TableRow, "┌───┐");
            Write(column - 2, TableRow + 1, "└───┘");
        }

        Write(18, BarRow, $"╞{new string('═', 43)}╡");
        _steps = [.. Seats.Select(StepsTo)];
    }

    /// <summary>The seats: two at each table, the innkeeper's place behind the bar, and two before it.</summary>
    public static IReadOnlyList<Seat> Seats { get; } =
    [
        .. TableColumns.SelectMany((column, table) => new Seat[] { new(column - 7, TableRow, table), new(column + 7, TableRow, table) }),
        new(40, BarRow + 1, Bar), new(14, BarRow - 1, Bar), new(66, BarRow - 1, Bar),
    ];

    /// <summary>The innkeeper's place in <see cref="Seats"/>.</summary>
    public const int InnkeepersSeat = 6;

    /// <summary>Whether a person can stand there.</summary>
    public bool IsFree(int x, int y) => x > 0 && x < Screen.Width - 1 && y > Top && y < Bottom && _glyphs[(y * Screen.Width) + x] == ' ';

    /// <summary>The next step of the shortest way to a seat; the same place when there.</summary>
    public (int X, int Y) StepToward(int seat, int x, int y)
    {
        short[] steps = _steps[seat];
        (int X, int Y) best = (x, y);
        for (int direction = 0; direction < 4; direction++)
        {
            (int nextX, int nextY) = Neighbour(x, y, direction);
            if (IsFree(nextX, nextY) && steps[(nextY * Screen.Width) + nextX] < steps[(best.Y * Screen.Width) + best.X])
            {
                best = (nextX, nextY);
            }
        }

        return best;
    }

    /// <summary>The middle of a table; null for the bar.</summary>
    public static int? ColumnOf(int table) => table < TableColumns.Length ? TableColumns[table] : null;

    /// <summary>Draws walls and furniture.</summary>
    public void Draw(Screen screen)
    {
        for (int y = Top; y <= Bottom; y++)
        {
            screen.Write(0, y, _glyphs.AsSpan(y * Screen.Width, Screen.Width), Ink.Wood);
        }
    }

    private static (int X, int Y) Neighbour(int x, int y, int direction) => direction switch
    {
        0 => (x - 1, y),
        1 => (x + 1, y),
        2 => (x, y - 1),
        _ => (x, y + 1),
    };

    private void DrawWalls()
    {
        for (int x = 1; x < Screen.Width - 1; x++)
        {
            _glyphs[(Top * Screen.Width) + x] = _glyphs[(Bottom * Screen.Width) + x] = '─';
        }

        for (int y = Top + 1; y < Bottom; y++)
        {
            _glyphs[y * Screen.Width] = _glyphs[(y * Screen.Width) + Screen.Width - 1] = '│';
        }

        Write(0, Top, "┌");
        Write(Screen.Width - 1, Top, "┐");
        Write(0, Bottom, "└");
        Write(Screen.Width - 1, Bottom, "┘");
        Write(4, Bottom, "┤door├");
        Write(24, Top, "┤ ▒▒ ├");
        Write(50, Top, "┤ ▒▒ ├");
    }

    private void Write(int x, int y, string text) => text.CopyTo(_glyphs.AsSpan((y * Screen.Width) + x));

    /// <summary>How many steps it is from each cell to a seat: a search in breadth from the seat.</summary>
    private short[] StepsTo(Seat seat)
    {
        short[] steps = new short[_glyphs.Length];
        Array.Fill(steps, Unreachable);
        Queue<(int X, int Y)> open = new([(seat.X, seat.Y)]);
        steps[(seat.Y * Screen.Width) + seat.X] = 0;
        while (open.TryDequeue(out (int X, int Y) cell))
        {
            for (int direction = 0; direction < 4; direction++)
            {
                (int x, int y) = Neighbour(cell.X, cell.Y, direction);
                if (IsFree(x, y) && steps[(y * Screen.Width) + x] == Unreachable)
                {
                    steps[(y * Screen.Width) + x] = (short)(steps[(cell.Y * Screen.Width) + cell.X] + 1);
                    open.Enqueue((x, y));
                }
            }
        }

        return steps;
    }
}
