using TinyGpt.Cli.Output;

namespace TinyGpt.Cli;

/// <summary>Asks for the next line of a talk.</summary>
internal static class Prompt
{
    /// <summary>Shows a prompt on a terminal, and reads a line.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="cancellation">
    /// Ctrl-C. A user who sees the prompt leaves with it quietly, as with Ctrl-D. The line of the prompt is ended in either case.
    /// </param>
    /// <returns>The line, or null where the talk is over.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled, and no prompt is shown.</exception>
    public static string? ReadLine(string text, CancellationToken cancellation)
    {
        if (!Terminal.ShowsErrors)
        {
            return StandardInput.ReadLine(cancellation);
        }

        Console.Error.Write(text);
        string? line;
        try
        {
            line = StandardInput.ReadLine(cancellation);
        }
        catch (OperationCanceledException) when (Terminal.CanAsk)
        {
            line = null;
        }

        if (line is null)
        {
            Console.Error.WriteLine();
        }

        return line;
    }
}
