namespace TinyGpt.BadInput.Tests.Cases;

/// <summary>What one load reads: a single file, or a folder of some.</summary>
internal sealed class InputFiles
{
    private readonly SortedDictionary<string, byte[]> _contents = new(StringComparer.Ordinal);

    private InputFiles(string opened) => Opened = opened;

    /// <summary>The name of the file to open, or empty for the folder itself.</summary>
    public string Opened { get; }

    /// <summary>The size of all of them.</summary>
    public long Bytes => _contents.Values.Sum(content => content.LongLength);

    /// <summary>Names and contents.</summary>
    public IReadOnlyDictionary<string, byte[]> Contents => _contents;

    /// <summary>One file, which is opened by its path.</summary>
    public static InputFiles File(string name, byte[] content) => new InputFiles(name).With(name, content);

    /// <summary>A folder, which is opened by its path; empty at first.</summary>
    public static InputFiles Folder() => new("");

    /// <summary>The same files and another, or with other content for one.</summary>
    public InputFiles With(string name, byte[] content)
    {
        InputFiles result = Copy();
        result._contents[name] = content;
        return result;
    }

    /// <summary>The same files but one.</summary>
    public InputFiles Without(string name)
    {
        InputFiles result = Copy();
        result._contents.Remove(name);
        return result;
    }

    private InputFiles Copy()
    {
        InputFiles result = new(Opened);
        foreach ((string name, byte[] content) in _contents)
        {
            result._contents.Add(name, content);
        }

        return result;
    }
}
