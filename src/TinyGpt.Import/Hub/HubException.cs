using System.Net;

namespace TinyGpt.Import;

/// <summary>
/// A hub could not be asked, refused to answer, or sent something else than it promised. The message has the address, the status and the
/// fix, and no secret: neither tokens nor the queries of signed addresses.
/// </summary>
public sealed class HubException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="url">The address that was asked, or null if none was.</param>
    /// <param name="status">The status of the answer, or null if there was none.</param>
    /// <param name="reason">What went wrong.</param>
    /// <param name="fix">What can be done about it, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public HubException(Uri? url, HttpStatusCode? status, string reason, string? fix = null, Exception? innerException = null)
        : base(Describe(url, status, reason, fix), innerException)
    {
        Url = url is null ? null : Show(url);
        Status = status;
        Reason = reason;
        Fix = fix;
    }

    /// <summary>The address without user and query, or null if none was asked.</summary>
    public string? Url { get; }

    /// <summary>The status of the answer, or null if there was none.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>What went wrong.</summary>
    public string Reason { get; }

    /// <summary>What can be done about it, or null.</summary>
    public string? Fix { get; }

    /// <summary>An address as it may be shown: a signed query or a password in it would be as good as a token.</summary>
    internal static string Show(Uri url) =>
        url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static string Describe(Uri? url, HttpStatusCode? status, string reason, string? fix)
    {
        string where = url is null ? "" : $"{Show(url)}: ";
        string answer = status is { } code ? $"{(int)code} {code}: " : "";
        return $"{where}{answer}{reason}{(fix is null ? "" : $"; {fix}")}";
    }
}
