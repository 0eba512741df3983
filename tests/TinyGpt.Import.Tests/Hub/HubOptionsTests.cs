using TinyGpt.Import.Hub;
using Xunit;
using CacheSystem = TinyGpt.Import.Hub.CacheFolder.CacheSystem;

namespace TinyGpt.Import.Tests;

public sealed class HubOptionsTests
{
    private const string Secret = "hf_secret";

    [Fact]
    public void The_environment_chooses_hub_token_network_and_cache()
    {
        HubOptions options = From(
            ("HF_ENDPOINT", "https://mirror.example/hub/"), ("HF_TOKEN", $" {Secret}\n"), ("HF_HUB_OFFLINE", "yes"),
            ("TINYGPT_CACHE", "/models"));
        Assert.Equal("https://mirror.example/hub/", options.Endpoint.AbsoluteUri);
        Assert.Equal(Secret, options.Token);
        Assert.True(options.Offline);
        Assert.Equal(Path.GetFullPath("/models"), options.Cache.Folder);
        Assert.DoesNotContain(Secret, $"{options}", StringComparison.Ordinal);
    }

    [Fact]
    public void Without_it_the_hub_is_the_public_one()
    {
        HubOptions options = From(("TINYGPT_CACHE", "x"), ("HF_TOKEN", ""), ("HF_ENDPOINT", " "), ("HF_HUB_OFFLINE", "0"));
        Assert.Equal("https://huggingface.co/", options.Endpoint.AbsoluteUri);
        Assert.Null(options.Token);
        Assert.False(options.Offline);
    }

    [Theory]
    [InlineData("HF_ENDPOINT", "mirror.example")]
    [InlineData("HF_ENDPOINT", "ftp://mirror.example")]
    [InlineData("HF_ENDPOINT", "https://me:hf_secret@mirror.example")]
    [InlineData("HF_ENDPOINT", "https://mirror.example/?token=hf_secret")]
    [InlineData("HF_TOKEN", "hf_secret and\nmore")]
    [InlineData("HF_TOKEN", "hf_secretß")]
    public void A_value_that_makes_no_sense_is_refused_and_not_shown(string variable, string value)
    {
        HubException exception = Assert.Throws<HubException>(() => From((variable, value), ("TINYGPT_CACHE", "x")));
        Assert.Contains(variable, exception.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://mirror.example", false)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("https://mirror.example", true)]
    public void A_token_does_not_cross_the_network_in_clear(string endpoint, bool allowed)
    {
        (string, string)[] variables = [("HF_ENDPOINT", endpoint), ("TINYGPT_CACHE", "x")];
        From(variables);
        if (allowed)
        {
            From([.. variables, ("HF_TOKEN", Secret)]);
        }
        else
        {
            Assert.Throws<HubException>(() => From([.. variables, ("HF_TOKEN", Secret)]));
        }
    }

    [Fact]
    public void Each_system_has_its_place_for_caches()
    {
        (string, string)[] home = [("HOME", "/home/me"), ("LOCALAPPDATA", "/local")];
        Assert.Equal(Path.Combine("/home/me", ".cache", "tinygpt"), Find(CacheSystem.Unix, home));
        Assert.Equal(Path.Combine("/home/me", ".cache", "tinygpt"), Find(CacheSystem.Unix, [.. home, ("XDG_CACHE_HOME", "relative")]));
        Assert.Equal(Path.Combine("/xdg", "tinygpt"), Find(CacheSystem.Unix, [.. home, ("XDG_CACHE_HOME", "/xdg")]));
        Assert.Equal(Path.Combine("/home/me", "Library", "Caches", "tinygpt"), Find(CacheSystem.MacOS, [.. home, ("XDG_CACHE_HOME", "/xdg")]));
        Assert.Equal(Path.Combine("/local", "tinygpt", "cache"), Find(CacheSystem.Windows, home));
        Assert.All(Enum.GetValues<CacheSystem>(), system => Assert.Equal(
            Path.GetFullPath("mine"), Find(system, [.. home, ("TINYGPT_CACHE", "mine")])));
    }

    private static HubOptions From(params (string Name, string Value)[] variables) =>
        HubOptions.From(name => variables.FirstOrDefault(variable => variable.Name == name).Value, offline: false);

    private static string Find(CacheSystem system, (string Name, string Value)[] variables) =>
        CacheFolder.Find(name => variables.FirstOrDefault(variable => variable.Name == name).Value, system);
}
