using System.Net;

namespace TinyGpt.Import.Hub;

/// <summary>
/// Opens connections to a hub and to the servers that it redirects to. A hub on the internet cannot send this machine to itself or into its
/// own network: what counts is the address that is really connected to, whatever the name resolves to. Thread-safe.
/// </summary>
/// <param name="options">Which hub.</param>
internal sealed class HubConnections(HubOptions options)
{
    // Until a connection to the hub tells, what its address looks like must do.
    private volatile bool _hubIsPrivate = PrivateAddresses.ContainHostOf(options.Endpoint);

    /// <summary>Refuses an address that says by itself that it is none of the internet; names are looked at when they are connected to.</summary>
    /// <exception cref="HubException">The hub is on the internet, and this is not.</exception>
    public void Check(Uri url)
    {
        if (!_hubIsPrivate && PrivateAddresses.ContainHostOf(url))
        {
            throw Refusal(url);
        }
    }

    /// <summary>Connects.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        DnsEndPoint target = context.DnsEndPoint;
        Uri url = context.InitialRequestMessage.RequestUri!;
        IPAddress[] addresses = IPAddress.TryParse(target.Host.Trim('[', ']'), out IPAddress? literal)
            ? [literal]
            : await options.Resolve(target.Host, cancellation).ConfigureAwait(false);
        bool isPrivate = Array.Exists(addresses, PrivateAddresses.Contain);
        if (IsProxy(target, context.InitialRequestMessage))
        {
            return await options.Connect(addresses, target.Port, cancellation).ConfigureAwait(false);
        }

        if (HubClient.IsSameServer(url, options.Endpoint))
        {
            _hubIsPrivate |= isPrivate;
        }
        else if (isPrivate && !_hubIsPrivate)
        {
            throw Refusal(url);
        }

        return await options.Connect(addresses, target.Port, cancellation).ConfigureAwait(false);
    }

    // The user's own proxy may be anywhere, and it resolves names itself. The request for a tunnel names the proxy, any other request the
    // server behind it.
    private static bool IsProxy(DnsEndPoint target, HttpRequestMessage request) =>
        request.Method == HttpMethod.Connect
        || target.Port != request.RequestUri!.Port
        || !target.Host.Trim('[', ']').Equals(request.RequestUri.IdnHost.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    private static HubException Refusal(Uri url) => new(
        url, null, "the hub redirects to an address in this machine's network, which a hub on the internet may not do",
        $"check {HubOptions.EndpointVariable}");
}
