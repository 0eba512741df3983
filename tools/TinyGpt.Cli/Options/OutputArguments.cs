using System.CommandLine;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the options that say where results go and how they look.</summary>
internal static class OutputArguments
{
    private const string ModelExtension = ".tgpt";

    public static Option<bool> CreateJson() => new("--json")
    {
        Description = "Print one JSON object and nothing else on standard output.",
    };

    /// <summary>Makes the option <c>-o OUT.tgpt</c>.</summary>
    public static Option<string> CreateModelFile()
    {
        Option<string> option = new("--output", "-o")
        {
            Description = "The .tgpt file to write. It appears, or replaces an older one, once it is complete.",
            HelpName = "OUT.tgpt",
            Required = true,
        };
        option.Validators.Add(result =>
        {
            // Models are recognized by the extension, so a file without it could not be used.
            if (result.Tokens is [.., { Value: string path }] && !path.EndsWith(ModelExtension, StringComparison.OrdinalIgnoreCase))
            {
                result.AddError($"--output takes a name that ends in {ModelExtension}, not '{path}'.");
            }
        });
        return option;
    }

    /// <summary>Refuses an output whose folder is missing before any work is done for it.</summary>
    public static void RequireFolderOf(string output)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(output));
        if (!Directory.Exists(folder))
        {
            throw new CommandFailedException($"{output}: the folder {folder} does not exist");
        }
    }
}
