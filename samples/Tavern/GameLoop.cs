using System.Diagnostics;

namespace TinyGpt.Samples.Tavern;

/// <summary>Sixty frames a second in a terminal: keys, game, picture, and sleep until the next frame.</summary>
internal sealed class GameLoop(TavernGame game)
{
    private const double SpinMilliseconds = 2; // a sleep can be late by about as much

    private static readonly long FrameTicks = Stopwatch.Frequency / 60;

    private readonly Screen _screen = new();
    private readonly FrameGraph _graph = new();
    private (int Width, int Height) _window;
    private volatile bool _isCancelled;

    /// <summary>Plays until the player leaves, and gives the terminal back as it was.</summary>
    public void Run()
    {
        Console.OutputEncoding = System.Text.Encoding.UTF8;
        using Stream terminal = Console.OpenStandardOutput();
        ConsoleCancelEventHandler cancel = (_, arguments) =>
        {
            arguments.Cancel = true;
            _isCancelled = true;
        };
        Console.CancelKeyPress += cancel;
        terminal.Write("\e[?1049h\e[?25l"u8); // the alternate screen, without a cursor
        try
        {
            long next = Stopwatch.GetTimestamp();
            while (!game.IsOver && !_isCancelled)
            {
                next = Math.Max(next + FrameTicks, Stopwatch.GetTimestamp()); // frames that were missed are not caught up with
                PlayFrame(terminal);
                WaitUntil(next);
            }
        }
        finally
        {
            terminal.Write("\e[0m\e[?25h\e[?1049l"u8);
            Console.CancelKeyPress -= cancel;
        }
    }

    private void PlayFrame(Stream terminal)
    {
        long start = Stopwatch.GetTimestamp();
        while (Console.KeyAvailable)
        {
            if (Keystroke.From(Console.ReadKey(intercept: true)) is { } stroke)
            {
                game.Press(stroke);
            }
        }

        game.Update();
        TavernView.Draw(game, _graph, _screen);
        Present(terminal);
        _graph.Record(Stopwatch.GetElapsedTime(start).TotalMilliseconds, game.Stage.ComputedTokens);
    }

    private void Present(Stream terminal)
    {
        (int Width, int Height) window = (Console.WindowWidth, Console.WindowHeight);
        bool isLargeEnough = window.Width >= Screen.Width && window.Height >= Screen.Height;
        if (window != _window)
        {
            // Terminals move or wrap what they show when their size changes.
            _window = window;
            _screen.Forget();
            terminal.Write("\e[0m\e[2J\e[H"u8);
            if (!isLargeEnough)
            {
                terminal.Write("The tavern needs a window of 80 x 24."u8);
            }

            terminal.Flush();
        }

        if (isLargeEnough)
        {
            _screen.Present(terminal);
        }
    }

    private static void WaitUntil(long timestamp)
    {
        while (Stopwatch.GetTimestamp() < timestamp)
        {
            double rest = (timestamp - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency;
            if (rest > SpinMilliseconds)
            {
                Thread.Sleep((int)(rest - SpinMilliseconds) + 1);
            }
            else
            {
                Thread.SpinWait(20);
            }
        }
    }
}
