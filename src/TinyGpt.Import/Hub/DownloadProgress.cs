namespace TinyGpt.Import.Hub;

/// <summary>Adds up what parallel downloads have done. Thread-safe; reports come one at a time and in their order.</summary>
/// <param name="progress">Told after each change, or null.</param>
/// <param name="bytes">The bytes of all files.</param>
internal sealed class DownloadProgress(IProgress<PullProgress>? progress, long bytes)
{
    private readonly Lock _lock = new();
    private long _done;
    private long _received;

    /// <summary>Bytes that came over the network, those included that were thrown away.</summary>
    public long Received
    {
        get
        {
            lock (_lock)
            {
                return _received;
            }
        }
    }

    /// <summary>Counts bytes that were there already, or takes back those that are thrown away.</summary>
    public void Advance(long count) => Add(count, 0);

    /// <summary>Counts bytes that came.</summary>
    public void Receive(int count) => Add(count, count);

    private void Add(long done, long received)
    {
        lock (_lock)
        {
            _done += done;
            _received += received;
            progress?.Report(new PullProgress(PullStage.Downloading, _done, bytes));
        }
    }
}
