namespace TinyGpt.Native;

/// <summary>Objects by numbers that callers cannot misuse: none is given twice, and each names one kind. Thread-safe.</summary>
internal sealed class HandleTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, object> _objects = [];
    private ulong _last;

    public ulong Add(object value)
    {
        lock (_lock)
        {
            _objects.Add(++_last, value);
            return _last;
        }
    }

    /// <exception cref="InvalidHandleException">There is no such object.</exception>
    public T Get<T>(ulong handle)
        where T : class
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault(handle) as T ?? throw new InvalidHandleException(handle);
        }
    }

    public void Remove(ulong handle)
    {
        lock (_lock)
        {
            _objects.Remove(handle);
        }
    }
}
