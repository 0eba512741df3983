using System.Text.Json;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class BenchTests
{
    [Fact]
    public async Task Decoding_256_tokens_of_gpt2_124m_allocates_nothing_in_the_whole_process()
    {
        CommandLineRun run = await CommandLineRun.Of(
            "bench", "--threads", "2", "--batch", "1", "--prompt", "16", "--tokens", "256", "--repeats", "2", "--json");
        Assert.Equal(0, run.ExitCode);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement[] rows = [.. report.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["decode", "matrices", "prefill", "token-matrices"], rows.Select(row => row.GetProperty("phase").GetString()).Order());
        JsonElement[] engine = [.. rows.Where(row => row.GetProperty("phase").GetString() is "decode" or "prefill")];
        Assert.All(engine, row => Assert.Equal(0, row.GetProperty("allocatedBytes").GetInt64()));
    }
}
