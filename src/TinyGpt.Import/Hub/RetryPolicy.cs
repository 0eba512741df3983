namespace TinyGpt.Import.Hub;

/// <summary>Repeats what failed temporarily. Thread-safe.</summary>
/// <param name="wait">Waits for a time.</param>
internal sealed class RetryPolicy(Func<TimeSpan, CancellationToken, Task> wait)
{
    /// <summary>Attempts at a file's part; with their waits, half a minute.</summary>
    public const int MostAttempts = 6;

    /// <summary>Attempts where a person waits for the first answer.</summary>
    public const int FewAttempts = 3;

    // A connection that brings this much between two breaks is worth going on with, however often it breaks.
    private const long WorthGoingOn = 1 << 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    /// <summary>Does work, and again after it threw <see cref="TransientHubException"/>.</summary>
    /// <param name="mostAttempts">Attempts in a row without progress.</param>
    /// <param name="position">How far the work is, in bytes.</param>
    /// <param name="work">The work; it goes on from where it is.</param>
    /// <param name="cancellation">Ends working and waiting.</param>
    /// <exception cref="HubException">There were enough attempts, or the server wants to be left alone for too long.</exception>
    public async Task RunAsync(
        int mostAttempts, Func<long> position, Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        long reached = position();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await work(cancellation).ConfigureAwait(false);
                return;
            }
            catch (TransientHubException transient)
            {
                if (position() >= reached + WorthGoingOn)
                {
                    reached = position();
                    attempt = 1;
                }

                TimeSpan pause = transient.RetryAfter ?? (FirstWait * (1 << (attempt - 1)));
                if (attempt >= mostAttempts || pause > LongestWait)
                {
                    throw transient.Final(attempt, pause > LongestWait ? pause : null);
                }

                await wait(pause, cancellation).ConfigureAwait(false);
            }
        }
    }
}
