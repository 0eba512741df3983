using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Which files of a model are chosen, and what a list may not contain.</summary>
public sealed class PlanTests
{
    private static readonly byte[] Some = new byte[10];

    [Fact]
    public async Task Weights_configuration_and_tokenizer_are_needed_and_nothing_else()
    {
        using PullFixture fixture = new();
        PullPlan plan = await fixture.Plan();
        Assert.Equal(TinyModel.Needed, Names(plan));
        Assert.Equal(plan.Bytes, TinyModel.Needed.Sum(name => fixture.Hub.Files[name].Length));
        Assert.Equal((fixture.Hub.Commit, "main", 4), (plan.Commit, plan.Revision, plan.FileCount));
        Assert.Empty(fixture.CachedFiles());
    }

    [Fact]
    public async Task The_parts_that_an_index_names_are_needed()
    {
        using PullFixture fixture = new() { Hub = new FakeHub { Files = TinyModel.ShardedFiles() } };
        fixture.Hub.Files["model-00003-of-00002.safetensors"] = Some;
        Assert.Equal(
            ["config.json", "merges.txt", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", TinyModel.Index, "vocab.json"],
            Names(await fixture.Plan()));
    }

    [Fact]
    public async Task One_file_of_another_name_will_do()
    {
        Assert.Equal(["config.json", "other.safetensors"], Names(await PlanOf("config.json", "other.safetensors", "onnx/x.safetensors")));
        Assert.Equal(["q8.gguf"], Names(await PlanOf("q8.gguf", "config.json")));
    }

    [Fact]
    public async Task A_chosen_gguf_file_needs_nothing_else()
    {
        using PullFixture fixture = new();
        fixture.Hub.Files["Q8/tiny-q8.gguf"] = Some;
        fixture.Hub.Files["Q8/tiny-q4.gguf"] = Some;
        PullPlan plan = await fixture.Plan("Q8/tiny-q8.gguf");
        Assert.Equal(["Q8/tiny-q8.gguf"], Names(plan));
        Assert.Equal("tiny-q8.tgpt", plan.PackedName);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan("q8.gguf"));
        Assert.Contains("Q8/tiny-q8.gguf, Q8/tiny-q4.gguf", exception.Fix, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HubException>(() => fixture.Plan("../q8.gguf"));
        await Assert.ThrowsAsync<HubException>(() => fixture.Plan("config.json"));
    }

    [Theory]
    [InlineData("neither safetensors nor GGUF", "config.json", "pytorch_model.bin")]
    [InlineData("several GGUF files", "a.gguf", "b.gguf")]
    [InlineData("several safetensors files", "config.json", "a.safetensors", "b.safetensors")]
    [InlineData("no config.json", "model.safetensors")]
    [InlineData("in parts are not supported", "a-00001-of-00002.gguf")]
    public async Task What_cannot_be_chosen_is_said(string reason, params string[] files)
    {
        HubException exception = await Assert.ThrowsAsync<HubException>(() => PlanOf(files));
        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../evil.safetensors")]
    [InlineData("..\\evil.safetensors")]
    [InlineData("/etc/evil.safetensors")]
    [InlineData("C:\\evil.safetensors")]
    [InlineData("a\u001b[2J.safetensors")]
    [InlineData("config.json")]
    [InlineData("absent.safetensors")]
    public async Task An_index_cannot_name_files_elsewhere(string shard)
    {
        using PullFixture fixture = new() { Hub = new FakeHub { Files = TinyModel.ShardedFiles() } };
        fixture.Hub.Files[TinyModel.Index] = Encoding.UTF8.GetBytes($"{{\"weight_map\":{{\"x\":{JsonSerializer.Serialize(shard)}}}}}");
        if (!shard.StartsWith("absent", StringComparison.Ordinal))
        {
            fixture.Hub.Files[shard] = Some;
        }

        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.DoesNotContain("\u001b", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_cannot_name_files_elsewhere()
    {
        foreach (string path in new[] { "../evil.gguf", "/evil.gguf", "C:\\evil.gguf", "a/../../evil.gguf", "nul.gguf", "e\u0007vil.gguf" })
        {
            HubException exception = await Assert.ThrowsAsync<HubException>(() => PlanOf(path));
            Assert.Contains("not a file name", exception.Reason, StringComparison.Ordinal);
        }

        // What is not needed may be called anything.
        Assert.Equal(["q8.gguf"], Names(await PlanOf("q8.gguf", "../../README.md")));
    }

    [Fact]
    public async Task Names_that_differ_in_case_alone_are_refused()
    {
        using PullFixture fixture = new() { Hub = new FakeHub { Files = TinyModel.ShardedFiles() } };
        fixture.Hub.Files["A.safetensors"] = Some;
        fixture.Hub.Files["a.safetensors"] = Some;
        fixture.Hub.Files[TinyModel.Index] = """{"weight_map":{"x":"A.safetensors","y":"a.safetensors"}}"""u8.ToArray();
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Contains("twice", exception.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>Sign in to the hotel's network</html>")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"siblings\":{}}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\"}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":-1}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":1e99}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":9223372036854775807}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":1,\"lfs\":{\"size\":9223372036854775807,\"sha256\":\"\"}}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":1,\"blobId\":\"zz\"}]}")]
    [InlineData("{\"siblings\":[{\"rfilename\":\"a\",\"size\":1,\"lfs\":{\"size\":1,\"sha256\":\"12\"}}]}")]
    [InlineData("{\"sha\":\"../../other\",\"siblings\":[]}")]
    public async Task An_answer_that_is_no_list(string answer)
    {
        using PullFixture fixture = new();
        fixture.Hub.ChangeListing = _ => answer;
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Contains("not a list", exception.Reason, StringComparison.Ordinal);
        Assert.Equal($"{fixture.Hub.Address}api/models/owner/tiny/revision/main", exception.Url);
    }

    [Fact]
    public async Task A_huge_list_is_read_and_a_monstrous_one_refused()
    {
        using PullFixture fixture = new();
        string entry = """{"rfilename":"checkpoints/step.txt","size":7,"blobId":"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},""";
        fixture.Hub.ChangeListing = listing => listing.Replace(
            "\"siblings\":[", "\"siblings\":[" + string.Concat(Enumerable.Repeat(entry, 20_000)), StringComparison.Ordinal);
        Assert.Equal(TinyModel.Needed, Names(await fixture.Plan()));

        fixture.Hub.ChangeListing = listing => listing.Replace(
            "\"siblings\":[", "\"siblings\":[" + string.Concat(Enumerable.Repeat(entry, 60_000)), StringComparison.Ordinal);
        await Assert.ThrowsAsync<HubException>(() => fixture.Plan());

        fixture.Hub.Misbehave = _ => ServerReply.Endless();
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Contains("more than 16777216 bytes", exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revisions_are_branches_tags_and_commits()
    {
        using PullFixture fixture = new() { Revision = "refs/pr/1", Hub = new FakeHub { Files = TinyModel.Files(), Revision = "refs/pr/1" } };
        Assert.Equal("refs/pr/1", (await fixture.Plan()).Revision);
        Assert.Equal("/api/models/owner/tiny/revision/refs%2Fpr%2F1?blobs=true", fixture.Hub.Requests[0].Target);
        foreach (string wrong in new[] { "", "..", "../main", "a b", "main?x", "/main", "a\\b", "%2e%2e" })
        {
            using PullFixture other = new() { Revision = wrong };
            await Assert.ThrowsAsync<HubException>(() => other.Plan());
            Assert.Empty(other.Hub.Requests);
        }
    }

    [Fact]
    public async Task Without_network_nothing_is_asked()
    {
        using PullFixture fixture = new();
        using ModelHub client = new(new HubOptions { Cache = fixture.Cache, Endpoint = fixture.Hub.Address, Offline = true });
        HubException exception = await Assert.ThrowsAsync<HubException>(() => client.PlanAsync(HubModelName.Parse("owner/tiny")));
        Assert.Contains("HF_HUB_OFFLINE", exception.Fix, StringComparison.Ordinal);
        Assert.Empty(fixture.Hub.Requests);
    }

    [Theory]
    [InlineData(404, null, "OWNER/NAME")]
    [InlineData(404, "RevisionNotFound", "--revision")]
    [InlineData(401, "RepoNotFound", "check the name")]
    [InlineData(401, null, "HF_TOKEN")]
    [InlineData(403, "GatedRepo", "HF_TOKEN")]
    [InlineData(418, null, "HF_ENDPOINT")]
    public async Task A_refusal_has_address_status_and_fix(int status, string? code, string fix)
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = _ => ServerReply.Status(status, code is null ? [] : [("X-Error-Code", code)]);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => fixture.Plan());
        Assert.Equal((HttpStatusCode)status, exception.Status);
        Assert.Contains($"{fixture.Hub.Address}api/models/owner/tiny/revision/main: {status} ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(fix, exception.Fix, StringComparison.Ordinal);
        Assert.Single(fixture.Hub.Requests);
        Assert.Empty(fixture.Waits);
    }

    private static string[] Names(PullPlan plan) => [.. plan.Files.Select(file => file.Path).Order(StringComparer.Ordinal)];

    private static async Task<PullPlan> PlanOf(params string[] files)
    {
        using PullFixture fixture = new() { Hub = new FakeHub { Files = files.ToDictionary(file => file, _ => Some) } };
        return await fixture.Plan();
    }
}
