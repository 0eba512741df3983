using TinyGpt.Cli.Output;

namespace TinyGpt.Cli;

/// <summary>Reads standard input and gives up waiting when cancelled; the read itself cannot be, and ends with the process.</summary>
internal static class StandardInput
{
    private static bool _hasRead;

    private static bool IsClosed { get; } = StandardStream.IsClosed(StandardStream.Input);

    /// <summary>Reads a line; null at the end.</summary>
    public static string? ReadLine(CancellationToken cancellation)
    {
        string? line = IsClosed ? null : Await(Console.In.ReadLine, cancellation);
        line = _hasRead ? line : WrittenText.WithoutMark(line);
        _hasRead = true;
        return line;
    }

    /// <summary>Reads everything, byte for byte.</summary>
    public static byte[] ReadToEnd(CancellationToken cancellation) => IsClosed ? [] : Await(ReadToEnd, cancellation);

    private static byte[] ReadToEnd()
    {
        using Stream input = Console.OpenStandardInput();
        using MemoryStream content = new();
        input.CopyTo(content);
        return content.ToArray();
    }

    private static T Await<T>(Func<T> read, CancellationToken cancellation)
    {
        Task<T> reading = Task.Run(read, CancellationToken.None);
        return reading.WaitAsync(cancellation).GetAwaiter().GetResult();
    }
}
