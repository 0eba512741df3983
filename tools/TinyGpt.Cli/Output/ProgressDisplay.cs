using Spectre.Console;

namespace TinyGpt.Cli.Output;

/// <summary>A progress bar on standard error, where that is a terminal.</summary>
internal static class ProgressDisplay
{
    /// <summary>Does long work with a bar that disappears at the end.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="fraction">The share of all the work that a report represents, 0 … 1.</param>
    /// <param name="work">The work; its argument is null if there is no terminal.</param>
    /// <param name="describe">What a report says is being done, or null if that is the title all the time.</param>
    public static TResult Run<TReport, TResult>(
        string title, Func<TReport, double> fraction, Func<IProgress<TReport>?, TResult> work, Func<TReport, string>? describe = null)
    {
        if (!Terminal.ShowsErrors)
        {
            return work(null);
        }

        return Terminal.CreateErrorConsole().Progress().AutoClear(true).Start(display =>
        {
            ProgressTask task = display.AddTask(Markup.Escape(TerminalText.Show(title)), maxValue: 1);
            return work(new ImmediateProgress<TReport>(report =>
            {
                task.Value = fraction(report);
                if (describe is not null)
                {
                    task.Description = Markup.Escape(TerminalText.Show(describe(report)));
                }
            }));
        });
    }

    /// <summary>Passes reports on in their order, on the thread that makes them; the framework's own class does neither.</summary>
    private sealed class ImmediateProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
