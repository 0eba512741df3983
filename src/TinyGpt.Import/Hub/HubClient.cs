using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace TinyGpt.Import.Hub;

/// <summary>
/// Sends requests to a hub and to the servers that it redirects to. The token goes to the hub's own scheme, host and port and nowhere
/// else; redirects from HTTPS to HTTP, and from the internet into this machine's own network, are not followed. Thread-safe.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 8;
    private const string UserAgent = "tinygpt";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private readonly HubOptions _options;
    private readonly HubConnections _connections;
    private readonly HttpClient _http;

    public HubClient(HubOptions options)
    {
        _options = options;
        _connections = new HubConnections(options);
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false, // it would forget the token on the hub itself, and knows nothing of the rules above
            AutomaticDecompression = DecompressionMethods.None, // ranges and lengths count the file's own bytes
            ConnectCallback = _connections.ConnectAsync,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            UseProxy = options.UseProxy,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(UserAgent, null));
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Whether two addresses have the same scheme, host and port.</summary>
    public static bool IsSameServer(Uri first, Uri second) =>
        Uri.Compare(first, second, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>Asks for a file or for the rest of one.</summary>
    /// <param name="url">The file's address on the hub.</param>
    /// <param name="start">The first byte that is wanted.</param>
    /// <param name="etag">The strong entity tag of what is there already, or null. The whole file comes if it has changed.</param>
    /// <param name="cancellation">Ends waiting.</param>
    /// <returns>An answer of status 200; where <paramref name="start"/> is above 0, also 206 or 416.</returns>
    /// <exception cref="TransientHubException">The connection broke, or the server is busy.</exception>
    /// <exception cref="HubException">The server refuses.</exception>
    public async Task<HubAnswer> GetAsync(Uri url, long start, EntityTagHeaderValue? etag, CancellationToken cancellation)
    {
        Uri at = url;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            HubAnswer answer = await SendAsync(at, start, etag, cancellation).ConfigureAwait(false);
            bool keep = false;
            try
            {
                switch (answer.Message.StatusCode)
                {
                    case HttpStatusCode.OK:
                    case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when start > 0:
                        keep = true;
                        return answer;
                    case HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect:
                        at = Follow(at, answer.Message);
                        _connections.Check(at);
                        break;
                    default:
                        throw HubFailure.Of(at, answer.Message, _options.Endpoint, _options.Token is not null);
                }
            }
            finally
            {
                if (!keep)
                {
                    answer.Dispose();
                }
            }
        }

        throw new HubException(url, null, $"more than {MostRedirects} redirects", $"check {HubOptions.EndpointVariable}");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Where a redirect leads.</summary>
    /// <exception cref="HubException">Nowhere, or where it must not.</exception>
    internal static Uri Follow(Uri from, HttpResponseMessage answer)
    {
        Uri? target = answer.Headers.Location is { } location && Uri.TryCreate(from, location, out Uri? resolved) ? resolved : null;
        if (target is not { IsAbsoluteUri: true, Host.Length: > 0 } || (target.Scheme != Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttp))
        {
            throw new HubException(from, answer.StatusCode, "the server redirects to no http or https address");
        }

        return target.Scheme == from.Scheme || target.Scheme == Uri.UriSchemeHttps
            ? target
            : throw new HubException(
                from, answer.StatusCode,
                $"the server redirects from HTTPS to {HubException.Show(target)}, which anybody could read and change");
    }

    private static Exception NoConnection(Uri at, HttpRequestException exception) => exception.HttpRequestError switch
    {
        // The exception would show the proxy's address, which may contain a password.
        HttpRequestError.ProxyTunnelError => new HubException(
            at, exception.StatusCode, "the proxy refuses", "check HTTPS_PROXY or the system's settings"),

        // Only the cause says what is wrong with a certificate.
        HttpRequestError.SecureConnectionError => new TransientHubException(
            at, null, $"no secure connection: {(exception.InnerException as AuthenticationException ?? (Exception)exception).Message}",
            cause: exception),
        _ => new TransientHubException(at, null, $"no connection: {exception.Message}", cause: exception),
    };

    private async Task<HubAnswer> SendAsync(Uri at, long start, EntityTagHeaderValue? etag, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, at);
        if (_options.Token is { } token && IsSameServer(at, _options.Endpoint))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (start > 0)
        {
            request.Headers.Range = new RangeHeaderValue(start, null);
            request.Headers.IfRange = etag is null ? null : new RangeConditionHeaderValue(etag);
        }

        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stall.CancelAfter(_options.StallTimeout);
        try
        {
            HttpResponseMessage message = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token)
                .ConfigureAwait(false);
            return new HubAnswer(at, message, _options);
        }
        catch (HttpRequestException exception) when (exception.InnerException is HubException refusal)
        {
            throw refusal;
        }
        catch (HttpRequestException exception)
        {
            throw NoConnection(at, exception);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientHubException(at, null, "no answer", cause: exception);
        }
        catch (Exception exception) when (exception is UriFormatException or InvalidOperationException or NotSupportedException or ArgumentException)
        {
            throw new HubException(at, null, "this is no address that can be asked", $"check {HubOptions.EndpointVariable}", exception);
        }
    }
}
