using System.CommandLine;

namespace TinyGpt.Cli.Commands;

/// <summary>A command. Its failures are exceptions; <see cref="CommandLine"/> turns them into a line and an exit code.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description)
        : base(name, description)
    {
        // On a thread of its own, so that Ctrl-C is answered even while the command waits for standard input.
        SetAction((arguments, cancellation) => Task.Run(() => Execute(arguments, cancellation), CancellationToken.None));
    }

    /// <summary>Command lines for the help, at least one.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Does the command's work.</summary>
    /// <exception cref="CommandFailedException">It cannot be done.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    protected abstract void Execute(ParseResult arguments, CancellationToken cancellation);
}
