using System.CommandLine;

namespace TinyGpt.Cli.Options;

/// <summary>The option <c>-m</c>, and what may be done where it names a model of a hub.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string> _model;
    private readonly Option<bool> _yes = new("--yes")
    {
        Description = "If the named model is not in the cache, download it without asking.",
    };

    private readonly Option<bool> _offline = OfflineOption.Create();

    /// <summary>Makes the options.</summary>
    /// <param name="otherwise">What is taken where <c>-m</c> is missing; null refuses such a command line.</param>
    public ModelArguments(string? otherwise = null) => _model = new Option<string>("--model", "-m")
    {
        Description = "A .tgpt file, anything that 'pack' takes (packed in memory), or the name of a model to 'pull'."
            + (otherwise is null ? "" : $" By default {otherwise}."),
        HelpName = "MODEL",
        Required = otherwise is null,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_yes);
        command.Add(_offline);
    }

    /// <summary>The path of the model that was named, or null if none was. A model of a hub is pulled if need be.</summary>
    /// <exception cref="CommandFailedException">It may not be pulled.</exception>
    public string? Find(ParseResult arguments, CancellationToken cancellation) =>
        arguments.GetValue(_model) is { } model
            ? HubModels.Find(model, arguments.GetValue(_yes), arguments.GetValue(_offline), cancellation)
            : null;

    /// <summary>As <see cref="Find"/>, for a command that cannot do without.</summary>
    /// <exception cref="CommandFailedException">None was named, or it may not be pulled.</exception>
    public string Require(ParseResult arguments, CancellationToken cancellation) =>
        Find(arguments, cancellation) ?? throw new CommandFailedException("name a model with -m MODEL");
}
