using TinyGpt.Soak;
using Xunit;

namespace TinyGpt.Tests.Platform;

/// <summary>Where the framework has no OpenSSL to call, models open, and sessions and stages are saved and restored.</summary>
public sealed class NoOpenSslTests
{
    [Fact]
    public async Task Saves_are_restored_and_written_and_go_on_with_the_same_words()
    {
        using BareSystem system = new(AppContext.BaseDirectory);
        (int exitCode, string output, string error) = await system.Run(
            typeof(SaveRoundTrip).Assembly.Location, "saves", Path.Combine(AppContext.BaseDirectory, "Golden"));
        Assert.True(exitCode == 0, error);
        Assert.Equal(
            "88 73 179 139 46 153 28 218 93 268 46 70 255 271 267 67 170 254 201 221 50 227 211 128 183 260 241 209 108\n"
            + "31314EEFBFBDDCB07E6C6C66EFBFBD424768EFBFBDEFBFBDEFBFBD31EFBFBDEFBFBD664EEFBFBDEFBFBD6C6C\n40\n",
            output);
    }

    /// <summary>So that the test above can fail: the test runner names its tests by the framework's SHA-256.</summary>
    [Fact]
    public async Task The_framework_s_SHA_256_ends_the_process_there()
    {
        using BareSystem system = new(AppContext.BaseDirectory);
        (int exitCode, string output, string error) = await system.Run(
            typeof(NoOpenSslTests).Assembly.Location, "--no-progress", "--filter-class", "TinyGpt.Tests.Format.Sha256Tests");
        Assert.True(exitCode != 0, output);
        Assert.Contains("libssl", output + error, StringComparison.Ordinal);
    }
}
