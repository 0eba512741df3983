using System.CommandLine;
using TinyGpt.Import;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the option <c>--offline</c>.</summary>
internal static class OfflineOption
{
    public static Option<bool> Create() => new("--offline")
    {
        Description = $"Use only the cache, never the network; the variable {HubOptions.OfflineVariable} does the same.",
    };
}
