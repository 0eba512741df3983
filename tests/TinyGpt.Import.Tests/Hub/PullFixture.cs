namespace TinyGpt.Import.Tests;

/// <summary>A hub with a tiny model, a cache, and a client whose waits are written down instead of waited.</summary>
internal sealed class PullFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TimeSpan> _waits = [];

    public FakeHub Hub { get; init; } = new() { Files = TinyModel.Files() };

    /// <summary>The waits before further attempts.</summary>
    public TimeSpan[] Waits
    {
        get
        {
            lock (_waits)
            {
                return [.. _waits];
            }
        }
    }

    public HubCache Cache => new(_folder.Name);

    public string Revision { get; init; } = "main";

    public string? Token { get; init; }

    public long? FreeSpace { get; init; }

    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A path in the model's folder in the cache.</summary>
    public string At(string path) =>
        Path.Combine(_folder.Name, "models", Hub.Name.Replace("/", "--", StringComparison.Ordinal), Uri.EscapeDataString(Revision), path);

    /// <summary>Every file in the cache, without the models' folder's name.</summary>
    public string[] CachedFiles() =>
    [
        .. Directory.EnumerateFiles(_folder.Name, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(At(""), path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public ModelHub CreateClient(Uri? endpoint = null) => new(new HubOptions
    {
        Cache = Cache,
        Endpoint = endpoint ?? Hub.Address,
        Token = Token,
        FreeSpace = _ => FreeSpace,
        StallTimeout = StallTimeout,
        UseProxy = false,
        Wait = (pause, cancellation) =>
        {
            lock (_waits)
            {
                _waits.Add(pause);
            }

            cancellation.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        },
    });

    public async Task<PullPlan> Plan(string? file = null)
    {
        using ModelHub client = CreateClient();
        return await client.PlanAsync(HubModelName.Parse(Hub.Name), Revision, file);
    }

    public async Task<PulledModel> Pull(IProgress<PullProgress>? progress = null, CancellationToken cancellation = default)
    {
        using ModelHub client = CreateClient();
        PullPlan plan = await client.PlanAsync(HubModelName.Parse(Hub.Name), Revision, cancellation: cancellation);
        return await client.PullAsync(plan, progress, cancellation);
    }

    public void Dispose()
    {
        Hub.Dispose();
        _folder.Dispose();
    }
}
