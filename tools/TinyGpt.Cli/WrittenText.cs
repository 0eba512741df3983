namespace TinyGpt.Cli;

/// <summary>Text that a person wrote: an editor's byte order mark before it is not part of it.</summary>
internal static class WrittenText
{
    private const char Mark = '\uFEFF';

    /// <summary>Reads a file of UTF-8.</summary>
    public static byte[] ReadFile(string file)
    {
        byte[] content = File.ReadAllBytes(file);
        return content.AsSpan().StartsWith("\uFEFF"u8) ? content[3..] : content;
    }

    /// <summary>The first line of a stream.</summary>
    public static string? WithoutMark(string? line) => line is [Mark, .. string rest] ? rest : line;
}
