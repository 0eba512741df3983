namespace TinyGpt.Import.Hub;

/// <summary>Finds the folder where a system keeps what can be downloaded again.</summary>
internal static class CacheFolder
{
    private const string Name = "tinygpt";

    /// <summary>The systems that differ.</summary>
    internal enum CacheSystem
    {
        /// <summary>Linux and everything else: the XDG base directories.</summary>
        Unix,

        /// <summary>Windows: the local, not the roaming, application data.</summary>
        Windows,

        /// <summary>macOS: the library's caches.</summary>
        MacOS,
    }

    public static CacheSystem CurrentSystem =>
        OperatingSystem.IsWindows() ? CacheSystem.Windows : OperatingSystem.IsMacOS() ? CacheSystem.MacOS : CacheSystem.Unix;

    /// <summary>Finds the folder; it need not exist.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="system">The system.</param>
    /// <exception cref="HubException">There is no home folder.</exception>
    public static string Find(Func<string, string?> variable, CacheSystem system)
    {
        if (variable(HubCache.FolderVariable) is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        // The XDG specification wants relative paths ignored.
        if (system == CacheSystem.Unix && variable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
        {
            return Path.Combine(xdg, Name);
        }

        string home = variable(system == CacheSystem.Windows ? "LOCALAPPDATA" : "HOME") is { Length: > 0 } folder
            ? folder
            : Environment.GetFolderPath(
                system == CacheSystem.Windows ? Environment.SpecialFolder.LocalApplicationData : Environment.SpecialFolder.UserProfile);
        if (home.Length == 0)
        {
            throw new HubException(null, null, "this user has no home folder for a cache", $"set {HubCache.FolderVariable} to a folder");
        }

        return system switch
        {
            CacheSystem.Windows => Path.Combine(home, Name, "cache"),
            CacheSystem.MacOS => Path.Combine(home, "Library", "Caches", Name),
            _ => Path.Combine(home, ".cache", Name),
        };
    }
}
