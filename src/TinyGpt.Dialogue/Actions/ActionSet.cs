using System.Text;
using System.Text.Json;
using TinyGpt.Constraints;

namespace TinyGpt.Dialogue.Actions;

/// <summary>
/// The actions of a character, and the form of its answers with them: words, and after them at most one action as a JSON object, which begins with
/// the one character that words cannot have. Immutable and thread-safe.
/// </summary>
internal sealed class ActionSet
{
    /// <summary>The most actions of a character.</summary>
    public const int MaxActions = 64;

    /// <summary>The most bytes of all actions as JSON text.</summary>
    public const int MaxTextBytes = 1 << 20;

    /// <summary>The member that says which action it is.</summary>
    public const string NameMember = "action";

    /// <summary>What begins an action.</summary>
    public const byte Mark = (byte)'{';

    /// <exception cref="ArgumentException">There are too many actions or texts, one is null, or two have the same name.</exception>
    public ActionSet(IEnumerable<CharacterAction> actions)
    {
        Actions = [.. actions];
        if (Actions.Length > MaxActions || Actions.Contains(null!)
            || Actions.DistinctBy(action => action.Name, StringComparer.Ordinal).Count() != Actions.Length)
        {
            throw new ArgumentException($"A character has at most {MaxActions} actions, none of them null, with different names.", nameof(actions));
        }

        if (Encoding.UTF8.GetByteCount(ActionText.Write(Actions)) > MaxTextBytes)
        {
            throw new ArgumentException($"The actions have more than {MaxTextBytes} bytes of names and texts: shorten them.", nameof(actions));
        }

        Constraint = Constraint.FromPattern(Pattern.Sequence(
            Pattern.Regex("[^{\\u0000-\\u001f\\u007f-\\u009f]*"), Pattern.OneOf([.. Actions.Select(PatternOf)]).Optional()));
    }

    public CharacterAction[] Actions { get; }

    /// <summary>What a whole answer is.</summary>
    public Constraint Constraint { get; }

    /// <summary>Reads the action of an answer, and checks that it is one of these. Allocates nothing.</summary>
    /// <param name="json">The action's text.</param>
    /// <param name="values">Receives the arguments, <see cref="CharacterAction.MaxArguments"/> at most.</param>
    /// <param name="action">Its index.</param>
    public bool TryRead(ReadOnlySpan<byte> json, Span<long> values, out int action)
    {
        action = -1;
        try
        {
            Utf8JsonReader reader = new(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !IsMember(ref reader, NameMember))
            {
                return false;
            }

            int found = Find(ref reader);
            if (found < 0)
            {
                return false;
            }

            IReadOnlyList<ActionArgument> arguments = Actions[found].Arguments;
            for (int i = 0; i < arguments.Count; i++)
            {
                if (!IsMember(ref reader, arguments[i].Name) || !arguments[i].TryRead(ref reader, out values[i]))
                {
                    return false;
                }
            }

            action = reader.Read() && reader.TokenType == JsonTokenType.EndObject && !reader.Read() ? found : -1;
            return action >= 0;
        }
        catch (JsonException)
        {
            return false; // cut short, by a stop of the persona for instance
        }
    }

    private static Pattern PatternOf(CharacterAction action)
    {
        List<Pattern> parts = [Pattern.Text($"{{\"{NameMember}\": \"{action.Name}\"")];
        foreach (ActionArgument argument in action.Arguments)
        {
            parts.Add(Pattern.Text($", \"{argument.Name}\": "));
            parts.Add(argument.Pattern);
        }

        parts.Add(Pattern.Text("}"));
        return Pattern.Sequence(parts);
    }

    /// <summary>Goes to the value of the next member, if it has this name.</summary>
    private static bool IsMember(ref Utf8JsonReader reader, string name) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name) && reader.Read();

    private int Find(ref Utf8JsonReader reader)
    {
        for (int i = 0; reader.TokenType == JsonTokenType.String && i < Actions.Length; i++)
        {
            if (reader.ValueTextEquals(Actions[i].Name))
            {
                return i;
            }
        }

        return -1;
    }
}
