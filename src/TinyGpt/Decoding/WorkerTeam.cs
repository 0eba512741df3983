using System.Diagnostics;

namespace TinyGpt.Decoding;

/// <summary>Runs the units <paramref name="first"/> … <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
/// <param name="first">The first unit.</param>
/// <param name="count">How many units.</param>
/// <param name="worker">The team member that runs them, from 0; selects its scratch.</param>
internal delegate void UnitRange(int first, int count, int worker);

/// <summary>
/// A few threads that share ranges of independent units with the thread that calls <see cref="Run"/>. Units are claimed in small runs
/// from one counter, so a worker that the system has put aside holds up nothing it has not already claimed. A worker joins a job only
/// while that is open: the caller never waits for one that has not woken. Workers look for the next job for some tens of microseconds
/// and then sleep. With one thread no thread is made and everything runs on the caller. Nothing is allocated after construction.
/// </summary>
/// <remarks>
/// Where a busy process shares the processors, the system takes a worker off for some milliseconds, and if that has claimed units, everybody
/// waits for them. A worker for which jobs waited that long twice within 6 ms costs more than it brings. It rests: it sleeps through the
/// jobs of the next 20 ms, twice as long each time that it is late again at once, up to 80 ms. So the others lose a time slice now
/// and then instead of every other one, and the worker is back soon after the neighbour has gone.
/// </remarks>
internal sealed class WorkerTeam : IDisposable
{
    private const int LooksBeforeSleep = 600;
    private const int SpinsPerLook = 8;

    private const int ShortestRest = 20; // milliseconds
    private const int LongestRest = 80;
    private static readonly long OnTimeTicks = Stopwatch.Frequency * 6 / 1000;

    // A late worker is one that the system has put aside, and none that has claimed expensive units: its unit takes half a millisecond more
    // than four of the caller's chunks.
    private const int LateClaims = 4;
    private static readonly long LateTicks = Stopwatch.Frequency / 2000;

    private readonly UnitRange _body;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly object _restGate = new();
    private Exception? _failure;
    private int _next;
    private int _end;
    private int _grain;
    private int _job;
    private int _active;
    private int _asleep;
    private int _lateJob = -1;
    private int _rests;
    private long _waited;
    private long _worked;
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

    /// <summary>How often a worker was sent to rest.</summary>
    public int Rests => Volatile.Read(ref _rests);

    /// <summary>
    /// Ticks of <see cref="Stopwatch"/> that the caller waited for workers at the ends of jobs, and those that all workers together spent in
    /// jobs, so far. For the caller, between jobs.
    /// </summary>
    public (long Waited, long Worked) Times => (_waited, _worked);

    /// <summary>Runs every unit once and returns when all are done. Not reentrant; one caller at a time.</summary>
    /// <param name="first">The first unit.</param>
    /// <param name="count">How many units.</param>
    /// <param name="grain">The chunk size: the units that a member takes at a time; 1 or more.</param>
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

        long begun = Stopwatch.GetTimestamp();
        int claims = ClaimUnits(0);
        int job = Interlocked.Increment(ref _job) - 1; // even: closed, no worker joins any more
        if (Volatile.Read(ref _active) != 0)
        {
            WaitForWorkers(job, begun, claims);
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

        lock (_restGate)
        {
            Monitor.PulseAll(_restGate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    /// <summary>Waits until no worker has units of a closed job left, and marks the job when that takes suspiciously long.</summary>
    private void WaitForWorkers(int job, long begun, int claims)
    {
        SpinWait wait = default;
        long closed = Stopwatch.GetTimestamp();
        long late = closed + LateTicks + (LateClaims * (closed - begun) / Math.Max(claims, 1));
        do
        {
            wait.SpinOnce(sleep1Threshold: -1);
            if (wait.NextSpinWillYield && Stopwatch.GetTimestamp() > late)
            {
                Volatile.Write(ref _lateJob, job);
            }
        }
        while (Volatile.Read(ref _active) != 0);

        _waited += Stopwatch.GetTimestamp() - closed;
    }

    private void Work(int worker)
    {
        Lateness lateness = default;
        int done = 0;
        while (!_disposed)
        {
            int job = WaitForJob(done);
            if ((job & 1) == 0)
            {
                done = job;
                continue;
            }

            long joined = Stopwatch.GetTimestamp();
            Interlocked.Increment(ref _active);
            if (Volatile.Read(ref _job) == job)
            {
                ClaimUnits(worker);
            }

            bool late = Volatile.Read(ref _lateJob) == job;
            Interlocked.Add(ref _worked, Stopwatch.GetTimestamp() - joined);
            Interlocked.Decrement(ref _active);
            done = job;
            if (late && lateness.NextRest(joined) is > 0 and int rest)
            {
                Rest(rest);
                lateness.Begin();
            }
        }
    }

    /// <summary>Sleeps, whatever jobs there are, until the time is over or the team ends.</summary>
    private void Rest(int milliseconds)
    {
        Interlocked.Increment(ref _rests);
        long end = Environment.TickCount64 + milliseconds;
        lock (_restGate)
        {
            while (!_disposed && end - Environment.TickCount64 is > 0 and long left)
            {
                Monitor.Wait(_restGate, (int)left);
            }
        }
    }

    /// <summary>Runs units until none is left.</summary>
    /// <returns>How many chunks that took.</returns>
    private int ClaimUnits(int worker)
    {
        int claims = 0;
        try
        {
            int end = _end;
            int grain = _grain;
            while (true)
            {
                int first = Interlocked.Add(ref _next, grain) - grain;
                if (first >= end)
                {
                    return claims;
                }

                claims++;
                _body(first, Math.Min(grain, end - first), worker);
            }
        }
        catch (Exception exception) when (worker != 0)
        {
            // Handed to the caller: an exception that leaves a thread's first method ends the process.
            Interlocked.CompareExchange(ref _failure, exception, null);
            return claims;
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

    /// <summary>How long a worker that is late rests: not at all if it was on time for a while, and longer each time.</summary>
    private struct Lateness
    {
        private int _rest;
        private long _since;

        /// <summary>Says how long to rest, 0 for not at all.</summary>
        /// <param name="joined">When the worker joined the job that it is late for.</param>
        public int NextRest(long joined)
        {
            bool wasOnTime = joined - _since > OnTimeTicks;
            _rest = wasOnTime ? 0 : Math.Clamp(2 * _rest, ShortestRest, LongestRest);
            Begin();
            return _rest;
        }

        /// <summary>From now on the worker is to be on time.</summary>
        public void Begin() => _since = Stopwatch.GetTimestamp();
    }
}
