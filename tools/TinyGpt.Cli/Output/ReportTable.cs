using Spectre.Console;

namespace TinyGpt.Cli.Output;

/// <summary>A table on standard output: drawn on a terminal, aligned text elsewhere.</summary>
internal sealed class ReportTable
{
    private const string Gap = "  ";

    private readonly (string Title, bool IsNumber)[] _columns;
    private readonly List<string[]> _rows = [];

    /// <summary>Makes an empty table.</summary>
    /// <param name="columns">The titles; columns of numbers are aligned to the right.</param>
    public ReportTable(params (string Title, bool IsNumber)[] columns) => _columns = columns;

    /// <summary>Adds a row, one cell a column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write()
    {
        if (Terminal.ShowsOutput)
        {
            Draw();
        }
        else
        {
            WriteText();
        }
    }

    private void Draw()
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach ((string title, bool isNumber) in _columns)
        {
            // The names alone may wrap on a narrow terminal.
            table.AddColumn(new TableColumn(Markup.Escape(title))
            {
                Alignment = isNumber ? Justify.Right : Justify.Left,
                NoWrap = table.Columns.Count > 0,
                Padding = new Padding(0, 0, 1, 0),
            });
        }

        foreach (string[] row in _rows)
        {
            table.AddRow([.. row.Select(cell => Markup.Escape(TerminalText.Show(cell)))]);
        }

        Terminal.CreateOutputConsole().Write(table);
    }

    private void WriteText()
    {
        int[] widths = [.. _columns.Select((column, index) => _rows.Select(row => row[index].Length).Append(column.Title.Length).Max())];
        foreach (string[] row in _rows.Prepend([.. _columns.Select(column => column.Title)]))
        {
            IEnumerable<string> cells = row.Select(
                (cell, index) => _columns[index].IsNumber ? cell.PadLeft(widths[index]) : cell.PadRight(widths[index]));
            Console.Out.WriteLine(string.Join(Gap, cells).TrimEnd());
        }
    }
}
