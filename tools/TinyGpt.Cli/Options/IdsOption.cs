using System.CommandLine;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the option <c>--ids 1,2,3</c>.</summary>
internal static class IdsOption
{
    public static Option<int[]?> Create(string description) => new("--ids")
    {
        Description = description,
        HelpName = "1,2,3",
        CustomParser = result =>
        {
            bool valid = TokenIdList.TryParse(result.Tokens[^1].Value, out List<int> ids, out string stranger);
            if (!valid || ids.Count == 0)
            {
                result.AddError(valid ? "--ids is empty." : $"--ids takes token ids between commas, and '{stranger}' is none.");
            }

            return [.. ids];
        },
    };
}
