using System.Text;

namespace TinyGpt.Native;

/// <summary>What went wrong in a thread's last call that failed, and the result that says of what kind it was.</summary>
internal static class LastError
{
    [ThreadStatic]
    private static byte[]? _message;

    public static ReadOnlySpan<byte> Message => _message;

    /// <summary>Keeps the message of an exception.</summary>
    public static Result Keep(Exception exception)
    {
        try
        {
            _message = Encoding.UTF8.GetBytes(exception.Message.ReplaceLineEndings(" "));
        }
        catch (OutOfMemoryException)
        {
            _message = null;
        }

        return exception switch
        {
            InvalidHandleException or ObjectDisposedException => Result.InvalidHandle,
            EngineBusyException => Result.Busy,
            ContextOverflowException or NoFreeSessionException or OutOfMemoryException => Result.Full,
            ModelFormatException or SnapshotException or IOException or UnauthorizedAccessException => Result.File,
            ArgumentException => Result.InvalidArgument,
            _ => Result.Failed,
        };
    }
}
