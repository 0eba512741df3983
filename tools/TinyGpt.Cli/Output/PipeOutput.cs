using Microsoft.Win32.SafeHandles;

namespace TinyGpt.Cli.Output;

/// <summary>
/// Standard output as a pipe. The console's stream reports success even if the reader is gone, so that a command would
/// go on for ever; this one says so.
/// </summary>
internal sealed class PipeOutput : OutputStream
{
    private const int Descriptor = 1;
    private const int BrokenPipe = 32;

    private static readonly int TryAgain = OperatingSystem.IsLinux() ? 11 : 35;

    // What a pipe takes as a whole or not at all, which matters where the caller made it one that does not wait.
    private static readonly int MaxPart = OperatingSystem.IsLinux() ? 4096 : 512;

    private readonly FileStream _pipe;

    private PipeOutput(FileStream pipe) => _pipe = pipe;

    /// <summary>Opens standard output if it is a pipe, and if the system has such errors.</summary>
    public static PipeOutput? TryOpen()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return null;
        }

        try
        {
            FileStream stream = new(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : new PipeOutput(stream); // a file's position is shared with other writers
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlySpan<byte> part = buffer[..Math.Min(buffer.Length, MaxPart)];
            try
            {
                _pipe.Write(part);
                buffer = buffer[part.Length..];
            }
            catch (IOException exception) when ((exception.HResult & 0xFFFF) == BrokenPipe)
            {
                throw new NobodyReadsException();
            }
            catch (IOException exception) when ((exception.HResult & 0xFFFF) == TryAgain)
            {
                Thread.Sleep(1);
            }
        }
    }

    public override void Flush()
    {
    }
}
