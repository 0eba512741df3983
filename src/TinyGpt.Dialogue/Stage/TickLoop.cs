using System.Diagnostics;

namespace TinyGpt.Dialogue.Stage;

/// <summary>How a stage advances: the inputs, rounds of scheduling, computing and collecting within the budget, and the listeners.</summary>
internal sealed class TickLoop(StageCore core)
{
    private const double SmallestRest = 0.05; // milliseconds of a budget that are worth another step

    private readonly byte[] _delivered = new byte[1024];

    /// <summary>Ticks once, on the thread that calls.</summary>
    public StepStatus Advance(StepBudget budget, CancellationToken cancellation)
    {
        lock (core.Ticking)
        {
            long start = Stopwatch.GetTimestamp();
            lock (core.Gate)
            {
                core.RequireAlive();
                core.BeginTick();
            }

            while (true)
            {
                lock (core.Gate)
                {
                    core.Scheduler.Schedule();
                }

                StepStatus step = core.Engine.Step(Rest(budget, start), cancellation);
                lock (core.Gate)
                {
                    core.Scheduler.Collect();
                }

                Deliver();
                bool hasTime = budget == StepBudget.Unlimited || Rest(budget, start).Duration is { TotalMilliseconds: > SmallestRest };
                if (!core.Context.HasChanged || !hasTime)
                {
                    return Status(step);
                }
            }
        }
    }

    private static StepBudget Rest(StepBudget budget, long start) => budget.Duration is { } time
        ? StepBudget.Milliseconds(Math.Max(0, (time - Stopwatch.GetElapsedTime(start)).TotalMilliseconds))
        : budget;

    private StepStatus Status(StepStatus step)
    {
        lock (core.Gate)
        {
            // Listeners may have said something that the next tick does.
            return !core.Inbox.IsEmpty ? StepStatus.Working
                : !core.Scheduler.IsBusy ? StepStatus.Idle
                : core.Context.HasChanged || step == StepStatus.Working ? StepStatus.Working
                : StepStatus.Waiting;
        }
    }

    /// <summary>Hands text to listeners, which may call anything that takes the gate alone.</summary>
    private void Deliver()
    {
        for (int i = 0; ; i++)
        {
            Talk talk;
            lock (core.Gate)
            {
                if (i >= core.Talks.Count)
                {
                    return;
                }

                talk = core.Talks[i];
            }

            while (true)
            {
                TextListener? listener;
                object? state;
                int written;
                lock (core.Gate)
                {
                    if (!talk.TryDeliver(_delivered, out written, out listener, out state))
                    {
                        break;
                    }
                }

                listener(talk, _delivered.AsSpan(0, written), state);
            }
        }
    }
}
