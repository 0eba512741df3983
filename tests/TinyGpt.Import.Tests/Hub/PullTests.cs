using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>What a pull leaves in the cache, and what the next one makes of it.</summary>
public sealed class PullTests
{
    private static readonly string[] Complete =
    [
        "checkpoint/config.json", "checkpoint/merges.txt", "checkpoint/model.safetensors", "checkpoint/vocab.json", "pull.json", "pull.lock",
        "tiny.tgpt",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pulled_model_is_what_its_folder_packs_to()
    {
        using PullFixture fixture = new();
        PulledModel model = await fixture.Pull();
        Assert.Equal(Complete, fixture.CachedFiles());
        Assert.Equal(fixture.At("tiny.tgpt"), model.Path);
        Assert.Equal(fixture.Hub.Commit, model.Commit);
        Assert.Equal(TinyModel.Needed.Sum(name => fixture.Hub.Files[name].Length), model.DownloadedBytes);
        Assert.All(TinyModel.Needed, name => Assert.Equal(fixture.Hub.Files[name], File.ReadAllBytes(fixture.At($"checkpoint/{name}"))));

        using TemporaryFolder folder = new();
        foreach (string name in TinyModel.Needed)
        {
            folder.Write(name, fixture.Hub.Files[name]);
        }

        Packer.Pack(folder.Name, folder.At("expected.tgpt"), cancellation: Cancellation);
        Assert.Equal(
            await File.ReadAllBytesAsync(folder.At("expected.tgpt"), Cancellation), await File.ReadAllBytesAsync(model.Path, Cancellation));
        Assert.Equal(model with { DownloadedBytes = 0 }, fixture.Cache.Find(model.Name));
    }

    [Fact]
    public async Task Weights_in_several_files_make_the_same_model()
    {
        using PullFixture single = new();
        using PullFixture sharded = new() { Hub = new FakeHub { Files = TinyModel.ShardedFiles() } };
        Assert.Equal(
            await File.ReadAllBytesAsync((await single.Pull()).Path, Cancellation),
            await File.ReadAllBytesAsync((await sharded.Pull()).Path, Cancellation));
    }

    [Fact]
    public async Task What_is_there_is_not_downloaded_again()
    {
        using PullFixture fixture = new();
        await fixture.Pull();
        int requests = fixture.Hub.Requests.Count;
        DateTime written = File.GetLastWriteTimeUtc(fixture.At("tiny.tgpt"));
        fixture.Hub.Commit = new string('b', 40); // the read-me was changed
        PulledModel again = await fixture.Pull();
        Assert.Equal((0, fixture.Hub.Commit), (again.DownloadedBytes, again.Commit));
        Assert.Equal(requests + 1, fixture.Hub.Requests.Count);
        Assert.Equal(written, File.GetLastWriteTimeUtc(again.Path));
        Assert.Equal(fixture.Hub.Commit, fixture.Cache.Find(again.Name)!.Commit);
    }

    [Fact]
    public async Task A_new_revision_downloads_what_changed_and_forgets_what_it_lacks()
    {
        using PullFixture fixture = new();
        byte[] first = await File.ReadAllBytesAsync((await fixture.Pull()).Path, Cancellation);
        TinyCheckpoint changed = new();
        changed.Tensors["lm_head.weight"].Values[0] += 1;
        fixture.Hub.Files[TinyModel.Weights] = changed.Build();
        fixture.Hub.Files.Remove("merges.txt");
        fixture.Hub.Files.Remove("vocab.json");
        PulledModel model = await fixture.Pull();
        Assert.Equal(fixture.Hub.Files[TinyModel.Weights].Length, model.DownloadedBytes);
        Assert.NotEqual(first, await File.ReadAllBytesAsync(model.Path, Cancellation));
        Assert.Equal(Complete.Except(["checkpoint/merges.txt", "checkpoint/vocab.json"]), fixture.CachedFiles());
    }

    [Fact]
    public async Task Damage_in_the_cache_is_repaired()
    {
        using PullFixture fixture = new();
        string packed = (await fixture.Pull()).Path;
        byte[] expected = await File.ReadAllBytesAsync(packed, Cancellation);
        await File.WriteAllTextAsync(packed, "damaged", Cancellation);
        Assert.Equal(0, (await fixture.Pull()).DownloadedBytes);
        Assert.Equal(expected, await File.ReadAllBytesAsync(packed, Cancellation));

        await File.WriteAllTextAsync(fixture.At("pull.json"), "{\"packed\":\"../../../etc\"", Cancellation);
        byte[] weights = await File.ReadAllBytesAsync(fixture.At("checkpoint/model.safetensors"), Cancellation);
        weights[^1] ^= 1;
        await File.WriteAllBytesAsync(fixture.At("checkpoint/model.safetensors"), weights, Cancellation);
        Assert.Null(fixture.Cache.Find(HubModelName.Parse("owner/tiny")));
        Assert.Equal(weights.Length, (await fixture.Pull()).DownloadedBytes);
        Assert.Equal(expected, await File.ReadAllBytesAsync(packed, Cancellation));
    }

    [Fact]
    public async Task Revisions_lie_beside_each_other()
    {
        using PullFixture fixture = new();
        await fixture.Pull();
        HubModelName name = HubModelName.Parse("owner/tiny");
        Assert.Null(fixture.Cache.Find(name, "v2"));
        Assert.Null(fixture.Cache.Find(HubModelName.Parse("tiny")));
        Assert.Null(fixture.Cache.Find(name, file: "tiny.gguf"));
        Assert.Throws<HubException>(() => fixture.Cache.Find(name, "../main"));
    }

    [Fact]
    public async Task A_configuration_that_is_not_supported_costs_no_weights()
    {
        using PullFixture fixture = new();
        fixture.Hub.Files["config.json"] = """{"model_type":"mamba"}"""u8.ToArray();
        ModelFormatException exception = await Assert.ThrowsAsync<ModelFormatException>(() => fixture.Pull());
        Assert.Contains("mamba", exception.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Hub.RequestsFor(TinyModel.Weights));

        fixture.Hub.Files["config.json"] = TinyModel.Files()["config.json"];
        fixture.Hub.Files["tokenizer.json"] = """{"model":{"type":"Unigram"}}"""u8.ToArray();
        await Assert.ThrowsAsync<ModelFormatException>(() => fixture.Pull());
        Assert.Empty(fixture.Hub.RequestsFor(TinyModel.Weights));
    }

    [Fact]
    public async Task A_full_disk_is_noticed_before_anything_large_comes()
    {
        using PullFixture none = new() { FreeSpace = 1000 };
        HubException exception = await Assert.ThrowsAsync<HubException>(() => none.Pull());
        Assert.Contains("MiB are free", exception.Reason, StringComparison.Ordinal);
        Assert.Contains("TINYGPT_CACHE", exception.Fix, StringComparison.Ordinal);
        Assert.Empty(none.Hub.RequestsFor("config.json"));

        // Enough for the files, and not for the packed model beside them.
        using PullFixture little = new() { FreeSpace = TinyModel.Needed.Sum(name => TinyModel.Files()[name].Length) };
        await Assert.ThrowsAsync<HubException>(() => little.Pull());
        Assert.Single(little.Hub.RequestsFor("config.json"));
        Assert.Empty(little.Hub.RequestsFor(TinyModel.Weights));
    }

    [Fact]
    public void The_disk_tells_what_is_free()
    {
        using TemporaryFolder folder = new();
        Assert.InRange(DiskSpace.Free(folder.Name) ?? -1, 1, long.MaxValue);
        Assert.Null(DiskSpace.Free(folder.At("no/such/folder")));
    }

    [Fact]
    public async Task Pulls_of_the_same_model_at_the_same_time_download_it_once()
    {
        using PullFixture fixture = new();
        fixture.Hub.Misbehave = request => request.File == TinyModel.Weights
            ? ServerReply.Slow(fixture.Hub.Files[TinyModel.Weights], pieces: 20)
            : null;
        PulledModel[] models = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.Pull()));
        Assert.Single(models.Select(model => model.Path).Distinct());
        Assert.Single(models, model => model.DownloadedBytes > 0);
        Assert.All(TinyModel.Needed, name => Assert.Single(fixture.Hub.RequestsFor(name)));
        using TgptFile file = TgptFile.Open(models[0].Path);
        file.Verify();
    }

    [Fact]
    public async Task A_waiting_pull_says_so_and_can_be_cancelled()
    {
        using PullFixture fixture = new();
        Directory.CreateDirectory(fixture.At(""));
        using CancellationTokenSource cancel = new();
        Reports reports = new(report => Assert.Equal(PullStage.Waiting, report.Stage), cancel.Cancel);
        using (await PullLock.AcquireAsync(fixture.At("pull.lock"), () => { }, Cancellation))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Pull(reports, cancel.Token));
        }

        await fixture.Pull();
    }

    [Fact]
    public async Task Reports_run_through_the_stages_to_their_ends()
    {
        using PullFixture fixture = new();
        List<PullProgress> seen = [];
        await fixture.Pull(new Reports(seen.Add));
        PullProgress[] downloading = [.. seen.TakeWhile(report => report.Stage == PullStage.Downloading)];
        PullProgress[] packing = [.. seen.Skip(downloading.Length)];
        Assert.Equal(downloading[^1].Bytes, downloading[^1].BytesDone);
        Assert.Equal(downloading.Select(report => report.BytesDone).Order(), downloading.Select(report => report.BytesDone));
        Assert.All(packing, report => Assert.Equal(PullStage.Packing, report.Stage));
        Assert.Equal(packing[^1].Bytes, packing[^1].BytesDone);
    }

    [Fact]
    public async Task One_gguf_file_is_downloaded_beside_a_checkpoint()
    {
        using PullFixture fixture = new();
        await fixture.Pull();
        fixture.Hub.Files["Q8/tiny-q8.gguf"] = "not a GGUF file"u8.ToArray();
        using ModelHub client = fixture.CreateClient();
        PullPlan plan = await client.PlanAsync(HubModelName.Parse("owner/tiny"), file: "Q8/tiny-q8.gguf", cancellation: Cancellation);
        await Assert.ThrowsAsync<ModelFormatException>(() => client.PullAsync(plan, cancellation: Cancellation));
        Assert.Equal([.. Complete[..4], "gguf/Q8/tiny-q8.gguf", .. Complete[4..]], fixture.CachedFiles());
        Assert.Equal(fixture.Hub.Files["Q8/tiny-q8.gguf"], await File.ReadAllBytesAsync(fixture.At("gguf/Q8/tiny-q8.gguf"), Cancellation));
        Assert.NotNull(fixture.Cache.Find(plan.Name)); // the model that was pulled before is still what the name means
    }
}
