namespace TinyGpt.Samples.Tavern;

/// <summary>Draws the game. Allocates nothing.</summary>
internal static class TavernView
{
    private const int PanelTop = Room.Bottom + 1;
    private const int PanelRows = 5;
    private const int GraphRow = PanelTop + PanelRows;
    private const int InputRow = GraphRow + 1;
    private const int BubbleWidth = 22;
    private const int MostBubbleLines = 3;

    /// <summary>Draws a frame.</summary>
    public static void Draw(TavernGame game, FrameGraph graph, Screen screen)
    {
        screen.Clear();
        screen.Write(1, 0, "The Gilded Goose", Ink.Bright);
        screen.Write(43, 0, "arrows walk · Enter talks · Esc ends", Ink.Faint);
        game.Room.Draw(screen);
        foreach (Patron patron in game.Folk)
        {
            screen.Write(patron.NameColumn, patron.Y, patron.Npc.Name, Ink.Folk);
        }

        screen.Put(game.Player.X, game.Player.Y, '@', Ink.Player);
        foreach (Patron patron in game.Folk)
        {
            DrawBubble(screen, patron.X, patron.Y - (patron.IsBehindBar ? 2 : 0), patron.TableColumn ?? patron.X, patron.Said);
        }

        DrawBubble(screen, game.Player.X, game.Player.Y, game.Player.X, game.Player.Said);

        game.Panel.Draw(screen, PanelTop, PanelRows);
        graph.Draw(screen, GraphRow);
        DrawInput(game, screen);
    }

    /// <summary>Draws the end of what a person says, above the row <paramref name="y"/> and around a column near <paramref name="x"/>.</summary>
    private static void DrawBubble(Screen screen, int x, int y, int middle, Utterance? utterance)
    {
        if (utterance is null || utterance.Words.IsEmpty)
        {
            return;
        }

        int lines = LineWrap.Count(utterance.Words, BubbleWidth, out int width);
        int shown = Math.Min(lines, MostBubbleLines);
        int left = Math.Clamp(middle - ((width + 4) / 2), 1, Screen.Width - width - 5);
        int top = y - shown - 2;
        DrawBorder(screen, left, top, width + 2, '╭', '─', '╮');
        LineWrap wrap = new(utterance.Words, BubbleWidth);
        for (int line = 0; wrap.MoveNext(); line++)
        {
            int row = top + 1 + line - (lines - shown);
            if (row > top)
            {
                DrawBorder(screen, left, row, width + 2, '│', ' ', '│');
                screen.Write(left + 2, row, wrap.Current, Ink.Speech);
            }
        }

        DrawBorder(screen, left, y - 1, width + 2, '╰', '─', '╯');
        screen.Put(Math.Clamp(x, left + 1, left + width + 2), y - 1, '┬', Ink.Faint);
    }

    private static void DrawBorder(Screen screen, int left, int y, int width, char first, char middle, char last)
    {
        screen.Put(left, y, first, Ink.Faint);
        for (int i = 1; i <= width; i++)
        {
            screen.Put(left + i, y, middle, Ink.Faint);
        }

        screen.Put(left + width + 1, y, last, Ink.Faint);
    }

    private static void DrawInput(TavernGame game, Screen screen)
    {
        Player player = game.Player;
        if (player.IsTyping)
        {
            int column = screen.Write(1, InputRow, "to ", Ink.Faint);
            column = screen.Write(column, InputRow, player.Partner!.Npc.Name, Ink.Folk);
            column = screen.Write(column, InputRow, "> ", Ink.Faint);
            column = screen.Write(column, InputRow, player.Line, Ink.Player);
            screen.Put(column, InputRow, '▏', Ink.Bright);
        }
        else if (game.Nearest is { } nearest)
        {
            int column = screen.Write(1, InputRow, "Enter: say something to ", Ink.Faint);
            screen.Write(column, InputRow, nearest.Npc.Name, Ink.Folk);
        }
        else
        {
            screen.Write(1, InputRow, "Walk up to somebody.", Ink.Faint);
        }
    }
}
