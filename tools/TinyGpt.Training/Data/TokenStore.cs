using System.Runtime.InteropServices;

namespace TinyGpt.Training;

/// <summary>
/// A long list of tokens, two bytes each where the vocabulary allows, and a bit for each that says whether it is trained.
/// Reading is thread-safe; appending is not.
/// </summary>
internal sealed class TokenStore
{
    private readonly bool _isNarrow;
    private ushort[] _narrow = [];
    private int[] _wide = [];
    private ulong[] _trained = [];

    /// <summary>Makes an empty list.</summary>
    /// <param name="vocabularySize">Ids are less than this.</param>
    public TokenStore(int vocabularySize) => _isNarrow = vocabularySize <= ushort.MaxValue + 1;

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>The memory that it takes, in bytes.</summary>
    public long Bytes => (_narrow.LongLength * sizeof(ushort)) + (_wide.LongLength * sizeof(int)) + (_trained.LongLength * sizeof(ulong));

    /// <summary>A token.</summary>
    public int this[int index] => _isNarrow ? _narrow[index] : _wide[index];

    /// <summary>Whether a token is trained.</summary>
    public bool IsTrained(int index) => (_trained[index >> 6] >> index & 1) != 0;

    /// <summary>Adds a token.</summary>
    public void Append(int token, bool isTrained)
    {
        if (Count >> 6 == _trained.Length)
        {
            Grow();
        }

        if (_isNarrow)
        {
            _narrow[Count] = (ushort)token;
        }
        else
        {
            _wide[Count] = token;
        }

        _trained[Count >> 6] |= (isTrained ? 1UL : 0) << Count;
        Count++;
    }

    /// <summary>Gives back the room that was kept for more.</summary>
    public void Trim() => Resize((Count + 63) / 64);

    /// <summary>Adds all tokens to a hash.</summary>
    public void AppendTo(Sha256 hash)
    {
        hash.Append(MemoryMarshal.AsBytes(_narrow.AsSpan(0, _isNarrow ? Count : 0)));
        hash.Append(MemoryMarshal.AsBytes(_wide.AsSpan(0, _isNarrow ? 0 : Count)));
        hash.Append(MemoryMarshal.AsBytes(_trained.AsSpan(0, (Count + 63) / 64)));
    }

    private void Grow() => Resize(Math.Max(1024, checked(_trained.Length + (_trained.Length / 2))));

    private void Resize(int words)
    {
        Array.Resize(ref _trained, words);
        if (_isNarrow)
        {
            Array.Resize(ref _narrow, checked(words * 64));
        }
        else
        {
            Array.Resize(ref _wide, checked(words * 64));
        }
    }
}
