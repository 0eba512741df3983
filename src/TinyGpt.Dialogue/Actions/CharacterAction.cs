using System.Text;
using TinyGpt.Dialogue.Actions;

namespace TinyGpt.Dialogue;

/// <summary>
/// Something that a character can do within an answer, such as <c>give</c>: a name and arguments, which the game gets as values
/// (<see cref="Talk.TryTakeAction"/>). Immutable and thread-safe.
/// </summary>
/// <example><code>
/// new CharacterAction("give", ActionArgument.OneOf("item", "ale", "bread"), ActionArgument.Number("count", 1, 3))
/// </code></example>
public sealed class CharacterAction
{
    /// <summary>The most arguments of an action.</summary>
    public const int MaxArguments = 8;

    /// <summary>The most characters of the name of an action or an argument.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Makes an action.</summary>
    /// <param name="name">ASCII letters, digits, <c>_</c> and <c>-</c>; 1 … <see cref="MaxNameLength"/> of them.</param>
    /// <param name="arguments">
    /// At most <see cref="MaxArguments"/>, no two with the same name and none called <c>action</c>. A character gives all of them, in this order.
    /// </param>
    /// <exception cref="ArgumentNullException">The name, the arguments or one of them is null.</exception>
    /// <exception cref="ArgumentException">The name, or the number or the names of the arguments are not as they must be.</exception>
    public CharacterAction(string name, params IReadOnlyList<ActionArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        Name = CheckName(name);
        ActionArgument[] all = [.. arguments];
        HashSet<string> names = new(StringComparer.Ordinal) { ActionSet.NameMember };
        foreach (ActionArgument argument in all)
        {
            ArgumentNullException.ThrowIfNull(argument, nameof(arguments));
            if (!names.Add(argument.Name))
            {
                throw new ArgumentException($"The action '{name}' has a second argument '{argument.Name}': give each its name.", nameof(arguments));
            }
        }

        Arguments = all.Length <= MaxArguments ? all
            : throw new ArgumentException($"The action '{name}' has {all.Length} arguments; at most {MaxArguments} are possible.", nameof(arguments));
    }

    /// <summary>What the action is called.</summary>
    public string Name { get; }

    /// <summary>The arguments, in the order in which a character gives them.</summary>
    public IReadOnlyList<ActionArgument> Arguments { get; }

    /// <summary>
    /// How a character writes the action, such as <c>{"action": "give", "item": "ale" or "bread", "count": 1 to 3}</c>: for the world or a fact of the
    /// card, so that the model knows of it.
    /// </summary>
    public string Form
    {
        get
        {
            StringBuilder form = new($"{{\"{ActionSet.NameMember}\": \"{Name}\"");
            foreach (ActionArgument argument in Arguments)
            {
                form.Append($", \"{argument.Name}\": {argument.Form}");
            }

            return form.Append('}').ToString();
        }
    }

    /// <summary>Checks the name of an action or an argument.</summary>
    internal static string CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                throw new ArgumentException($"The name '{name}' has other characters than letters, digits, '_' and '-'.", nameof(name));
            }
        }

        return name.Length is > 0 and <= MaxNameLength ? name
            : throw new ArgumentException($"A name has 1 … {MaxNameLength} characters, not {name.Length}.", nameof(name));
    }
}
