using Xunit;

namespace TinyGpt.Tests;

/// <summary>
/// Finds models and vocabularies that are too large or not ours to be in the repository: in a folder <c>shared</c> in one of the
/// folders above the tests' own.
/// </summary>
internal static class SharedData
{
    /// <summary>Looks for a file or folder.</summary>
    /// <param name="relativePath">Its path in <c>shared</c>, such as <c>tokenizers/gpt2</c>.</param>
    /// <param name="path">Its full path, or empty.</param>
    /// <returns>Whether it is there.</returns>
    public static bool TryFind(string relativePath, out string path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            path = Path.Combine(folder.FullName, "shared", relativePath);
            if (Path.Exists(path))
            {
                return true;
            }
        }

        path = string.Empty;
        return false;
    }

    /// <summary>The path of a file or folder; skips the test, visibly, where it is not there.</summary>
    /// <param name="relativePath">Its path in <c>shared</c>.</param>
    /// <returns>Its full path.</returns>
    public static string RequireOrSkip(string relativePath)
    {
        Assert.SkipUnless(TryFind(relativePath, out string path), $"shared/{relativePath} is not here.");
        return path;
    }
}
