using System.Net;

namespace TinyGpt.Import.Hub;

/// <summary>Explains the status of an answer to a user who wants a model, and says what to do.</summary>
internal static class HubFailure
{
    // Without a token the hub answers 401 even for what does not exist. This header says which it is.
    private const string CodeHeader = "X-Error-Code";

    /// <summary>The exception for an answer that is no success: one to try again, or a final one.</summary>
    /// <param name="url">The address that answered, perhaps after redirects.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="hub">The hub's address.</param>
    /// <param name="hasToken">Whether a token was sent to the hub.</param>
    public static Exception Of(Uri url, HttpResponseMessage answer, Uri hub, bool hasToken)
    {
        HttpStatusCode status = answer.StatusCode;
        return status switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                new TransientHubException(url, status, "the server cannot answer now", RetryAfter(answer)),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when HubClient.IsSameServer(url, hub) =>
                new HubException(url, status, Refusal(answer), Permission(hub, hasToken)),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => NotFound(url, answer),
            _ => new HubException(url, status, "the server refuses", $"check {HubOptions.EndpointVariable}, or try again later"),
        };
    }

    private static string Refusal(HttpResponseMessage answer) => Code(answer) switch
    {
        "GatedRepo" => "the model's conditions must be accepted first",
        "RepoNotFound" => "there is no such model, or it is private",
        _ => "the hub restricts access to this, or it does not exist",
    };

    private static string Permission(Uri hub, bool hasToken) =>
        "check the name; if the model is private or has conditions, accept those on its page at "
        + $"{HubException.Show(hub).TrimEnd('/')} and set {HubOptions.TokenVariable} to a token that may read it"
        + (hasToken ? " (the one that is set may not)" : "");

    private static HubException NotFound(Uri url, HttpResponseMessage answer) => Code(answer) switch
    {
        "RevisionNotFound" => new HubException(url, answer.StatusCode, "the model has no such revision", "check --revision"),
        "EntryNotFound" => new HubException(
            url, answer.StatusCode, "the model's list names this file, and the hub does not have it", "try again later"),
        _ => new HubException(
            url, answer.StatusCode, "there is no such model, revision or file",
            "check the name, which is OWNER/NAME as on the model's page, and --revision"),
    };

    private static string? Code(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues(CodeHeader, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    // A date counts from the server's own clock, which need not be this machine's.
    private static TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        TimeSpan? pause = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (answer.Headers.Date ?? DateTimeOffset.UtcNow),
            _ => null,
        };
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }
}
