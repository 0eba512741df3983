using System.CommandLine;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the option <c>-m</c>.</summary>
internal static class ModelOption
{
    public static Option<string> Create(bool required = true) => new("--model", "-m")
    {
        Description = "A .tgpt file, or anything that 'pack' takes: it is packed in memory then.",
        HelpName = "MODEL",
        Required = required,
    };

    /// <summary>The model that was named.</summary>
    /// <exception cref="CommandFailedException">None was.</exception>
    public static string Require(ParseResult arguments, Option<string> option) => arguments.GetValue(option)
        ?? throw new CommandFailedException("this build has no default model; name one with -m MODEL");
}
