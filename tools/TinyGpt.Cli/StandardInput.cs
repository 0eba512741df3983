namespace TinyGpt.Cli;

/// <summary>Reads standard input and gives up waiting when cancelled; the read itself cannot be, and ends with the process.</summary>
internal static class StandardInput
{
    /// <summary>Reads a line; null at the end.</summary>
    public static string? ReadLine(CancellationToken cancellation) => Await(Console.In.ReadLine, cancellation);

    /// <summary>Reads everything, byte for byte.</summary>
    public static byte[] ReadToEnd(CancellationToken cancellation) => Await(ReadToEnd, cancellation);

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
