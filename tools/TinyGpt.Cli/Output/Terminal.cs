using Spectre.Console;

namespace TinyGpt.Cli.Output;

/// <summary>Whether a person looks on, and the consoles to draw on if so.</summary>
internal static class Terminal
{
    /// <summary>Whether standard output goes to a terminal.</summary>
    public static bool ShowsOutput => !Console.IsOutputRedirected;

    /// <summary>Whether standard error goes to a terminal.</summary>
    public static bool ShowsErrors => !Console.IsErrorRedirected;

    /// <summary>Whether a question would be seen and could be answered.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && ShowsErrors;

    public static IAnsiConsole CreateOutputConsole() => Create(Console.Out);

    public static IAnsiConsole CreateErrorConsole() => Create(Console.Error);

    private static IAnsiConsole Create(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
}
