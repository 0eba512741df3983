using System.Diagnostics;

namespace TinyGpt.Dialogue;

/// <summary>How a stage advances: the inputs, rounds of scheduling, computing and collecting within the budget, and the listeners.</summary>
public sealed partial class DialogueStage
{
    private const double SmallestRest = 0.05; // milliseconds of a budget that are worth another step

    private readonly Lock _ticking = new();
    private readonly byte[] _delivered = new byte[1024];
    private long _ticks;
    private long _now; // the tick whose inputs are done
    private bool _changed;

    /// <summary>Ticks so far, those of a run in the background included; 0 for a new stage, and the saved number for one of a save.</summary>
    public long Ticks
    {
        get
        {
            lock (Gate)
            {
                return _ticks;
            }
        }
    }

    /// <summary>
    /// Does what was asked for since the last tick, advances everybody within the budget, and makes text readable. Never waits. A tick does
    /// one slice of work at least, about 0.1 ms.
    /// </summary>
    /// <param name="budget">
    /// How long to work: milliseconds, which include everything that the tick does but listeners that it has begun to call, or passes, which
    /// have words come in the same ticks on every machine.
    /// </param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <returns>
    /// Whether there is more to do: <see cref="StepStatus.Waiting"/> where all of it waits for text to be read or characters to come nearer,
    /// <see cref="StepStatus.Idle"/> where nobody has anything to say.
    /// </returns>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellation"/> was signalled. The tick counts, and the next one goes on where it ended.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stage runs in the background, or a listener ticks.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    /// <remarks>
    /// A call from a second thread waits until the first one's tick is over. What a listener throws leaves the tick. Allocates nothing once
    /// every talk has spoken.
    /// </remarks>
    public StepStatus Tick(StepBudget budget, CancellationToken cancellation = default)
    {
        if (_background is not null)
        {
            throw new InvalidOperationException("The stage runs in the background: dispose the run before ticking.");
        }

        RefuseListener();
        return Advance(budget, cancellation);
    }

    /// <summary>Refuses what would pull the tick away under the one that is calling the listener, or save half of it.</summary>
    /// <exception cref="InvalidOperationException">A listener calls, on the thread that ticks.</exception>
    private void RefuseListener()
    {
        if (_ticking.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("A listener cannot tick, save or dispose the stage that calls it: do that when the tick is over.");
        }
    }

    private StepStatus Advance(StepBudget budget, CancellationToken cancellation)
    {
        lock (_ticking)
        {
            long start = Stopwatch.GetTimestamp();
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _now = ++_ticks;
                ApplyInputs();
            }

            while (true)
            {
                lock (Gate)
                {
                    _changed = false;
                    Schedule();
                }

                StepStatus step = _engine.Step(Rest(budget, start), cancellation);
                lock (Gate)
                {
                    Collect();
                }

                Deliver();
                if (!_changed || !(budget == StepBudget.Unlimited || Rest(budget, start).Duration is { TotalMilliseconds: > SmallestRest }))
                {
                    return Status(step);
                }
            }
        }
    }

    private StepStatus Status(StepStatus step)
    {
        lock (Gate)
        {
            // Listeners may have said something that the next tick does.
            return _inputs.Count > 0 ? StepStatus.Working
                : !IsBusy() ? StepStatus.Idle
                : _changed || step == StepStatus.Working ? StepStatus.Working
                : StepStatus.Waiting;
        }
    }

    private static StepBudget Rest(StepBudget budget, long start) => budget.Duration is { } time
        ? StepBudget.Milliseconds(Math.Max(0, (time - Stopwatch.GetElapsedTime(start)).TotalMilliseconds))
        : budget;

    /// <summary>Hands text to listeners, which may call anything of the stage.</summary>
    private void Deliver()
    {
        for (int i = 0; ; i++)
        {
            Talk talk;
            lock (Gate)
            {
                if (i >= _talks.Count)
                {
                    return;
                }

                talk = _talks[i];
            }

            while (true)
            {
                TextListener? listener;
                object? state;
                int written;
                lock (Gate)
                {
                    (listener, state) = (talk.Listener, talk.ListenerState);
                    if (listener is null || !talk.Output.TryRead(_delivered, out written))
                    {
                        break;
                    }

                    talk.ReadBytes += written;
                }

                listener(talk, _delivered.AsSpan(0, written), state);
            }
        }
    }

    private bool IsBusy()
    {
        foreach (Talk talk in _talks)
        {
            if (talk.IsBusy)
            {
                return true;
            }
        }

        foreach (Exchange exchange in _exchanges)
        {
            if (exchange.LinesLeft > 0)
            {
                return true;
            }
        }

        foreach (Npc npc in _npcs)
        {
            if (npc.Base is { IsBusy: true })
            {
                return true;
            }
        }

        return _world is { IsBusy: true };
    }
}
