using Microsoft.Extensions.ObjectPool;

namespace TinyGpt.Dialogue.Scheduling;

/// <summary>The engine's sessions, made when they are first needed and used again from then on. Not thread-safe.</summary>
internal sealed class SessionPool
{
    private readonly GptEngine _engine;
    private readonly DefaultObjectPool<GptSession> _pool;
    private int _idle;

    public SessionPool(GptEngine engine)
    {
        _engine = engine;
        _pool = new DefaultObjectPool<GptSession>(new Policy(engine), engine.FreeSequences);
    }

    /// <summary>Sessions that can be taken.</summary>
    public int Available => _idle + _engine.FreeSequences;

    /// <summary>Takes an empty session, of which there is at least one.</summary>
    public GptSession Take()
    {
        _idle -= _idle > 0 ? 1 : 0;
        return _pool.Get();
    }

    /// <summary>Empties a session and keeps it.</summary>
    public void Return(GptSession session)
    {
        _idle++;
        _pool.Return(session);
    }

    private sealed class Policy(GptEngine engine) : IPooledObjectPolicy<GptSession>
    {
        public GptSession Create() => engine.CreateSession();

        public bool Return(GptSession session)
        {
            session.Rewind(0);
            return true;
        }
    }
}
