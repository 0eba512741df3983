namespace TinyGpt;

/// <summary>How a <c>.tgpt</c> file is opened. Immutable and thread-safe.</summary>
public sealed record TgptReadOptions
{
    /// <summary>
    /// Whether the SHA-256 of every chunk is checked while loading. Null, the default, checks what is copied anyway, which is all that is
    /// compressed or comes from a stream, and trusts bytes that are used in place in a mapped file or in the caller's memory. Whatever
    /// is set here, the metadata's hash, every scale, every float and the range of every int8 weight are checked, so that a damaged
    /// file can make a worse model, but no number that the kernels do not expect. <see cref="TgptFile.Verify"/> checks all of it later.
    /// </summary>
    public bool? VerifyChecksums { get; init; }

    /// <summary>
    /// The most bytes that may be allocated for the weights; null, the default, for twice the file's length and 8 MiB, and never more than
    /// the machine or its container has. That holds every model but those that compress to less than half: for them, and from people who
    /// are trusted not to send a file that decompresses to 255 times its size, set more. A file that needs more is refused before anything
    /// is allocated.
    /// </summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Threads that decompress and check, 1 or more; the default is one for each processor. They end before opening returns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int Threads
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }
        = Environment.ProcessorCount;
}
