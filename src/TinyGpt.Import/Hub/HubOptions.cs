using System.Net;
using System.Net.Sockets;
using TinyGpt.Import.Hub;

namespace TinyGpt.Import;

/// <summary>Which hub is asked, as whom, and where what it sends is kept. Immutable and thread-safe.</summary>
/// <remarks>Deliberately no record: a record's text would show the token.</remarks>
public sealed class HubOptions
{
    /// <summary>The variable with the hub's address.</summary>
    public const string EndpointVariable = "HF_ENDPOINT";

    /// <summary>The variable with the token.</summary>
    public const string TokenVariable = "HF_TOKEN";

    /// <summary>The variable that forbids the network.</summary>
    public const string OfflineVariable = "HF_HUB_OFFLINE";

    private static readonly Uri DefaultEndpoint = new("https://huggingface.co");

    /// <summary>The hub's address: HTTPS, or HTTP, which is refused together with a token unless the hub is on this machine.</summary>
    public Uri Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>The token that private and gated models need, or null. Only the endpoint's own host ever gets it.</summary>
    public string? Token { get; init; }

    /// <summary>Whether the network must not be used.</summary>
    public bool Offline { get; init; }

    /// <summary>Where models are kept.</summary>
    public required HubCache Cache { get; init; }

    /// <summary>How long a server may be silent before its connection counts as broken.</summary>
    internal TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The least bytes a second that a server must send on average while it is waited for.</summary>
    internal int SlowestSpeed { get; init; } = 1024;

    /// <summary>How much waiting that average is taken over.</summary>
    internal TimeSpan SpeedWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock that waiting is measured with.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Finds the addresses of a name.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Connects to the first of some addresses that answers.</summary>
    internal Func<IPAddress[], int, CancellationToken, ValueTask<Stream>> Connect { get; init; } = ConnectAsync;

    /// <summary>Waits before another attempt.</summary>
    internal Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>The bytes that are free where a folder is, or null if that is not known.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = DiskSpace.Free;

    /// <summary>Whether the system's proxy is used.</summary>
    internal bool UseProxy { get; init; } = true;

    /// <summary>
    /// The options that the environment asks for: <c>HF_ENDPOINT</c>, <c>HF_TOKEN</c>, <c>HF_HUB_OFFLINE</c> (1, ON, YES or TRUE),
    /// and the cache's folder as <see cref="HubCache.FolderVariable"/> says.
    /// </summary>
    /// <param name="offline">Whether the network must not be used, whatever the environment says.</param>
    /// <exception cref="HubException">A variable makes no sense, or there is no folder for the cache.</exception>
    public static HubOptions FromEnvironment(bool offline = false) => From(Environment.GetEnvironmentVariable, offline);

    internal static HubOptions From(Func<string, string?> variable, bool offline)
    {
        string? endpoint = Trimmed(variable(EndpointVariable));
        string? token = Trimmed(variable(TokenVariable));
        HubCache cache = new(CacheFolder.Find(variable, CacheFolder.CurrentSystem));
        HubOptions options = new()
        {
            Cache = cache,
            Endpoint = endpoint is null ? DefaultEndpoint : ParseEndpoint(endpoint),
            Token = token,
            Offline = offline || IsSet(variable(OfflineVariable)),
        };
        options.Validate();
        return options;
    }

    /// <summary>Refuses what would send a token in clear or cannot be sent at all.</summary>
    /// <exception cref="HubException">The endpoint or the token is not valid.</exception>
    internal void Validate()
    {
        // None of these messages may quote what it complains about.
        if (!IsEndpoint(Endpoint))
        {
            throw new HubException(
                null, null, "the hub's address is not an http or https address without user, query and fragment",
                $"set {EndpointVariable} to one such as https://huggingface.co");
        }

        if (Token is not null && Token.Any(letter => letter is <= ' ' or > '~'))
        {
            throw new HubException(null, null, "the token has characters that no token has", $"set {TokenVariable} to the token alone");
        }

        if (Token is not null && Endpoint.Scheme != Uri.UriSchemeHttps && !Endpoint.IsLoopback)
        {
            throw new HubException(
                Endpoint, null, "a token must not be sent over plain HTTP", $"use an https address, or unset {TokenVariable}");
        }
    }

    private static async ValueTask<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsEndpoint(Uri address) =>
        address.IsAbsoluteUri
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
        && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0;

    // What cannot be parsed becomes something that Validate refuses.
    private static Uri ParseEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? address : new Uri("invalid", UriKind.Relative);

    private static string? Trimmed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static bool IsSet(string? flag) => Trimmed(flag)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
