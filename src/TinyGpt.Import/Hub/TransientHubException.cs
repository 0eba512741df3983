using System.Net;

namespace TinyGpt.Import.Hub;

/// <summary>A temporary failure: a broken connection, a busy server. It never leaves <see cref="RetryPolicy"/>.</summary>
/// <param name="url">The address that was asked.</param>
/// <param name="status">The status of the answer, or null.</param>
/// <param name="reason">What went wrong.</param>
/// <param name="retryAfter">How long the server wants to be left alone, or null if it does not say.</param>
/// <param name="cause">The cause, or null.</param>
internal sealed class TransientHubException(
    Uri url, HttpStatusCode? status, string reason, TimeSpan? retryAfter = null, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>How long the server wants to be left alone, or null if it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>The failure as the caller sees it, after the last attempt.</summary>
    /// <param name="attempts">Attempts that were made.</param>
    /// <param name="tooLong">What the server asked to wait, if that is why.</param>
    public HubException Final(int attempts, TimeSpan? tooLong) => new(
        url,
        status,
        tooLong is { } pause ? $"{Message}, and asks to wait {pause.TotalSeconds:0} seconds" : $"{Message} ({attempts} attempts)",
        "check the network and run the command again: what was downloaded is kept",
        InnerException);
}
