namespace TinyGpt.Threading;

/// <summary>Runs the units <paramref name="first"/> … <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
/// <param name="first">The first unit.</param>
/// <param name="count">How many units.</param>
/// <param name="worker">Which member of the team runs them, from 0; for scratch of its own.</param>
internal delegate void UnitRange(int first, int count, int worker);

/// <summary>
/// A few threads that share ranges of independent units with the thread that calls <see cref="Run"/>. Units are claimed in small runs
/// from one counter, so a worker that the system has put aside holds up nothing it has not already claimed. A worker joins a job only
/// while that is open: the caller never waits for one that has not woken. Workers look for the next job for some tens of microseconds
/// and then sleep. With one thread no thread is made and everything runs on the caller. Nothing is allocated after construction.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private const int LooksBeforeSleep = 600;
    private const int SpinsPerLook = 8;

    private readonly UnitRange _body;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private Exception? _failure;
    private int _next;
    private int _end;
    private int _grain;
    private int _job;
    private int _active;
    private int _asleep;
    private volatile bool _disposed;

    /// <summary>Starts the team.</summary>
    /// <param name="threads">Members, the calling thread included; 1 or more.</param>
    /// <param name="body">What runs a range of units.</param>
    public WorkerTeam(int threads, UnitRange body)
    {
        _body = body;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"TinyGpt worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Members of the team, the calling thread included.</summary>
    public int Threads => _threads.Length + 1;

    /// <summary>Runs every unit once and returns when all are done. Not reentrant; one caller at a time.</summary>
    /// <param name="first">The first unit.</param>
    /// <param name="count">How many units.</param>
    /// <param name="grain">The units that a member claims at a time; 1 or more.</param>
    public void Run(int first, int count, int grain)
    {
        if (_threads.Length == 0 || count <= grain)
        {
            _body(first, count, 0);
            return;
        }

        _next = first;
        _end = first + count;
        _grain = grain;
        Interlocked.Increment(ref _job); // odd: open. A full fence, so that the reads below and the workers' see the job.
        if (Volatile.Read(ref _asleep) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        ClaimUnits(0);
        Interlocked.Increment(ref _job); // even: closed, nobody joins any more
        SpinWait wait = default;
        while (Volatile.Read(ref _active) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        if (Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            throw new InvalidOperationException("A worker failed.", failure);
        }
    }

    /// <summary>Ends the threads and waits for them. Must not be called while <see cref="Run"/> runs.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Work(int worker)
    {
        int done = 0;
        while (!_disposed)
        {
            int job = WaitForJob(done);
            if ((job & 1) == 0)
            {
                done = job;
                continue;
            }

            Interlocked.Increment(ref _active);
            if (Volatile.Read(ref _job) == job)
            {
                ClaimUnits(worker);
            }

            Interlocked.Decrement(ref _active);
            done = job;
        }
    }

    private void ClaimUnits(int worker)
    {
        try
        {
            int end = _end;
            int grain = _grain;
            while (true)
            {
                int first = Interlocked.Add(ref _next, grain) - grain;
                if (first >= end)
                {
                    return;
                }

                _body(first, Math.Min(grain, end - first), worker);
            }
        }
        catch (Exception exception) when (worker != 0)
        {
            // Handed to the caller: an exception that leaves a thread's first method ends the process.
            Interlocked.CompareExchange(ref _failure, exception, null);
        }
    }

    private int WaitForJob(int done)
    {
        for (int look = 0; look < LooksBeforeSleep; look++)
        {
            int job = Volatile.Read(ref _job);
            if (job != done || _disposed)
            {
                return job;
            }

            Thread.SpinWait(SpinsPerLook);
        }

        lock (_gate)
        {
            Interlocked.Increment(ref _asleep); // before the read below, as the caller writes before it reads the sleepers
            while (Volatile.Read(ref _job) == done && !_disposed)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _asleep);
            return Volatile.Read(ref _job);
        }
    }
}
