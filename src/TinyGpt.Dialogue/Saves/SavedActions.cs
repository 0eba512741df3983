using TinyGpt.Dialogue.Actions;

namespace TinyGpt.Dialogue.Saves;

/// <summary>The actions of characters in a save, and those that the game has not taken yet.</summary>
internal static class SavedActions
{
    /// <summary>Writes what the game has not taken.</summary>
    public static void Write(SaveWriter save, UnreadCalls? calls)
    {
        int count = calls?.Count ?? 0;
        save.Int32(count);
        for (int i = 0; i < count; i++)
        {
            CharacterAction action = calls!.Peek(i, out ReadOnlySpan<long> values);
            save.Text(ActionText.Write([action]));
            foreach (long value in values)
            {
                save.Int64(value);
            }
        }
    }

    /// <summary>Reads actions.</summary>
    /// <returns>The actions, or null for none.</returns>
    /// <exception cref="StageSaveException">They are not valid.</exception>
    public static ActionSet? ReadSet(SaveReader save)
    {
        CharacterAction[] actions = ReadActions(save);
        try
        {
            return actions.Length == 0 ? null : new ActionSet(actions);
        }
        catch (ArgumentException exception)
        {
            throw save.Failure($"its actions are not valid: {exception.Message}", exception);
        }
    }

    /// <summary>Reads what the game has not taken.</summary>
    /// <exception cref="StageSaveException">An action or one of its values is not valid.</exception>
    public static void Read(SaveReader save, Action<CharacterAction, long[]> add)
    {
        for (int i = save.Int32(0, UnreadCalls.Capacity, "the number of actions that were not taken"); i > 0; i--)
        {
            CharacterAction action = ReadActions(save) is [CharacterAction single] ? single : throw save.Failure("an action that was not taken is none");
            add(action, [.. action.Arguments.Select(argument => save.Int64(argument.Min, argument.Max, "an argument"))]);
        }
    }

    private static CharacterAction[] ReadActions(SaveReader save)
    {
        string text = save.Text(ActionSet.MaxTextBytes, "the length of actions");
        try
        {
            return ActionText.Read(text);
        }
        catch (ArgumentException exception)
        {
            throw save.Failure($"its actions are not valid: {exception.Message}", exception);
        }
    }
}
