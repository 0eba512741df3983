using System.CommandLine;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the option <c>-m</c>.</summary>
internal static class ModelOption
{
    public static Option<string> Create(bool required = true) => new("--model", "-m")
    {
        Description = "A .tgpt file, or anything that 'pack' takes: it is packed in memory then."
            + (required ? "" : " By default the model that is built in."),
        HelpName = "MODEL",
        Required = required,
    };
}
