namespace TinyGpt.Kernels.Tests;

/// <summary>Which end of a buffer touches an unreadable page.</summary>
internal enum GuardedEdge
{
    Start,
    End,
}

/// <summary>
/// A buffer of exactly its length against an unreadable page: the first byte outside, on the guarded side, crashes the process. On the
/// other side lies poison up to the next unreadable page: as floats it is NaN, which spoils the results of whoever reads it, and who
/// writes it is caught by <see cref="IsIntact"/>. The buffer itself is poisoned too until something fills it.
/// </summary>
internal sealed unsafe class GuardedBuffer<T> : IDisposable
    where T : unmanaged
{
    private const byte Poison = 0xFF;

    private readonly GuardedPages _pages;
    private bool _isDisposed;

    /// <param name="length">Elements.</param>
    /// <param name="edge">The end that touches an unreadable page.</param>
    /// <param name="gap">Bytes between them, for buffers that need no alignment.</param>
    public GuardedBuffer(int length, GuardedEdge edge, int gap = 0)
    {
        Length = length;
        nint bytes = (nint)length * sizeof(T);
        _pages = GuardedPages.Rent(bytes + gap);
        Pointer = (T*)(edge == GuardedEdge.Start ? _pages.Start + gap : _pages.Start + _pages.Bytes - bytes - gap);
        new Span<byte>(_pages.Start, (int)_pages.Bytes).Fill(Poison);
    }

    public int Length { get; }

    public T* Pointer { get; }

    public Span<T> Span => new(Pointer, Length);

    /// <summary>Whether the poison on the side without a guard is as it was.</summary>
    public bool IsIntact => Before.IndexOfAnyExcept(Poison) < 0 && Behind.IndexOfAnyExcept(Poison) < 0;

    private ReadOnlySpan<byte> Before => new(_pages.Start, (int)((byte*)Pointer - _pages.Start));

    private ReadOnlySpan<byte> Behind => new(Pointer + Length, (int)(_pages.Start + _pages.Bytes - (byte*)(Pointer + Length)));

    /// <summary>From here on a write crashes the process.</summary>
    public void Seal() => _pages.SetReadOnly(true);

    /// <summary>Takes <see cref="Seal"/> back.</summary>
    public void Unseal() => _pages.SetReadOnly(false);

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            GuardedPages.Return(_pages);
        }
    }
}
