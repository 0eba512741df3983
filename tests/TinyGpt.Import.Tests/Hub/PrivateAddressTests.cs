using System.Net;
using System.Net.Sockets;
using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>A hub on the internet cannot send this machine to itself or into its network.</summary>
public sealed class PrivateAddressTests
{
    private const string PublicAddress = "93.184.216.34";

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.255.1.2/")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://172.31.255.255/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://255.255.255.255/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST./")]
    [InlineData("http://x.localhost/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    [InlineData("http://[::127.0.0.1]/")]
    [InlineData("http://[64:ff9b::10.0.0.1]/")]
    [InlineData("http://[2002:a9fe:a9fe::]/")]
    public async Task A_redirect_of_a_public_hub_to_such_an_address_is_refused(string location)
    {
        Assert.True(PrivateAddresses.ContainHostOf(new Uri(location)));
        HubException refusal = await Assert.ThrowsAsync<HubException>(() => Follow(location, name => [IPAddress.Parse(PublicAddress)]));
        Assert.Contains("address in this machine's network", refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://cdn.example/x", "10.0.0.1")]
    [InlineData("http://cdn.example/x", "169.254.169.254")]
    [InlineData("http://cdn.example/x", "::ffff:127.0.0.1")]
    [InlineData("http://cdn.example/x", "fe80::1%1")]
    [InlineData("http://cdn.example/x", "93.184.216.35", "127.0.0.1")]
    public async Task A_name_counts_as_the_addresses_that_it_resolves_to(string location, params string[] addresses)
    {
        HubException refusal = await Assert.ThrowsAsync<HubException>(() => Follow(
            location, name => name == "cdn.example" ? [.. addresses.Select(IPAddress.Parse)] : [IPAddress.Parse(PublicAddress)]));
        Assert.Contains("address in this machine's network", refusal.Reason, StringComparison.Ordinal);
        Assert.StartsWith("http://cdn.example/x", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_servers_of_the_internet_are_followed()
    {
        Assert.Equal("content", await Follow("http://cdn.example/x", _ => [IPAddress.Parse(PublicAddress)]));
        Assert.Equal("content", await Follow($"http://{PublicAddress}/x", _ => [IPAddress.Parse("8.8.8.8")]));
    }

    [Fact]
    public async Task A_hub_of_the_own_network_may_send_anywhere()
    {
        Assert.Equal("content", await Follow("http://10.0.0.2/x", _ => [IPAddress.Parse("10.0.0.1")]));
        Assert.Equal("content", await Follow("http://cdn.example/x", _ => [IPAddress.Parse("192.168.0.7")]));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946")]
    [InlineData("::ffff:8.8.8.8")]
    public void Addresses_of_the_internet_are_not_private(string address) => Assert.False(PrivateAddresses.Contain(IPAddress.Parse(address)));

    /// <summary>Asks a hub that redirects, with names and connections that are the test's own.</summary>
    private static async Task<string> Follow(string location, Func<string, IPAddress[]> resolve)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using TemporaryFolder folder = new();
        using LocalServer server = new(request => request.Target == "/start"
            ? ServerReply.Redirect(302, location)
            : ServerReply.Content("content"u8.ToArray()));
        HubOptions options = new()
        {
            Cache = new HubCache(folder.Name),
            Endpoint = new Uri("http://hub.example"),
            UseProxy = false,
            Resolve = (name, _) => Task.FromResult(resolve(name)),
            Connect = async (_, _, token) =>
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using HubClient client = new(options);
        using HubAnswer answer = await client.GetAsync(new Uri("http://hub.example/start"), 0, null, cancellation);
        return System.Text.Encoding.UTF8.GetString(await answer.ReadToEndAsync(100, cancellation));
    }
}
