namespace TinyGpt.Dialogue.Actions;

/// <summary>
/// The actions of a talk that the game has not taken yet, the oldest first and dropped when there are too many. Not thread-safe; allocates when it is
/// made and when one is taken.
/// </summary>
internal sealed class UnreadCalls
{
    /// <summary>The most actions that wait.</summary>
    public const int Capacity = 16;

    private const int Values = CharacterAction.MaxArguments;

    private readonly CharacterAction?[] _actions = new CharacterAction?[Capacity];
    private readonly long[] _values = new long[Capacity * Values];
    private int _first;

    public int Count { get; private set; }

    /// <summary>Adds an action.</summary>
    public void Add(CharacterAction action, ReadOnlySpan<long> values)
    {
        if (Count == Capacity)
        {
            _first = (_first + 1) % Capacity;
            Count--;
        }

        int at = (_first + Count++) % Capacity;
        _actions[at] = action;
        values[..action.Arguments.Count].CopyTo(_values.AsSpan(at * Values));
    }

    /// <summary>One of the actions, from the oldest on.</summary>
    public CharacterAction Peek(int index, out ReadOnlySpan<long> values)
    {
        int at = (_first + index) % Capacity;
        values = _values.AsSpan(at * Values, _actions[at]!.Arguments.Count);
        return _actions[at]!;
    }

    /// <summary>Takes the oldest action.</summary>
    public ActionCall? Take()
    {
        if (Count == 0)
        {
            return null;
        }

        CharacterAction action = Peek(0, out ReadOnlySpan<long> values);
        ActionCall call = new(action, values.ToArray());
        _actions[_first] = null;
        _first = (_first + 1) % Capacity;
        Count--;
        return call;
    }
}
