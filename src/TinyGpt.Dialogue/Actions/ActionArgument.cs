using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TinyGpt.Constraints;

namespace TinyGpt.Dialogue;

/// <summary>What an <see cref="ActionArgument"/> can be.</summary>
public enum ActionArgumentKind
{
    /// <summary>One of some texts, such as the names of things that are there.</summary>
    Text,

    /// <summary>A whole number of a range.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,
}

/// <summary>An argument of a <see cref="CharacterAction"/>. Immutable and thread-safe.</summary>
public sealed class ActionArgument
{
    /// <summary>The most texts to choose from.</summary>
    public const int MaxTexts = 1024;

    /// <summary>The most characters (UTF-16) of a text.</summary>
    public const int MaxTextLength = 256;

    private ActionArgument(string name, ActionArgumentKind kind, string[] texts, long min, long max)
    {
        Name = CharacterAction.CheckName(name);
        (Kind, Texts, Min, Max) = (kind, texts, min, max);
    }

    /// <summary>What the argument is called.</summary>
    public string Name { get; }

    /// <summary>What it can be.</summary>
    public ActionArgumentKind Kind { get; }

    /// <summary>The texts to choose from; none for other kinds.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The smallest number; 0 for other kinds.</summary>
    public long Min { get; }

    /// <summary>The largest number; the last index of <see cref="Texts"/> for texts and 1 for booleans.</summary>
    public long Max { get; }

    /// <summary>The JSON of the values, in words.</summary>
    internal string Form => Kind switch
    {
        ActionArgumentKind.Text => string.Join(" or ", Texts.Select(Quoted)),
        ActionArgumentKind.Number => $"{Min} to {Max}",
        _ => "true or false",
    };

    /// <summary>What the argument's JSON consists of.</summary>
    internal Pattern Pattern => Kind switch
    {
        ActionArgumentKind.Text => Pattern.OneOf([.. Texts.Select(Quoted)]),
        ActionArgumentKind.Number => Pattern.WholeNumber(Min, Max),
        _ => Pattern.OneOf("false", "true"),
    };

    /// <summary>One of some texts: words of the game, or the names of things and people that are there.</summary>
    /// <param name="name">As for <see cref="CharacterAction"/>.</param>
    /// <param name="texts">1 … <see cref="MaxTexts"/> different texts of one line and 1 … <see cref="MaxTextLength"/> characters.</param>
    /// <exception cref="ArgumentNullException">The name, the texts or one of them is null.</exception>
    /// <exception cref="ArgumentException">The name or the texts are not as they must be.</exception>
    public static ActionArgument OneOf(string name, params IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        string[] all = [.. texts];
        if (all.Length is 0 or > MaxTexts || all.Distinct(StringComparer.Ordinal).Count() != all.Length)
        {
            throw new ArgumentException($"The argument '{name}' has 1 … {MaxTexts} different texts to choose from.", nameof(texts));
        }

        foreach (string text in all)
        {
            ArgumentNullException.ThrowIfNull(text, nameof(texts));
            if (text.Length is 0 or > MaxTextLength || text.Any(char.IsControl) || HasHalfCharacter(text))
            {
                throw new ArgumentException(
                    $"The argument '{name}' has a text that is empty, longer than {MaxTextLength} characters, or not one line of valid Unicode.", nameof(texts));
            }
        }

        return new ActionArgument(name, ActionArgumentKind.Text, all, 0, all.Length - 1);
    }

    /// <summary>A whole number.</summary>
    /// <param name="name">As for <see cref="CharacterAction"/>.</param>
    /// <param name="min">The smallest.</param>
    /// <param name="max">The largest, at least <paramref name="min"/>.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The name is not as it must be.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The largest is less than the smallest.</exception>
    public static ActionArgument Number(string name, long min, long max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return new ActionArgument(name, ActionArgumentKind.Number, [], min, max);
    }

    /// <summary>True or false.</summary>
    /// <param name="name">As for <see cref="CharacterAction"/>.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The name is not as it must be.</exception>
    public static ActionArgument Boolean(string name) => new(name, ActionArgumentKind.Boolean, [], 0, 1);

    /// <summary>Reads a value: the number, the index of the text, or 1 for true.</summary>
    /// <returns>Whether it is one of the argument's values.</returns>
    internal bool TryRead(ref Utf8JsonReader json, out long value)
    {
        value = 0;
        if (Kind == ActionArgumentKind.Number)
        {
            return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out value) && value >= Min && value <= Max;
        }

        if (Kind == ActionArgumentKind.Boolean)
        {
            value = json.TokenType == JsonTokenType.True ? 1 : 0;
            return json.TokenType is JsonTokenType.True or JsonTokenType.False;
        }

        if (json.TokenType == JsonTokenType.String)
        {
            for (int i = 0; i < Texts.Count; i++)
            {
                if (json.ValueTextEquals(Texts[i]))
                {
                    value = i;
                    return true;
                }
            }
        }

        return false;
    }

    private static bool HasHalfCharacter(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return true;
            }
        }

        return false;
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
