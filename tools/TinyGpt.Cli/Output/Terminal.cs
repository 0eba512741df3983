using System.Text;
using Spectre.Console;

namespace TinyGpt.Cli.Output;

/// <summary>
/// The standard streams. On a terminal nothing of a model, a file or a server is shown raw (<see cref="TerminalText"/>); a pipe or a file gets
/// exact bytes, and the writer learns that the reader is gone (<see cref="NobodyReadsException"/>).
/// </summary>
internal static class Terminal
{
    private static TextWriter _rawOutput = TextWriter.Null;
    private static TextWriter _rawError = TextWriter.Null;
    private static PipeOutput? _pipe;

    /// <summary>Whether standard output goes to a terminal.</summary>
    public static bool ShowsOutput { get; } = !Console.IsOutputRedirected && !StandardStream.IsClosed(StandardStream.Output);

    /// <summary>Whether standard error goes to a terminal.</summary>
    public static bool ShowsErrors { get; } = !Console.IsErrorRedirected && !StandardStream.IsClosed(StandardStream.Error);

    /// <summary>Whether a question would be seen and could be answered.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && ShowsErrors;

    /// <summary>Puts this in the place of the console's own writers. Called once, before anything is written.</summary>
    public static void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            UseUnicode();
        }

        _rawOutput = Console.Out;
        _rawError = Console.Error;
        if (ShowsOutput)
        {
            Console.SetOut(new ShownWriter(_rawOutput));
        }
        else if (StandardStream.IsClosed(StandardStream.Output))
        {
            Console.SetOut(TextWriter.Null);
        }
        else if ((_pipe = PipeOutput.TryOpen()) is not null)
        {
            Console.SetOut(new StreamWriter(_pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
        }

        if (ShowsErrors)
        {
            Console.SetError(new ShownWriter(_rawError));
        }
        else if (StandardStream.IsClosed(StandardStream.Error))
        {
            Console.SetError(TextWriter.Null);
        }
    }

    /// <summary>Standard output for text of a model.</summary>
    public static Stream OpenOutput() => ShowsOutput ? new ShownOutput(OpenExactOutput()) : OpenExactOutput();

    /// <summary>Standard output for bytes that must stay as they are, even on a terminal.</summary>
    public static Stream OpenExactOutput() =>
        _pipe ?? (StandardStream.IsClosed(StandardStream.Output) ? Stream.Null : Console.OpenStandardOutput());

    public static IAnsiConsole CreateOutputConsole() => Create(_rawOutput);

    public static IAnsiConsole CreateErrorConsole() => Create(_rawError);

    /// <summary>
    /// Windows gives a console an old code page, in which the UTF-8 of a model is other characters. Lines that are typed are read as UTF-16,
    /// because the console loses all but ASCII when it reads in UTF-8. The next program finds the console as it was.
    /// </summary>
    private static void UseUnicode()
    {
        (Encoding output, Encoding input) = (Console.OutputEncoding, Console.InputEncoding);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => (Console.OutputEncoding, Console.InputEncoding) = (output, input);
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        Console.InputEncoding = Console.IsInputRedirected ? utf8 : Encoding.Unicode;
    }

    private static IAnsiConsole Create(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new TerminalConsole(writer) });

    /// <summary>A writer of which Spectre is told that it is a terminal: only the console's own writers are known to it.</summary>
    private sealed class TerminalConsole(TextWriter writer) : IAnsiConsoleOutput
    {
        private readonly AnsiConsoleOutput _size = new(writer);

        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => _size.Width;

        public int Height => _size.Height;

        public void SetEncoding(Encoding encoding) => _size.SetEncoding(encoding);
    }
}
