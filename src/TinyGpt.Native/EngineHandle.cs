namespace TinyGpt.Native;

/// <summary>An engine with its model and the handles of its sessions. One thread at a time.</summary>
internal sealed class EngineHandle(GptModel model, GptEngine engine)
{
    private int _entered;

    public GptEngine Engine => engine;

    public Dictionary<ulong, GptSession> Sessions { get; } = [];

    /// <summary>Claims the engine for a call.</summary>
    /// <exception cref="EngineBusyException">Another thread has it.</exception>
    public Claim Enter() =>
        Interlocked.CompareExchange(ref _entered, 1, 0) == 0 ? new Claim(this) : throw new EngineBusyException();

    /// <summary>Closes everything. The caller has claimed it.</summary>
    public void Close()
    {
        foreach (GptSession session in Sessions.Values)
        {
            session.Dispose();
        }

        engine.Dispose();
        model.Dispose();
    }

    internal readonly ref struct Claim(EngineHandle owner)
    {
        public void Dispose() => Volatile.Write(ref owner._entered, 0);
    }
}
