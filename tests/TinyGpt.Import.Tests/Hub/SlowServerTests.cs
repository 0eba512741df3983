using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Bodies that come drop by drop, on a clock that the test moves.</summary>
public sealed class SlowServerTests
{
    [Theory]
    [InlineData(10, false)]
    [InlineData(0.001, true)]
    public async Task A_body_that_drips_is_ended(double secondsToRead, bool arrives)
    {
        byte[] content = new byte[400];
        using TemporaryFolder folder = new();
        using LocalServer server = new(_ => ServerReply.Slow(content, 100));
        HubOptions options = new()
        {
            Cache = new HubCache(folder.Name),
            Endpoint = server.Address,
            UseProxy = false,
            Clock = new SteppingClock(TimeSpan.FromSeconds(secondsToRead)),
        };
        using HubClient client = new(options);
        using HubAnswer answer = await client.GetAsync(server.Address, 0, null, TestContext.Current.CancellationToken);
        byte[] buffer = new byte[4];

        async Task ReadAll()
        {
            while (await answer.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
                // Nothing is done with it.
            }
        }

        if (arrives)
        {
            await ReadAll();
            return;
        }

        TransientHubException failure = await Assert.ThrowsAsync<TransientHubException>(ReadAll);
        Assert.Contains("less than 1024 a second", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A clock that advances by the same time at every reading.</summary>
    private sealed class SteppingClock(TimeSpan step) : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, step.Ticks);
    }
}
