using TinyGpt.Constraints;
using TinyGpt.Dialogue.Actions;

namespace TinyGpt.Dialogue.Answers;

/// <summary>What is asked of a character: to answer freely, to answer by a grammar or a constraint, or to choose.</summary>
internal readonly record struct AnswerRequest
{
    /// <summary>The grammar, or null.</summary>
    public Grammar? Grammar { get; init; }

    /// <summary>The constraint, or null.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>How to answer under the grammar or the constraint, or null.</summary>
    public SessionOptions? Options { get; init; }

    /// <summary>The choice, or null.</summary>
    public PendingChoice? Choice { get; init; }

    /// <summary>The actions that may come after the words of the answer, whose form is the constraint then; or null.</summary>
    public ActionSet? Actions { get; init; }

    /// <summary>Whether line and answer are forgotten afterwards.</summary>
    public bool IsAside { get; init; }

    /// <summary>Whether all of the answer has a form, so that only the layout's lead is skipped at its beginning.</summary>
    public bool IsFormed => Grammar is not null || (Constraint is not null && Actions is null);

    /// <summary>To answer freely.</summary>
    public static AnswerRequest Free => default;

    /// <summary>The most tokens of the answer of a character.</summary>
    public int MaxTokens(Persona persona) => Choice?.Longest ?? Options?.MaxNewTokens ?? persona.MaxAnswerTokens;
}

/// <summary>A choice while its options are scored.</summary>
/// <param name="result">What the game holds.</param>
/// <param name="tokens">Each option as the tokens that follow the start of the answer, with what ends an answer.</param>
/// <param name="said">How many of them are the option itself.</param>
internal sealed class PendingChoice(Choice result, int[][] tokens, int[] said)
{
    public Choice Result => result;

    /// <summary>The most tokens of an option.</summary>
    public int Longest { get; } = tokens.Max(option => option.Length);

    /// <summary>Options that have a score.</summary>
    public int Scored { get; private set; }

    public bool IsScored => Scored == tokens.Length;

    /// <summary>The tokens of the option whose turn it is.</summary>
    public ReadOnlySpan<int> NextTokens => tokens[Scored];

    /// <summary>The tokens of the chosen option, without the end of the answer.</summary>
    public ReadOnlySpan<int> ChosenTokens => tokens[result.Index].AsSpan(0, said[result.Index]);

    public void Score(double logProbability) => result.Score(Scored++, logProbability);
}
