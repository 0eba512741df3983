using System.Diagnostics;
using TinyGpt.Decoding;
using Xunit;

namespace TinyGpt.Tests.Threading;

public sealed class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_unit_runs_exactly_once_in_every_job(int threads)
    {
        int[] runs = new int[1000];
        using WorkerTeam team = new(threads, (first, count, worker) =>
        {
            Assert.InRange(worker, 0, threads - 1);
            for (int unit = first; unit < first + count; unit++)
            {
                Interlocked.Increment(ref runs[unit]);
            }
        });
        for (int job = 1; job <= 2000; job++)
        {
            int first = job % 7;
            Array.Clear(runs);
            team.Run(first, 300 + (job % 600), 1 + (job % 13));
            Assert.Equal(300 + (job % 600), runs.Sum());
            Assert.All(runs[first..(first + 300 + (job % 600))], count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void A_worker_that_fails_is_reported_to_the_caller_and_the_team_goes_on()
    {
        bool fail = true;
        using WorkerTeam team = new(3, (first, _, worker) =>
        {
            Thread.SpinWait(2000);
            if (Volatile.Read(ref fail) && worker != 0)
            {
                throw new FormatException($"unit {first}");
            }
        });
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int attempt = 0; attempt < 10_000; attempt++)
            {
                team.Run(0, 1000, 1);
            }
        });
        Assert.IsType<FormatException>(thrown.InnerException);
        Volatile.Write(ref fail, false);
        team.Run(0, 1000, 1);
    }

    [Fact]
    public void Jobs_allocate_nothing()
    {
        using WorkerTeam team = new(2, (_, _, _) => Thread.SpinWait(10));
        for (int job = 0; job < 1000; job++)
        {
            team.Run(0, 64, 1);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int job = 0; job < 1000; job++)
        {
            team.Run(0, 64, 1);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Workers_wake_from_sleep()
    {
        int units = 0;
        using WorkerTeam team = new(2, (_, count, _) => Interlocked.Add(ref units, count));
        for (int job = 0; job < 5; job++)
        {
            Thread.Sleep(20); // much longer than a worker looks for work before it sleeps
            team.Run(0, 100, 1);
        }

        Assert.Equal(500, units);
    }

    [Fact]
    public void What_workers_work_and_the_caller_waits_for_is_counted()
    {
        bool joined = false;
        using WorkerTeam team = new(2, (_, _, worker) =>
        {
            if (worker != 0)
            {
                Volatile.Write(ref joined, true);
                Thread.Sleep(50); // far longer than the caller's units take
            }
        });
        for (int job = 0; job < 20_000 && !Volatile.Read(ref joined); job++)
        {
            team.Run(0, 100_000, 1);
        }

        Assert.True(joined, "the worker joins no job");
        (long waited, long worked) = team.Times;
        Assert.True(worked >= 45 * Stopwatch.Frequency / 1000, $"{worked} ticks of work are too few");
        Assert.True(waited > 0, "the wait was not counted");
    }

    [Fact]
    public void Alone_nobody_waits()
    {
        using WorkerTeam team = new(1, (_, _, _) => { });
        team.Run(0, 100, 1);
        Assert.Equal((0, 0), team.Times);
    }

    [Fact]
    public void A_worker_that_keeps_jobs_waiting_rests_and_joins_again_later()
    {
        bool isLate = true;
        int joined = 0;
        using WorkerTeam team = new(2, (_, _, worker) =>
        {
            if (worker != 0)
            {
                Interlocked.Increment(ref joined);
                Thread.Sleep(Volatile.Read(ref isLate) ? 50 : 0); // far longer than the caller's units take
            }
        });

        // Jobs in which the worker claims nothing do not count; most are such, because their units take the caller no time.
        Assert.True(RunUntil(() => team.Rests > 0), "the worker was late again and again");
        Assert.True(joined >= 2, "once is no reason to rest");

        Volatile.Write(ref isLate, false);
        int before = joined;
        Assert.True(RunUntil(() => Volatile.Read(ref joined) > before), "the rest does not end");

        bool RunUntil(Func<bool> isReached)
        {
            for (int job = 0; job < 20_000 && !isReached(); job++)
            {
                team.Run(0, 100_000, 1);
            }

            return isReached();
        }
    }
}
