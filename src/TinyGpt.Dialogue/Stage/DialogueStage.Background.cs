namespace TinyGpt.Dialogue;

/// <summary>The stage's own thread.</summary>
public sealed partial class DialogueStage
{
    private readonly AutoResetEvent _wake = new(initialState: false);
    private volatile BackgroundRun? _background;
    private bool _isClosing; // no run may begin any more: the stage is being disposed

    /// <summary>
    /// Ticks on a thread of the stage's own from now on, pass by pass on the engine's workers, and sleeps while there is nothing to do; the
    /// game says lines and reads text as before. Words are those of a stage that is ticked; in which tick they come depends on time.
    /// </summary>
    /// <returns>The run; dispose it to stop, within a slice of about 0.1 ms, and tick again.</returns>
    /// <exception cref="InvalidOperationException">The stage runs in the background already.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public BackgroundRun RunInBackground()
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ObjectDisposedException.ThrowIf(_isClosing, this);
            if (_background is not null)
            {
                throw new InvalidOperationException("The stage runs in the background already.");
            }

            return _background = new BackgroundRun(this);
        }
    }

    /// <summary>Tells the background that there may be something to do. Whoever calls holds the gate.</summary>
    internal void Wake()
    {
        if (_background is not null && !_disposed)
        {
            _wake.Set();
        }
    }

    internal StepStatus AdvanceInBackground(CancellationToken cancellation) => Advance(StepBudget.OnePass, cancellation);

    internal void WaitForWork() => _wake.WaitOne();

    internal void WakeForEnd() => _wake.Set();

    internal void EndBackground() => _background = null;

    /// <summary>Ends a run, if there is one, and has none begin any more.</summary>
    private void CloseBackground()
    {
        BackgroundRun? run;
        lock (Gate)
        {
            _isClosing = true;
            run = _background;
        }

        run?.Dispose();
    }
}

/// <summary>
/// A stage that runs in the background, on a thread of its own, until this or the stage is disposed. Thread-safe.
/// </summary>
public sealed class BackgroundRun : IDisposable
{
    private readonly DialogueStage _stage;
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;
    private readonly Lock _ending = new();
    private volatile Exception? _failure;
    private bool _disposed; // guarded by _ending

    internal BackgroundRun(DialogueStage stage)
    {
        _stage = stage;
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
                _stage.WakeForEnd();
                _thread.Join();
                _stage.EndBackground();
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
                if (_stage.AdvanceInBackground(_ended.Token) != StepStatus.Working)
                {
                    _stage.WaitForWork();
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
