using TinyGpt.Dialogue.Stage;

namespace TinyGpt.Dialogue;

/// <summary>
/// A stage that runs in the background, on a separate thread, until this or the stage is disposed. Thread-safe.
/// </summary>
public sealed class BackgroundRun : IDisposable
{
    private readonly StageCore _core;
    private readonly TickLoop _loop;
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;
    private readonly Lock _ending = new();
    private volatile Exception? _failure;
    private bool _disposed; // guarded by _ending

    internal BackgroundRun(StageCore core, TickLoop loop)
    {
        (_core, _loop) = (core, loop);
        _thread = new Thread(Run) { IsBackground = true, Name = "TinyGpt dialogue" };
        _thread.Start();
    }

    /// <summary>
    /// What ended the run early, such as an exception of a <see cref="TextListener"/>; null if nothing did. Nobody speaks any more then; dispose
    /// the run, and tick or begin another.
    /// </summary>
    public Exception? Failure => _failure;

    /// <summary>
    /// Stops the run and waits until its thread has ended: a slice of work of about 0.1 ms, and a listener that is being called. Can be called
    /// more than once and from any thread, and while the stage is disposed; every call waits for that end.
    /// </summary>
    /// <exception cref="InvalidOperationException">A listener called it, on the run's own thread.</exception>
    public void Dispose()
    {
        if (Thread.CurrentThread == _thread)
        {
            throw new InvalidOperationException("A listener cannot end the run on whose thread it is: have the game's thread do it.");
        }

        lock (_ending)
        {
            if (!_disposed)
            {
                _ended.Cancel();
                _core.WakeForEnd();
                _thread.Join();
                _core.EndBackground();
                _ended.Dispose();
                _disposed = true;
            }
        }
    }

    private void Run()
    {
        try
        {
            while (!_ended.IsCancellationRequested)
            {
                if (_loop.Advance(StepBudget.OnePass, _ended.Token) != StepStatus.Working)
                {
                    _core.WaitForWork();
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Asked for.
        }
#pragma warning disable CA1031 // Whatever a listener throws must not end the process: the game finds it in Failure.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = exception;
        }
    }
}
