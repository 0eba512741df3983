using System.Net;
using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Redirects, as hubs use them for renamed models and for large files, and who gets the token.</summary>
public sealed class RedirectTests
{
    private const string Token = "hf_secret";
    private const string Bearer = $"Bearer {Token}";

    [Fact]
    public async Task The_hub_gets_the_token_also_behind_its_own_redirects_and_nobody_else_does()
    {
        using PullFixture fixture = new() { Token = Token, Hub = new FakeHub { Name = "new-owner/tiny", Files = TinyModel.Files() } };
        using LocalServer storage = new(request => request.Header("Authorization") is null
            ? ServerReply.Content(fixture.Hub.Files[TinyModel.Weights])
            : ServerReply.Status(400));
        fixture.Hub.Misbehave = request =>
            request.Header("Authorization") != Bearer ? ServerReply.Status(401)
            : request.Target.Contains("/tiny-old", StringComparison.Ordinal)
                ? ServerReply.Redirect(307, request.Target.Replace("owner/tiny-old", "new-owner/tiny", StringComparison.Ordinal))
            : request.File == TinyModel.Weights ? ServerReply.Redirect(302, $"{storage.Address}blob/1?X-Signature=signed")
            : null;
        using ModelHub client = fixture.CreateClient();
        PulledModel model = await client.PullAsync(await client.PlanAsync(HubModelName.Parse("owner/tiny-old")));
        Assert.EndsWith(Path.Combine("owner--tiny-old", "main", "tiny-old.tgpt"), model.Path, StringComparison.Ordinal);
        ServerRequest stored = Assert.Single(storage.Requests);
        Assert.Null(stored.Header("Authorization"));
        Assert.Equal("/blob/1?X-Signature=signed", stored.Target);
        Assert.All(fixture.Hub.Requests, request => Assert.Equal(Bearer, request.Header("Authorization")));
    }

    [Fact]
    public async Task Another_port_or_another_name_of_this_machine_is_another_server()
    {
        Assert.True(HubClient.IsSameServer(new Uri("https://hub.example/a"), new Uri("https://HUB.example:443/b?c")));
        Assert.False(HubClient.IsSameServer(new Uri("https://hub.example/"), new Uri("http://hub.example/")));
        Assert.False(HubClient.IsSameServer(new Uri("https://hub.example/"), new Uri("https://hub.example:8443/")));
        Assert.False(HubClient.IsSameServer(new Uri("https://hub.example/"), new Uri("https://cdn.hub.example/")));
        Assert.False(HubClient.IsSameServer(new Uri("https://hub.example/"), new Uri("https://hub.example.evil/")));

        using PullFixture fixture = new() { Token = Token };
        string alias = $"http://localhost:{fixture.Hub.Address.Port}";
        fixture.Hub.Misbehave = request => request.Header("Host")!.StartsWith("127.", StringComparison.Ordinal)
            ? ServerReply.Redirect(302, alias + request.Target)
            : null;
        await fixture.Plan();
        Assert.Equal([Bearer, null], fixture.Hub.Requests.Select(request => request.Header("Authorization")));
    }

    [Fact]
    public async Task A_resumed_file_asks_the_hub_again_because_signatures_expire()
    {
        using PullFixture fixture = new();
        byte[] weights = fixture.Hub.Files[TinyModel.Weights];
        using LocalServer storage = new(request =>
            request.Target == "/signed-1" ? ServerReply.Cut(weights, 1000, ("ETag", "\"x\""))
            : request.Target == "/signed-2" ? ServerReply.Part(weights, request.Start, ("ETag", "\"x\""))
            : ServerReply.Status(403));
        int signatures = 0;
        fixture.Hub.Misbehave = request => request.File == TinyModel.Weights
            ? ServerReply.Redirect(302, $"{storage.Address}signed-{Interlocked.Increment(ref signatures)}")
            : null;
        await fixture.Pull();
        Assert.Equal(["/signed-1", "/signed-2"], storage.Requests.Select(request => request.Target));
        Assert.Equal(("bytes=1000-", "\"x\""), (storage.Requests[1].Header("Range"), storage.Requests[1].Header("If-Range")));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("http://[")]
    [InlineData("//")]
    [InlineData("///")]
    [InlineData("http://")]
    [InlineData("http://:0/")]
    [InlineData("http://user@/")]
    [InlineData("https://exa mple/")]
    [InlineData("http://127.0.0.1:99999/")]
    [InlineData("")]
    public async Task A_redirect_to_something_else_is_refused(string location)
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = _ => location.Length == 0 ? ServerReply.Status(302) : ServerReply.Redirect(302, location);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Equal(HttpStatusCode.Redirect, exception.Status);
    }

    [Theory]
    [InlineData("https://hub.example/a", "http://hub.example/a", null)]
    [InlineData("https://hub.example/a", "http://cdn.example/a?signature=hf_secret", null)]
    [InlineData("https://hub.example/a", "https://cdn.example/b?c", "https://cdn.example/b?c")]
    [InlineData("https://hub.example/a/b", "c", "https://hub.example/a/c")]
    [InlineData("http://127.0.0.1/a", "https://cdn.example/", "https://cdn.example/")]
    public void A_redirect_never_leads_from_https_to_http(string from, string location, string? target)
    {
        using HttpResponseMessage answer = new(HttpStatusCode.Redirect) { Headers = { Location = new Uri(location, UriKind.RelativeOrAbsolute) } };
        if (target is not null)
        {
            Assert.Equal(new Uri(target), HubClient.Follow(new Uri(from), answer));
            return;
        }

        HubException exception = Assert.Throws<HubException>(() => HubClient.Follow(new Uri(from), answer));
        Assert.DoesNotContain(Token, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circle_of_redirects_ends()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = request => ServerReply.Redirect(302, request.Target);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Contains("redirects", exception.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(302)]
    public async Task No_message_shows_a_token_or_a_signature(int status)
    {
        using PullFixture fixture = new() { Token = Token };
        using LocalServer storage = new(_ => ServerReply.Status(status, ("X-Error-Message", Token), ("Location", "gopher://x/?hf_secret")));
        fixture.Hub.Misbehave = request => request.File == TinyModel.Weights
            ? ServerReply.Redirect(302, $"{storage.Address}blob?signature={Token}")
            : null;
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        Assert.Equal($"{storage.Address}blob", exception.Url);
        Assert.DoesNotContain(Token, exception.ToString(), StringComparison.Ordinal);
    }
}
