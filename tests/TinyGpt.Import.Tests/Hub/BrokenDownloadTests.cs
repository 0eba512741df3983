using System.Net;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Connections that break, servers that are busy, and servers that send something else than they list.</summary>
public sealed class BrokenDownloadTests
{
    private static readonly byte[] Weights = TinyModel.Files()[TinyModel.Weights];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cut_connection_is_resumed_where_it_broke()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(
            fixture,
            (_, tag) => ServerReply.Cut(Weights, 1000, tag),
            (request, tag) => ServerReply.CutPart(Weights, request.Start, 500, tag));
        PulledModel model = await fixture.Pull();
        RequireWhole(fixture);
        ServerRequest[] requests = fixture.Hub.RequestsFor(TinyModel.Weights);
        Assert.Equal([null, "bytes=1000-", "bytes=1500-"], requests.Select(request => request.Header("Range")));
        string tag = fixture.Hub.EntityTag(Weights)!;
        Assert.Equal([null, tag, tag], requests.Select(request => request.Header("If-Range")));
        Assert.Equal(TinyModel.Needed.Sum(name => fixture.Hub.Files[name].Length), model.DownloadedBytes);
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)], fixture.Waits);
    }

    [Fact]
    public async Task A_later_run_goes_on_with_what_an_earlier_one_left()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, Enumerable.Repeat<Reply>((_, tag) => ServerReply.Cut(Weights, 1000, tag), 6));
        fixture.Hub.EntityTag = _ => null; // the hash alone says which content the beginning belongs to
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        Assert.Contains("6 attempts", exception.Reason, StringComparison.Ordinal);
        Assert.Contains("what was downloaded is kept", exception.Fix, StringComparison.Ordinal);
        Assert.Equal(1000, new FileInfo(fixture.At("checkpoint/model.safetensors.partial")).Length);
        Assert.Equal([1.0, 2, 4, 8, 16], fixture.Waits.Select(wait => wait.TotalSeconds));

        fixture.Hub.Misbehave = _ => null;
        PulledModel model = await fixture.Pull();
        Assert.Equal(Weights.Length - 1000, model.DownloadedBytes);
        Assert.Equal("bytes=1000-", fixture.Hub.RequestsFor(TinyModel.Weights)[^1].Header("Range"));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_cancelled_pull_keeps_what_came()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, (_, tag) => ServerReply.Silent(Weights, 2000, tag));
        long others = TinyModel.Needed.Where(name => name != TinyModel.Weights).Sum(name => fixture.Hub.Files[name].Length);
        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Pull(
            new Reports(report =>
            {
                if (report.BytesDone == others + 2000)
                {
                    cancel.Cancel();
                }
            }),
            cancel.Token));
        Assert.Equal(2000, new FileInfo(fixture.At("checkpoint/model.safetensors.partial")).Length);
        Assert.Equal(Weights.Length - 2000, (await fixture.Pull()).DownloadedBytes);
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_all_of_it_again()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(
            fixture,
            (_, tag) => ServerReply.Cut(Weights, 1000, tag), (_, tag) => ServerReply.Content(Weights, tag));
        await fixture.Pull();
        Assert.Equal(["", "bytes=1000-"], fixture.Hub.RequestsFor(TinyModel.Weights).Select(request => request.Header("Range") ?? ""));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_changed_entity_tag_begins_anew()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, (_, _) => ServerReply.Cut(new byte[Weights.Length], 1000, ("ETag", "\"old\"")));
        await fixture.Pull();
        ServerRequest[] requests = fixture.Hub.RequestsFor(TinyModel.Weights);
        Assert.Equal([null, "\"old\""], requests.Select(request => request.Header("If-Range")));
        RequireWhole(fixture);

        // A server that sends the part nevertheless, and says whose part it is.
        using PullFixture other = new();
        other.Hub.Misbehave = ForWeights(
            other,
            (_, _) => ServerReply.Cut(new byte[Weights.Length], 1000, ("ETag", "\"old\"")),
            (request, tag) => ServerReply.Part(Weights, request.Start, tag));
        await other.Pull();
        Assert.Equal(["", "bytes=1000-", ""], other.Hub.RequestsFor(TinyModel.Weights).Select(request => request.Header("Range") ?? ""));
        RequireWhole(other);
    }

    [Fact]
    public async Task A_weak_entity_tag_promises_nothing()
    {
        using PullFixture fixture = new();
        fixture.Hub.EntityTag = _ => "W/\"weak\"";
        fixture.Hub.Misbehave = ForWeights(fixture, (_, tag) => ServerReply.Cut(Weights, 1000, tag));
        await fixture.Pull();
        Assert.Null(fixture.Hub.RequestsFor(TinyModel.Weights)[1].Header("If-Range"));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_beginning_of_another_content_is_thrown_away()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, Enumerable.Repeat<Reply>((_, tag) => ServerReply.Cut(Weights, 1000, tag), 6));
        await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        TinyCheckpoint changed = new();
        changed.Tensors["lm_head.weight"].Values[0] += 1;
        fixture.Hub.Files[TinyModel.Weights] = changed.Build();
        await fixture.Pull();
        Assert.Null(fixture.Hub.RequestsFor(TinyModel.Weights)[^1].Header("Range"));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_beginning_that_was_damaged_on_the_disk_is_downloaded_anew()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, Enumerable.Repeat<Reply>((_, tag) => ServerReply.Cut(Weights, 1000, tag), 6));
        await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        await File.WriteAllBytesAsync(fixture.At("checkpoint/model.safetensors.partial"), new byte[1000], Cancellation);
        await fixture.Pull();
        Assert.Equal(["bytes=1000-", ""], fixture.Hub.RequestsFor(TinyModel.Weights)[^2..].Select(request => request.Header("Range") ?? ""));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_range_that_cannot_be_satisfied_begins_anew()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, (_, tag) => ServerReply.Cut(Weights, 1000, tag), (_, _) => ServerReply.Status(416));
        await fixture.Pull();
        RequireWhole(fixture);
    }

    [Theory]
    [InlineData(TinyModel.Weights, "sha256:")]
    [InlineData("config.json", "git-sha1:")]
    public async Task Content_of_another_hash_is_refused_and_not_kept(string name, string kind)
    {
        using PullFixture fixture = new();
        byte[] wrong = [.. fixture.Hub.Files[name]];
        wrong[^1] ^= 1;
        fixture.Hub.Misbehave = request => request.File == name ? ServerReply.Content(wrong) : null;
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        Assert.Contains(kind, exception.Reason, StringComparison.Ordinal);
        Assert.Equal(2, fixture.Hub.RequestsFor(name).Length);
        Assert.False(File.Exists(fixture.At($"checkpoint/{name}")));
        Assert.Equal(0, new FileInfo(fixture.At($"checkpoint/{name}.partial")).Length);
        Assert.Null(fixture.Cache.Find(HubModelName.Parse("owner/tiny")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Content_of_another_size_is_refused(int difference)
    {
        using PullFixture fixture = new();
        byte[] wrong = new byte[Weights.Length + difference];
        fixture.Hub.Misbehave = request => request.File == TinyModel.Weights ? ServerReply.Content(wrong) : null;
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        Assert.Contains($"{Weights.Length}", exception.Reason, StringComparison.Ordinal);
        Assert.Single(fixture.Hub.RequestsFor(TinyModel.Weights));
    }

    [Fact]
    public async Task A_body_without_end_is_left_at_the_listed_size()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = request => request.File == TinyModel.Weights ? ServerReply.Endless() : null;
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Pull());
        Assert.Contains("another number of bytes", exception.Reason, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(fixture.At("checkpoint/model.safetensors.partial")).Length);
    }

    [Fact]
    public async Task A_server_that_goes_silent_counts_as_broken()
    {
        using PullFixture fixture = new() { StallTimeout = TimeSpan.FromMilliseconds(300) };
        fixture.Hub.Misbehave = ForWeights(fixture, (_, tag) => ServerReply.Silent(Weights, 1000, tag));
        await fixture.Pull();
        Assert.Equal("bytes=1000-", fixture.Hub.RequestsFor(TinyModel.Weights)[^1].Header("Range"));
        RequireWhole(fixture);
    }

    [Fact]
    public async Task A_slow_server_is_waited_for()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = ForWeights(fixture, (_, _) => ServerReply.Slow(Weights, pieces: 100));
        await fixture.Pull();
        Assert.Single(fixture.Hub.RequestsFor(TinyModel.Weights));
        RequireWhole(fixture);
    }

    [Theory]
    [InlineData(429, "7", null, 7)]
    [InlineData(503, "0", null, 0)]
    [InlineData(503, "Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 30)]
    [InlineData(503, "Wed, 21 Oct 2026 07:27:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 0)]
    [InlineData(500, null, null, 1)]
    [InlineData(502, "soon", null, 1)]
    public async Task A_busy_server_is_left_alone_as_long_as_it_asks(int status, string? retryAfter, string? date, int seconds)
    {
        using PullFixture fixture = new();
        (string, string)[] headers =
            [.. retryAfter is null ? [] : new[] { ("Retry-After", retryAfter) }, .. date is null ? [] : new[] { ("Date", date) }];
        fixture.Hub.Misbehave = ForWeights(fixture, (_, _) => ServerReply.Status(status, headers));
        await fixture.Pull();
        Assert.Equal([TimeSpan.FromSeconds(seconds)], fixture.Waits);
    }

    [Fact]
    public async Task A_server_that_asks_for_hours_is_not_waited_for()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = _ => ServerReply.Status(429, ("Retry-After", "7200"));
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Equal(HttpStatusCode.TooManyRequests, exception.Status);
        Assert.Contains("7200 seconds", exception.Reason, StringComparison.Ordinal);
        Assert.Empty(fixture.Waits);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_given_up_soon()
    {
        using PullFixture fixture = new();
        Uri nobody;
        using (FakeHub gone = new())
        {
            nobody = gone.Address;
        }

        using ModelHub client = fixture.CreateClient(nobody);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => client.PlanAsync(HubModelName.Parse("gpt2")));
        Assert.Null(exception.Status);
        Assert.Contains("3 attempts", exception.Reason, StringComparison.Ordinal);
        Assert.Equal(2, fixture.Waits.Length);
    }

    [Fact]
    public async Task Progress_between_breaks_earns_further_attempts()
    {
        const int Break = 1 << 20;
        byte[] large = new byte[(12 * Break) + 5];
        new Random(1).NextBytes(large);
        using PullFixture fixture = new() { Hub = new FakeHub { Files = new() { ["a.gguf"] = large } } };
        fixture.Hub.Misbehave = request => request.File == "a.gguf" && request.Start < 12 * Break
            ? request.Start == 0
                ? ServerReply.Cut(large, Break, fixture.Hub.Tag(large))
                : ServerReply.CutPart(large, request.Start, Break, fixture.Hub.Tag(large))
            : null;
        await Assert.ThrowsAsync<ModelFormatException>(() => fixture.Pull()); // noise is no model, but it came
        Assert.Equal(large, await File.ReadAllBytesAsync(fixture.At("gguf/a.gguf"), Cancellation));
        Assert.Equal(13, fixture.Hub.RequestsFor("a.gguf").Length);
        Assert.All(fixture.Waits, wait => Assert.Equal(1, wait.TotalSeconds));
    }

    private delegate ServerReply Reply(ServerRequest request, (string Name, string Value)[] tag);

    /// <summary>Wrong answers to the first requests for the weights, one after another; then right ones.</summary>
    private static Func<ServerRequest, ServerReply?> ForWeights(PullFixture fixture, params IEnumerable<Reply> replies)
    {
        Queue<Reply> rest = new(replies);
        return request => request.File == TinyModel.Weights && rest.TryDequeue(out Reply? reply)
            ? reply(request, fixture.Hub.Tag(Weights))
            : null;
    }

    private static void RequireWhole(PullFixture fixture)
    {
        Assert.Equal(fixture.Hub.Files[TinyModel.Weights], File.ReadAllBytes(fixture.At("checkpoint/model.safetensors")));
        Assert.DoesNotContain(fixture.CachedFiles(), name => name.Contains("partial", StringComparison.Ordinal));
        Assert.NotNull(fixture.Cache.Find(HubModelName.Parse("owner/tiny")));
    }
}
