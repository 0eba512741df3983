using System.Text;
using Microsoft.Extensions.Logging;
using TinyGpt.Extensions.AI.Diagnostics;

namespace TinyGpt.Extensions.AI.Batching;

/// <summary>
/// One thread that steps one engine for all callers. Requests wait in the order in which they came; the first one starts when a sequence is
/// free and the arena has pages for all that it may become, so that no answer ends for want of pages that others took. Thread-safe.
/// </summary>
internal sealed class ChatBatch : IDisposable
{
    private readonly object _gate = new();
    private readonly List<ChatRequest> _waiting = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly GptEngine _engine;
    private readonly int _mostSequences;
    private readonly ChatMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private bool _isClosed;
    private Exception? _failure;
    private int _isDisposed;

    // Of the thread alone.
    private readonly List<ChatRequest> _running = [];
    private readonly byte[] _text = new byte[4096];
    private int _reservedPages;
    private int _reportedPages;

    /// <summary>Starts the thread. The engine is the batch's own from here on.</summary>
    public ChatBatch(GptEngine engine, ChatMetrics metrics, ILogger logger)
    {
        _engine = engine;
        _mostSequences = engine.FreeSequences;
        _metrics = metrics;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "TinyGpt chat" };
        _thread.Start();
    }

    /// <summary>Puts a request at the end of the queue.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    /// <exception cref="InvalidOperationException">The thread ended with an error.</exception>
    public void Enqueue(ChatRequest request)
    {
        lock (_gate)
        {
            if (_isClosed || _closing.IsCancellationRequested)
            {
                throw Closed();
            }

            _waiting.Add(request);
            Monitor.Pulse(_gate);
        }

        _metrics.QueueChanged(1);
    }

    /// <summary>Cancels a request: it leaves the queue at once, or its session is freed at the end of the forward pass.</summary>
    public void Abandon(ChatRequest request)
    {
        request.IsAbandoned = true;
        bool waited;
        lock (_gate)
        {
            waited = _waiting.Remove(request);
        }

        if (waited)
        {
            _metrics.QueueChanged(-1);
        }
    }

    /// <summary>Throws where a request could not be taken any more.</summary>
    public void ThrowIfClosed()
    {
        lock (_gate)
        {
            if (_isClosed || _closing.IsCancellationRequested)
            {
                throw Closed();
            }
        }
    }

    /// <summary>Fails all requests, ends the thread and frees the engine. Returns when that is done.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            lock (_gate)
            {
                _closing.Cancel();
                Monitor.Pulse(_gate);
            }

            _thread.Join();
            _closing.Dispose(); // whether it was cancelled can still be asked
        }

        _thread.Join();
    }

    private Exception Closed() => _failure is { } failure
        ? new InvalidOperationException("The chat client's engine failed and answers no more: make a new client.", failure)
        : new ObjectDisposedException(nameof(TinyGptChatClient));

    private void Run()
    {
        try
        {
            while (WaitForWork())
            {
                StartAdmitted();
                Deliver(Step());
                ReportPages();
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The batch was disposed in the middle of a forward pass.
        }
        catch (Exception exception)
        {
            ChatLog.EngineFailed(_logger, exception);
            _failure = exception;
        }

        Close();
    }

    /// <summary>Removes finished requests, admits requests that fit, and sleeps while there are none.</summary>
    /// <returns>False when the batch is disposed.</returns>
    private bool WaitForWork()
    {
        EndAbandoned();
        int admitted;
        lock (_gate)
        {
            while (true)
            {
                if (_closing.IsCancellationRequested)
                {
                    return false;
                }

                admitted = Admit();
                if (_running.Count > 0)
                {
                    break;
                }

                Monitor.Wait(_gate);
            }
        }

        if (admitted > 0)
        {
            _metrics.QueueChanged(-admitted);
        }

        return true;
    }

    private int Admit()
    {
        int admitted = 0;
        while (admitted < _waiting.Count && _running.Count < _mostSequences
            && _reservedPages + _waiting[admitted].Pages <= _engine.KvPages)
        {
            ChatRequest request = _waiting[admitted++];
            _reservedPages += request.Pages;
            _running.Add(request);
        }

        _waiting.RemoveRange(0, admitted);
        return admitted;
    }

    private void StartAdmitted()
    {
        for (int i = 0; i < _running.Count; i++)
        {
            ChatRequest request = _running[i];
            if (request.Session is not null)
            {
                continue;
            }

            try
            {
                request.Session = _engine.CreateSession(request.Sampling, request.Options);
                request.Session.Append(request.Prompt, answer: request.Answer is not { BeginsWithCall: true });
                ChatLog.AnswerStarted(_logger, request.Prompt.Length, request.Elapsed.TotalMilliseconds);
                if (request.Answer?.Start(request.Session) == false)
                {
                    Leave(i--);
                    request.Complete(FinishReason.Length, 0);
                }
            }
            catch (ArgumentException exception)
            {
                // Ids outside the vocabulary, from the caller's own format.
                Leave(i--);
                request.Fail(exception);
            }
        }
    }

    /// <summary>Lets every answer go one token further.</summary>
    /// <returns>The error that ended one of the answers, or null.</returns>
    private NonFiniteLogitsException? Step()
    {
        try
        {
            _engine.Step(StepBudget.OnePass, _closing.Token);
            return null;
        }
        catch (NonFiniteLogitsException exception)
        {
            return exception;
        }
    }

    private void Deliver(NonFiniteLogitsException? failure)
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            ChatRequest request = _running[i];
            GptSession session = request.Session!;
            FinishReason finish = session.Finish;
            int generated = session.GeneratedTokens;
            if (!request.HasBegun && (generated > 0 || finish != FinishReason.None))
            {
                request.HasBegun = true;
                _metrics.FirstToken(request.Elapsed);
            }

            if (finish != FinishReason.None)
            {
                session.EndText(); // an answer that was cut does not continue
            }

            while (session.TryRead(_text, out int written))
            {
                request.Write(Encoding.UTF8.GetString(_text, 0, written));
            }

            if (finish == FinishReason.None)
            {
                if (request.Answer is { } answer)
                {
                    request.Write(answer.Watch(session));
                }

                continue;
            }

            if (request.Continue(session))
            {
                continue;
            }

            Leave(i);
            if (finish == FinishReason.NonFiniteLogits && failure is not null)
            {
                request.Fail(failure);
            }
            else
            {
                request.Complete(finish, generated);
            }
        }
    }

    private void EndAbandoned()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].IsAbandoned)
            {
                ChatRequest request = _running[i];
                Leave(i);
                request.Fail(new OperationCanceledException());
            }
        }
    }

    /// <summary>Frees what a request holds, before its caller hears of the end.</summary>
    private void Leave(int index)
    {
        ChatRequest request = _running[index];
        _running.RemoveAt(index);
        _reservedPages -= request.Pages;
        request.Session?.Dispose();
        request.Session = null;
        ReportPages();
    }

    private void ReportPages() => ReportPages(_engine.KvPages - _engine.FreeKvPages);

    private void ReportPages(int used)
    {
        if (used != _reportedPages)
        {
            _metrics.PagesChanged(used - _reportedPages);
            _reportedPages = used;
        }
    }

    private void Close()
    {
        ChatRequest[] left;
        int waiting;
        lock (_gate)
        {
            _isClosed = true;
            waiting = _waiting.Count;
            left = [.. _running, .. _waiting];
            _waiting.Clear();
        }

        _running.Clear();
        _engine.Dispose();
        ReportPages(0);
        _metrics.QueueChanged(-waiting);
        foreach (ChatRequest request in left)
        {
            request.Fail(Closed());
        }
    }
}
