namespace TinyGpt.Dialogue;

/// <summary>An action that a character took, with its arguments, which are all as <see cref="Action"/> declares them. Immutable and thread-safe.</summary>
public sealed class ActionCall
{
    private readonly long[] _values;

    internal ActionCall(CharacterAction action, long[] values) => (Action, _values) = (action, values);

    /// <summary>The action as it was declared.</summary>
    public CharacterAction Action { get; }

    /// <summary>The action's name.</summary>
    public string Name => Action.Name;

    /// <summary>The value of an argument that is a text.</summary>
    /// <param name="argument">The argument's name.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The action has no such argument, or it is no text.</exception>
    public string Text(string argument) => Action.Arguments[Find(argument, ActionArgumentKind.Text, out long value)].Texts[(int)value];

    /// <summary>The value of an argument that is a number.</summary>
    /// <param name="argument">The argument's name.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The action has no such argument, or it is no number.</exception>
    public long Number(string argument)
    {
        Find(argument, ActionArgumentKind.Number, out long value);
        return value;
    }

    /// <summary>The value of an argument that is true or false.</summary>
    /// <param name="argument">The argument's name.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The action has no such argument, or it is no boolean.</exception>
    public bool Boolean(string argument)
    {
        Find(argument, ActionArgumentKind.Boolean, out long value);
        return value != 0;
    }

    private int Find(string argument, ActionArgumentKind kind, out long value)
    {
        ArgumentNullException.ThrowIfNull(argument);
        for (int i = 0; i < _values.Length; i++)
        {
            if (Action.Arguments[i].Name == argument && Action.Arguments[i].Kind == kind)
            {
                value = _values[i];
                return i;
            }
        }

        throw new ArgumentException($"The action '{Name}' has no argument '{argument}' of the kind {kind}.", nameof(argument));
    }
}
