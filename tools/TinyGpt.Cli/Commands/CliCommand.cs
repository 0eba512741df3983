using System.CommandLine;

namespace TinyGpt.Cli.Commands;

/// <summary>A command. Its failures are exceptions; <see cref="CommandLine"/> turns them into a line and an exit code.</summary>
internal abstract class CliCommand : Command
{
    /// <summary>Makes a command without options.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it does, on one line.</param>
    /// <param name="notes">What its help says beyond that, line by line.</param>
    protected CliCommand(string name, string summary, params IReadOnlyList<string> notes)
        : base(name, summary)
    {
        Notes = notes;

        // On a separate thread, because only then does the library count the time that a cancelled command takes to stop.
        SetAction((arguments, cancellation) => Task.Run(() => Execute(arguments, cancellation), CancellationToken.None));
    }

    /// <summary>After Ctrl-C: enough to end a slice of work and to delete a half-written file.</summary>
    public static TimeSpan ShortTimeToStop { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the command may take to stop after Ctrl-C.</summary>
    public virtual TimeSpan TimeToStop => ShortTimeToStop;

    /// <summary>What the help says beyond the summary, line by line.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Command lines for the help, at least one.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Does the command's work.</summary>
    /// <exception cref="CommandFailedException">It cannot be done.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    protected abstract void Execute(ParseResult arguments, CancellationToken cancellation);
}
