using System.Net;
using System.Net.Sockets;

namespace TinyGpt.Import.Hub;

/// <summary>Tells addresses of this machine and its networks from those of the internet.</summary>
internal static class PrivateAddresses
{
    /// <summary>IPv4 networks that are not the internet (RFC 6890): first address and length of the prefix.</summary>
    private static readonly IPNetwork[] Networks4 =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        ]).Select(IPNetwork.Parse),
    ];

    /// <summary>Likewise of IPv6: unspecified, loopback, unique local, link local, site local, multicast.</summary>
    private static readonly IPNetwork[] Networks6 =
        [.. ((string[])["::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"]).Select(IPNetwork.Parse)];

    // IPv6 addresses that contain an IPv4 address, and its place in them: compatible, NAT64, 6to4. The framework knows mapped ones.
    private static readonly (IPNetwork Network, int Start)[] Embedded =
    [
        (IPNetwork.Parse("::/96"), 12), (IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2),
    ];

    /// <summary>Whether an address belongs to this machine, its network, or no host at all.</summary>
    /// <param name="address">The address.</param>
    public static bool Contain(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Array.Exists(Networks4, network => network.Contains(address));
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return Contain(address.MapToIPv4());
        }

        IPAddress plain = new(address.GetAddressBytes()); // without the number of an interface
        byte[] bytes = plain.GetAddressBytes();
        return Array.Exists(Networks6, network => network.Contains(plain))
            || Array.Exists(Embedded, part => part.Network.Contains(plain) && Contain(new IPAddress(bytes.AsSpan(part.Start, 4))));
    }

    /// <summary>Whether a host is such an address as it is written, whatever the spelling, or a name of this machine.</summary>
    /// <param name="url">The address of a server.</param>
    public static bool ContainHostOf(Uri url)
    {
        string host = url.IdnHost.TrimEnd('.');
        return IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)
            ? Contain(address)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || url.IsLoopback;
    }
}
