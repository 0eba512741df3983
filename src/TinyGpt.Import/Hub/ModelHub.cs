using TinyGpt.Import.Hub;
using TinyGpt.Import.HuggingFace;

namespace TinyGpt.Import;

/// <summary>
/// Downloads models from a hub like Hugging Face's, and packs them. Files come in parallel, go on where a connection broke, and are
/// checked against the sizes and hashes that the hub lists. Thread-safe.
/// </summary>
/// <remarks>
/// Two requests are made beside the files themselves: <c>ENDPOINT/api/models/NAME/revision/REVISION?blobs=true</c> for the list, and the
/// index of weights in several files. Files come from <c>ENDPOINT/NAME/resolve/COMMIT/FILE</c>, which may redirect to other servers.
/// </remarks>
public sealed class ModelHub : IDisposable
{
    /// <summary>The branch that is meant unless another revision is named.</summary>
    public const string DefaultRevision = "main";

    // More connections than this help one client little and the hub not at all.
    private const int MostParallelFiles = 4;

    private readonly HubOptions _options;
    private readonly HubClient _client;
    private readonly RetryPolicy _retries;
    private readonly FileDownload _download;

    /// <summary>Prepares to ask a hub; nothing is sent yet.</summary>
    /// <param name="options">Which hub, and where models are kept.</param>
    /// <exception cref="HubException">The options make no sense, or would send a token in clear.</exception>
    public ModelHub(HubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _client = new HubClient(options);
        _retries = new RetryPolicy(options.Wait);
        _download = new FileDownload(_client, _retries);
    }

    /// <summary>Asks the hub which files a model has, and chooses those that are needed. Nothing is written.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="file">A GGUF file of the model, or null for its safetensors (or its only GGUF file where it has no others).</param>
    /// <param name="cancellation">Ends waiting.</param>
    /// <exception cref="HubException">
    /// The network is forbidden, the hub cannot be reached or refuses, there is no such model, or it has nothing that can be packed.
    /// </exception>
    public async Task<PullPlan> PlanAsync(
        HubModelName name, string revision = DefaultRevision, string? file = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        _options.Cache.FolderOf(name, revision); // refuses what is no revision
        Uri url = Address($"api/models/{name}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        if (_options.Offline)
        {
            throw new HubException(
                null, null, $"{name} ({revision}) is not in the cache, and the network must not be used",
                $"leave out --offline and {HubOptions.OfflineVariable}");
        }

        byte[] answer = await ReadAsync(url, HubListing.LongestAnswer, cancellation).ConfigureAwait(false);
        HubListing listing = HubListing.Parse(answer, url, revision);
        HubFile main = FileSelection.FindMain(listing, file, url);
        IReadOnlyList<string> shards = FileSelection.IsIndex(main)
            ? await ReadIndexAsync(name, listing.Commit, main, cancellation).ConfigureAwait(false)
            : [];
        return new PullPlan(name, revision, listing.Commit, main, FileSelection.Choose(listing, main, shards, url));
    }

    /// <summary>
    /// Downloads a model into the cache and packs it. What is there already and right is not downloaded again; what was cancelled or
    /// broke off is kept, and the next call goes on with it. If another process pulls the same model, waits until that is over.
    /// </summary>
    /// <param name="plan">What to download.</param>
    /// <param name="progress">Told what happens, one report at a time, or null.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="HubException">The hub refuses or sends something else than it lists, or the disk is too full.</exception>
    /// <exception cref="ModelFormatException">The model is damaged or not supported; before its weights are downloaded if possible.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public async Task<PulledModel> PullAsync(
        PullPlan plan, IProgress<PullProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ModelFolder folder = _options.Cache.FolderOf(plan.Name, plan.Revision);
        Directory.CreateDirectory(folder.Root);
        using PullLock held = await PullLock.AcquireAsync(
            folder.Lock, () => progress?.Report(new PullProgress(PullStage.Waiting, 0, plan.Bytes)), cancellation).ConfigureAwait(false);
        PullManifest manifest = PullManifest.Of(plan);
        string packed = folder.Packed(plan.PackedName);
        long received = 0;
        if (PullManifest.TryRead(folder.Manifest)?.HasSameContent(manifest) != true || !IsUsable(packed))
        {
            folder.Prepare(plan);
            received = await DownloadAsync(plan, folder, progress, cancellation).ConfigureAwait(false);
            string main = folder.Download(plan, plan.Main);
            await Task.Run(() => Pack(main, packed, progress, cancellation), cancellation).ConfigureAwait(false);
        }

        manifest.Write(folder.Manifest);
        return new PulledModel(plan.Name, plan.Revision, plan.Commit, packed, received);
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => _client.Dispose();

    // A file of an older format, or one that was damaged, is made again.
    private static bool IsUsable(string packed)
    {
        try
        {
            TgptFile.ReadInfo(packed);
            return true;
        }
        catch (Exception exception) when (exception is IOException or ModelFormatException)
        {
            return false;
        }
    }

    private static void Pack(string main, string packed, IProgress<PullProgress>? progress, CancellationToken cancellation)
    {
        // An index names the files beside it.
        string source = main.EndsWith(".json", StringComparison.Ordinal) ? Path.GetDirectoryName(main)! : main;
        Packer.Pack(source, packed, null, progress is null ? null : new PackingProgress(progress), cancellation);
    }

    private async Task<long> DownloadAsync(
        PullPlan plan, ModelFolder folder, IProgress<PullProgress>? progress, CancellationToken cancellation)
    {
        DownloadProgress total = new(progress, plan.Bytes);
        ILookup<bool, HubFile> files = plan.Files.ToLookup(FileSelection.IsWeights);
        RequireSpace(plan, folder, packedBytes: 0);
        await DownloadAsync(files[false], plan, folder, total, cancellation).ConfigureAwait(false);
        if (!plan.IsGguf)
        {
            RequireSpace(plan, folder, PackedBytes(folder.Downloads(plan)));
        }

        await DownloadAsync(files[true], plan, folder, total, cancellation).ConfigureAwait(false);
        return total.Received;
    }

    private Task DownloadAsync(
        IEnumerable<HubFile> files, PullPlan plan, ModelFolder folder, DownloadProgress total, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = MostParallelFiles, CancellationToken = cancellation },
            async (file, token) => await _download.RunAsync(
                FileAddress(plan.Name, plan.Commit, file), file, folder.Download(plan, file), total, token).ConfigureAwait(false));

    private void RequireSpace(PullPlan plan, ModelFolder folder, long packedBytes)
    {
        long missing = plan.Files.Sum(file => file.Size - PartialFile.LengthAt(folder.Download(plan, file), file.Size));
        DiskSpace.Require(folder.Root, missing + packedBytes, _options.FreeSpace);
    }

    /// <summary>
    /// The size of the packed model from its configuration. Refuses by the way, while nothing large has been downloaded, a
    /// configuration or a tokenizer that is not supported.
    /// </summary>
    private static long PackedBytes(string folder)
    {
        ModelConfig config = HuggingFaceConfig.Read(Path.Combine(folder, FileSelection.Config));
        if (TokenizerFiles.Exists(folder))
        {
            TokenizerFiles.Read(folder, config.VocabularySize);
        }

        return ModelTensors.Of(config).Sum(tensor => tensor.Bytes);
    }

    private async Task<IReadOnlyList<string>> ReadIndexAsync(
        HubModelName name, string commit, HubFile index, CancellationToken cancellation)
    {
        Uri url = FileAddress(name, commit, index);
        byte[] content = await ReadAsync(url, FileSelection.LongestIndex, cancellation).ConfigureAwait(false);
        try
        {
            return FileSelection.ReadIndex(content);
        }
        catch (ModelFormatException exception)
        {
            throw new HubException(url, null, $"the index is damaged: {HubPath.Show(exception.Reason)}", null, exception);
        }
    }

    private async Task<byte[]> ReadAsync(Uri url, int longest, CancellationToken cancellation)
    {
        byte[] content = [];
        async Task Read(CancellationToken token)
        {
            using HubAnswer answer = await _client.GetAsync(url, start: 0, etag: null, token).ConfigureAwait(false);
            content = await answer.ReadToEndAsync(longest, token).ConfigureAwait(false);
        }

        await _retries.RunAsync(RetryPolicy.FewAttempts, () => 0, Read, cancellation).ConfigureAwait(false);
        return content;
    }

    private Uri FileAddress(HubModelName name, string commit, HubFile file)
    {
        string path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        return Address($"{name}/resolve/{Uri.EscapeDataString(commit)}/{path}");
    }

    private Uri Address(string relative) => new($"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/{relative}");

    private sealed class PackingProgress(IProgress<PullProgress> progress) : IProgress<PackProgress>
    {
        public void Report(PackProgress value) => progress.Report(new PullProgress(PullStage.Packing, value.BytesDone, value.Bytes));
    }
}
